package io.moldau.storage;

import io.moldau.records.Compression;
import org.jspecify.annotations.Nullable;

/// How a topic keeps its batches: with one codec, or as they came.
///
/// @param codec null for "as they came"
public record KeptCompression(@Nullable Compression codec, int level) {
    public static final KeptCompression AS_IT_CAME = new KeptCompression(null, Compression.DEFAULT_LEVEL);
}
