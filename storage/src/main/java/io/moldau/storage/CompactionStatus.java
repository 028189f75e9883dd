package io.moldau.storage;

import java.util.Optional;

/// How far the compaction of a log is.
///
/// @param dirtyRatio part of the bytes that could be compacted now and never were
/// @param cleanedBelow every record below this offset went through a pass
/// @param lastPassMs wall clock at the end of the last pass, 0 if there was none
/// @param bytesBefore of the segments that the last pass rewrote
/// @param problem why the last try failed, or why there will be none
public record CompactionStatus(
        double dirtyRatio,
        long cleanedBelow,
        long lastPassMs,
        long bytesBefore,
        long bytesAfter,
        Optional<String> problem) {}
