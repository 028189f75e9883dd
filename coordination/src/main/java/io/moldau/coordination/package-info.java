/// A replicated state machine on an internal topic's partition.
@NullMarked
package io.moldau.coordination;

import org.jspecify.annotations.NullMarked;
