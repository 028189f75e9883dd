/// Clock, timers, strands, disk, randomness: the only room that touches time, threads and files.
@NullMarked
package io.moldau.environment;

import org.jspecify.annotations.NullMarked;
