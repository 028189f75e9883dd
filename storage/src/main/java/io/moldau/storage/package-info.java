/// One partition's log and the log directory.
@NullMarked
package io.moldau.storage;

import org.jspecify.annotations.NullMarked;
