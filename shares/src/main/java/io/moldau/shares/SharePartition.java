package io.moldau.shares;

import io.moldau.environment.Environment;
import io.moldau.environment.Strand;
import io.moldau.environment.Timers;
import io.moldau.protocol.ErrorCode;
import io.moldau.replication.Partition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One partition as one share group has it, on the partition's leader: gives records to members, takes what they say
/// of them, and tells them when that is kept.
///
/// All that is decided while one save is under way goes into the next: many members share one write.
public final class SharePartition {
    private static final Logger LOG = LoggerFactory.getLogger(SharePartition.class);

    /// How long to wait after a failed save before time-outs are looked at again.
    private static final long RETRY_MS = 1_000;

    private final ShareKey key;
    private final Partition partition;
    private final ShareCoordinator store;
    private final Environment environment;
    private final Supplier<ShareRules> rules;
    private final Consumer<SharePartition> onEnded;
    private final int stateEpoch;
    private final InFlight inFlight;
    private final Strand strand = new Strand();
    private final Set<Runnable> watchers = ConcurrentHashMap.newKeySet();
    private List<Consumer<ErrorCode>> gathered = new ArrayList<>();
    private List<Consumer<ErrorCode>> ofSave = List.of();
    private Optional<ErrorCode> ended = Optional.empty();
    private Timers.@Nullable Timer timer;
    private long timerMs = -1;
    private long notBeforeMs;
    private volatile long nextOffset;

    /// @param onEnded told when it is of no use any more, because another took its place or its state is gone
    SharePartition(
            ShareKey key,
            Partition partition,
            ShareCoordinator store,
            Environment environment,
            Supplier<ShareRules> rules,
            int stateEpoch,
            InFlight inFlight,
            Consumer<SharePartition> onEnded) {
        this.key = key;
        this.partition = partition;
        this.store = store;
        this.environment = environment;
        this.rules = rules;
        this.stateEpoch = stateEpoch;
        this.inFlight = inFlight;
        this.onEnded = onEnded;
        this.nextOffset = inFlight.nextOffset(rules.get().maxLocks());
    }

    public ShareKey key() {
        return key;
    }

    public Partition partition() {
        return partition;
    }

    public ShareRules rules() {
        return rules.get();
    }

    /// Where to read for the next member; -1 if as many records are in flight as may be.
    public long nextOffset() {
        return nextOffset;
    }

    /// Gives records to a member.
    ///
    /// @param from where reading the log began, a former [#nextOffset]
    /// @param batches what was read there
    /// @param given told once, on any thread: the records, maybe none, or an error
    public void acquire(
            Wish wish, long from, List<LogBatch> batches, Consumer<List<Acquired>> given, Consumer<ErrorCode> refused) {
        strand.execute(() -> {
            if (ended.isPresent()) {
                refused.accept(ended.get());
                return;
            }
            inFlight.logStartsAt(partition.logStartOffset());
            var acquired = inFlight.acquire(wish, from, batches, rules.get(), nowMs());
            changed();
            given.accept(acquired);
        });
    }

    /// The log begins later than it did: what was to be read is not there any more.
    public void logStartMoved() {
        strand.execute(() -> {
            inFlight.logStartsAt(partition.logStartOffset());
            changed();
        });
    }

    /// Takes what a member says, all of it or nothing.
    ///
    /// @param done told once, on any thread, when it is kept, or why it is not
    public void acknowledge(String member, List<Acknowledgement> said, Consumer<ErrorCode> done) {
        strand.execute(() -> {
            if (ended.isPresent()) {
                done.accept(ended.get());
                return;
            }
            inFlight.logStartsAt(partition.logStartOffset());
            var error = inFlight.acknowledge(member, said, rules.get(), nowMs());
            if (error != ErrorCode.NONE || said.stream().allMatch(one -> one.isRenewalOnly())) {
                changed();
                done.accept(error);
            } else {
                gathered.add(done);
                changed();
            }
        });
    }

    /// A member is gone: what it has is offered to the others.
    public void release(String member) {
        strand.execute(() -> {
            if (ended.isEmpty()) {
                inFlight.release(member);
                changed();
            }
        });
    }

    /// Calls `watcher` (on any thread; it must not block) when there may be records that were not there before.
    public void watch(Runnable watcher) {
        watchers.add(watcher);
    }

    public void unwatch(Runnable watcher) {
        watchers.remove(watcher);
    }

    /// Nobody is given anything here any more; whoever waits is told `error`.
    void end(ErrorCode error) {
        strand.execute(() -> endNow(error));
    }

    private void endNow(ErrorCode error) {
        if (ended.isPresent()) {
            return;
        }
        ended = Optional.of(error);
        if (timer != null) {
            timer.cancel();
        }
        var waiting = new ArrayList<>(ofSave);
        waiting.addAll(gathered);
        ofSave = List.of();
        gathered = new ArrayList<>();
        waiting.forEach(one -> one.accept(error));
        watchers.forEach(Runnable::run);
        onEnded.accept(this);
    }

    /// After every change: begins to keep what was decided, tells who waits for records, minds the locks.
    private void changed() {
        save();
        long before = nextOffset;
        long next = inFlight.nextOffset(rules.get().maxLocks());
        nextOffset = next;
        if (next >= 0 && (before < 0 || next < before)) {
            watchers.forEach(Runnable::run);
        }
        mindLocks();
    }

    private void save() {
        var save = inFlight.save().orElse(null);
        if (save == null) {
            if (!inFlight.isSaving()) {
                // Nothing was left to keep of what they said.
                var all = gathered;
                gathered = new ArrayList<>();
                all.forEach(one -> one.accept(ErrorCode.NONE));
            }
            return;
        }
        ofSave = gathered;
        gathered = new ArrayList<>();
        store.write(
                key,
                new ShareWrite(
                        stateEpoch,
                        partition.leaderEpoch(),
                        save.startOffset(),
                        save.deliveryCompleteCount(),
                        save.batches()),
                error -> strand.execute(() -> settled(save, error)));
    }

    private void settled(InFlight.Save save, ErrorCode error) {
        if (ended.isPresent()) {
            return;
        }
        var told = ofSave;
        ofSave = List.of();
        switch (error) {
            case NONE -> inFlight.saved(save);
            case FENCED_STATE_EPOCH, FENCED_LEADER_EPOCH, UNKNOWN_TOPIC_OR_PARTITION -> {
                ofSave = told;
                endNow(error == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION ? error : ErrorCode.NOT_LEADER_OR_FOLLOWER);
                return;
            }
            default -> {
                LOG.warn("Keeping what group {} did with {} failed: {}", key.group(), partition.id(), error);
                inFlight.notSaved(save);
                notBeforeMs = nowMs() + RETRY_MS;
            }
        }
        told.forEach(one -> one.accept(error));
        if (error == ErrorCode.NONE || !gathered.isEmpty()) {
            changed();
        } else {
            mindLocks();
        }
    }

    private void mindLocks() {
        long next = inFlight.nextDeadlineMs();
        if (next == timerMs) {
            return;
        }
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        timerMs = next;
        if (next >= 0) {
            long at = Math.max(next, notBeforeMs);
            timer = environment.timers().schedule(Math.max(1, at - nowMs()), () -> strand.execute(this::locksRunOut));
        }
    }

    private void locksRunOut() {
        if (ended.isEmpty()) {
            timerMs = -1;
            inFlight.expire(nowMs(), rules.get().deliveryLimit());
            changed();
        }
    }

    private long nowMs() {
        return environment.clock().nanos() / 1_000_000;
    }
}
