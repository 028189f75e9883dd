package io.moldau.transactions;

import io.moldau.protocol.ErrorCode;

/// What a transaction says to a request.
sealed interface Decision {
    record Refused(ErrorCode error) implements Decision {}

    /// There is nothing to write: it was done before.
    record Settled(Producer producer) implements Decision {}

    /// @param error NONE, or what the caller is told although the change was made
    record Change(Transaction next, Producer producer, ErrorCode error) implements Decision {
        Change(Transaction next, Producer producer) {
            this(next, producer, ErrorCode.NONE);
        }
    }

    /// Ask again with a producer id that was never used.
    record NeedsProducerId() implements Decision {}
}
