package io.moldau.transactions;

import java.util.Arrays;
import java.util.Optional;

/// Where a transactional id stands:
///
///     Empty ──────────┐
///     CompleteCommit ─┼─ first partition ─> Ongoing ─┬─ EndTxn ──────────────────> PrepareCommit ─> CompleteCommit
///     CompleteAbort ──┘                              └─ EndTxn, time-out, fencing ─> PrepareAbort ─> CompleteAbort
///
/// Prepare* is the decision; Complete* says that every partition has its marker. Dead and PrepareEpochFence are in
/// Kafka's format, which has them in memory only; they are read and never written.
enum TransactionState {
    EMPTY(0, "Empty"),
    ONGOING(1, "Ongoing"),
    PREPARE_COMMIT(2, "PrepareCommit"),
    PREPARE_ABORT(3, "PrepareAbort"),
    COMPLETE_COMMIT(4, "CompleteCommit"),
    COMPLETE_ABORT(5, "CompleteAbort"),
    DEAD(6, "Dead"),
    PREPARE_EPOCH_FENCE(7, "PrepareEpochFence");

    private final byte id;
    private final String text;

    TransactionState(int id, String text) {
        this.id = (byte) id;
        this.text = text;
    }

    /// As records carry it.
    byte id() {
        return id;
    }

    /// As requests and answers carry it.
    String text() {
        return text;
    }

    static Optional<TransactionState> of(byte id) {
        return Arrays.stream(values()).filter(state -> state.id == id).findFirst();
    }

    static Optional<TransactionState> of(String text) {
        return Arrays.stream(values()).filter(state -> state.text.equals(text)).findFirst();
    }
}
