package io.moldau.storage;

import io.moldau.environment.Loan;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Batches to be appended.
///
/// @param batches whole ones, whose CRCs and headers were checked; given their offsets in place
/// @param loan of the memory in which they lie: held while it is needed longer than the call. Null if it cannot be
public record Append(ByteBuffer batches, @Nullable Loan loan) {}
