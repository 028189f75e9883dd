/// A state machine whose changes are records on one partition of an internal topic.
/// Doors:     [CoordinatedState], [Coordinator], [Effects], [Entry].
/// Thread:    a coordinator's state belongs to its strand; operations, replay and timers run there.
/// Holds:     nobody learns of a change before its records keep the topic's promise; the state after a restart is
///            the replay of the log, the ends of producers' transactions included.
/// Knows not: what the state is about.
@NullMarked
package io.moldau.coordination;

import org.jspecify.annotations.NullMarked;
