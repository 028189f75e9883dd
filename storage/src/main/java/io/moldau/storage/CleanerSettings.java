package io.moldau.storage;

/// How the logs of a node are compacted (`log.cleaner.*`).
///
/// @param threads how many logs at once; 0 compacts nothing
/// @param dedupeBufferBytes memory for the keys of all threads together: 24 bytes a key. A log with more new keys than
///        that takes several passes
/// @param ioMaxBytesPerSecond reading and writing of all threads together
/// @param backoffMs how often idle threads look for work
/// @param stepBytes what a thread reads or writes before it looks whether it shall pause or stop
public record CleanerSettings(
        int threads, long dedupeBufferBytes, double ioMaxBytesPerSecond, long backoffMs, int stepBytes) {
    public static final CleanerSettings DEFAULTS =
            new CleanerSettings(1, 128L << 20, Double.MAX_VALUE, 15_000, 1 << 20);
}
