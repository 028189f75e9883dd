package io.moldau.storage;

import io.moldau.environment.Disk;
import io.moldau.records.ControlRecord;
import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Compares what the batches of a log say of aborted transactions with the files that say it too, segment by segment.
final class VerifiedTransactions {
    private final Disk disk;
    /// Where the open transactions began, by producer.
    private final Map<Long, Long> open = new HashMap<>();
    private final Map<Long, AbortedTransaction> indexed = new HashMap<>();
    private Optional<String> problem = Optional.empty();
    private long seen;

    VerifiedTransactions(Disk disk) {
        this.disk = disk;
    }

    /// A segment starts, and this is its file, if it has one.
    void begin(Path file) throws IOException {
        indexed.clear();
        problem = Optional.empty();
        if (disk.exists(file)) {
            AbortedTransactions.read(disk, file).forEach(one -> indexed.put(one.lastOffset(), one));
        }
    }

    void next(RecordBatch batch) {
        seen = batch.nextOffset();
        if (!batch.isTransactional() || batch.recordCount() == 0) {
            return;
        }
        if (!batch.isControl()) {
            open.putIfAbsent(batch.producerId(), batch.baseOffset());
            return;
        }
        var first = open.remove(batch.producerId());
        boolean aborts = batch.controlRecord().type() == ControlRecord.Type.ABORT;
        var said = indexed.remove(batch.baseOffset());
        var what = "the transaction of producer " + batch.producerId() + " with its marker at offset "
                + batch.baseOffset();
        if (said == null) {
            // Without records before it a marker aborts nothing; of what was deleted nothing is known.
            if (aborts && first != null) {
                problem = Optional.of(what + " was aborted, and .txnindex does not say so");
            }
        } else if (!aborts) {
            problem = Optional.of(what + " was committed, and .txnindex says that it was aborted");
        } else if (said.producerId() != batch.producerId() || (first != null && first < said.firstOffset())) {
            problem = Optional.of(what + " begins at offset " + first + ", and .txnindex says " + said);
        }
    }

    /// The segment ends; what is wrong with its file. What the file says beyond what was read, which may be torn, is
    /// forgotten by the next start.
    Optional<String> end() {
        return problem.or(() -> indexed.values().stream()
                .filter(one -> one.lastOffset() < seen)
                .findFirst()
                .map(one -> ".txnindex speaks of a marker that is not there: " + one));
    }
}
