package io.moldau.coordination;

import io.moldau.protocol.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// What an operation leads to: records to append (and replay), and what to do when they are committed, or could not
/// be. Filled by the operation.
public final class Effects {
    /// Whose transaction the records belong to.
    record Producer(long id, short epoch) {}

    private final List<Entry> entries = new ArrayList<>();
    private Optional<Producer> producer = Optional.empty();
    private final List<Runnable> committed = new ArrayList<>();
    private final List<Consumer<ErrorCode>> failed = new ArrayList<>();

    /// Appends a record.
    public void append(Entry entry) {
        entries.add(entry);
    }

    /// The records belong to a producer's transaction and are pending until it ends. If the log does not take records
    /// of this epoch any more nothing is changed, and [#whenFailed] is told INVALID_PRODUCER_EPOCH.
    public void inTransaction(long producerId, short producerEpoch) {
        producer = Optional.of(new Producer(producerId, producerEpoch));
    }

    /// Runs when all the records, and all those of earlier operations, keep their promise. In order, on any thread.
    public void whenCommitted(Runnable action) {
        committed.add(action);
    }

    /// Runs instead if the records could not be written.
    public void whenFailed(Consumer<ErrorCode> action) {
        failed.add(action);
    }

    List<Entry> entries() {
        return entries;
    }

    Optional<Producer> producer() {
        return producer;
    }

    List<Runnable> committed() {
        return committed;
    }

    List<Consumer<ErrorCode>> failed() {
        return failed;
    }
}
