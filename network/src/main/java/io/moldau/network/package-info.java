/// Frames, connections, ordered replies, memory bounds.
@NullMarked
package io.moldau.network;

import org.jspecify.annotations.NullMarked;
