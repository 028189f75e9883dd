/// The simulated twin of the world: everything happens on the caller's thread, and only when it says so.
/// Doors:     [SimulatedWorld] with its [SimulatedClock], [SimulatedTimers], [SimulatedThreads], [SimulatedDisk],
///            [SeededRandomness].
/// Holds:     the same seed gives the same run.
/// Shipped in main, so that the tests of every room can use it.
@NullMarked
package io.moldau.environment.simulated;

import org.jspecify.annotations.NullMarked;
