package io.moldau.storage;

/// `flush.messages` and `flush.ms` of a log whose appends do not wait for the disk: it is synced in the background at
/// the latest after so many records or so much time. Guarded by the log.
final class FlushIntervals {
    private final PartitionLog log;
    private long records;
    private boolean timed;

    FlushIntervals(PartitionLog log) {
        this.log = log;
    }

    void appended(long count, LogSettings rules) {
        records += count;
        if (records >= rules.flushMessages()) {
            flush();
        } else if (!timed && rules.flushMs() < Long.MAX_VALUE) {
            timed = true;
            log.directory().environment().timers().schedule(rules.flushMs(), this::onTime);
        }
    }

    private void onTime() {
        synchronized (log) {
            timed = false;
            if (records > 0 && !log.isDeleted()) {
                flush();
            }
        }
    }

    private void flush() {
        records = 0;
        log.directory().flusher().addSegments(log, log.view().logEndOffset());
    }
}
