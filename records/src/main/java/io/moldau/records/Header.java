package io.moldau.records;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// A header of a record (KIP-82).
public record Header(String key, @Nullable ByteBuffer value) {}
