package io.moldau.coordination;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// One record of a coordinator: a key, and its newest value or null where it is deleted.
public record Entry(ByteBuffer key, @Nullable ByteBuffer value) {}
