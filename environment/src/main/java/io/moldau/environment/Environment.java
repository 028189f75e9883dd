package io.moldau.environment;

/// All that a room may know of the world, in one hand.
public record Environment(Clock clock, Timers timers, Threads threads, Disk disk, Randomness randomness) {
    /// The real world: the machine's clock, threads, file system and secure randomness.
    public static Environment real() {
        return RealWorld.create();
    }
}
