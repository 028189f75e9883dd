package io.moldau.environment.simulated;

import io.moldau.environment.Environment;

/// One machine whose time, threads, disk and luck are stepped by hand.
public record SimulatedWorld(
        SimulatedClock clock,
        SimulatedTimers timers,
        SimulatedThreads threads,
        SimulatedDisk disk,
        SeededRandomness randomness) {
    /// A new machine, on 2026-01-01.
    public static SimulatedWorld of(long seed) {
        var clock = new SimulatedClock(1_767_225_600_000L);
        var randomness = new SeededRandomness(seed);
        return new SimulatedWorld(
                clock, new SimulatedTimers(clock), new SimulatedThreads(), new SimulatedDisk(randomness), randomness);
    }

    public Environment environment() {
        return new Environment(clock, timers, threads, disk, randomness);
    }

    /// `kill -9`: what the process had in hand is gone; the operating system keeps what was written.
    public void kill() {
        timers.clear();
        threads.clear();
        disk.kill();
    }

    /// The plug is pulled: of what was not synced any part may be lost or torn.
    public void powerCut() {
        timers.clear();
        threads.clear();
        disk.powerCut();
    }
}
