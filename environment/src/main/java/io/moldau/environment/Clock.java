package io.moldau.environment;

/// Where the time comes from. Handed to everybody; nobody else asks the JDK.
public interface Clock {
    /// Milliseconds since the epoch (UTC), as in record timestamps. May jump.
    long wallMs();

    /// Nanoseconds of a monotonic clock, for durations only.
    long nanos();
}
