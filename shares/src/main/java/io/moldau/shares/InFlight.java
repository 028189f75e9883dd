package io.moldau.shares;

import io.moldau.protocol.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The records of one share-partition that are neither done with nor still to come: between the start offset (SPSO)
/// and the end offset (SPEO). A pure state machine.
///
/// ```
/// AVAILABLE --acquire--> ACQUIRED --accept--> ACKNOWLEDGED
///     ^                     |  |----reject, gap, released too often--> ARCHIVED
///     '--release, time-out--'
/// ```
/// What leaves ACQUIRED is decided at once and holds when it is kept: one save at a time, and the decisions made
/// meanwhile go together into the next. If a save fails its records are held as before.
final class InFlight {
    private final Ranges ranges;
    private long savedStart;
    private long saves;
    private long underWay;

    /// What is to be kept.
    record Save(long number, long startOffset, int deliveryCompleteCount, List<StateBatch> batches) {}

    /// @param savedStart the start that is kept already; -1 if none is
    InFlight(long start, long savedStart, List<StateBatch> kept) {
        this.ranges = new Ranges(start);
        this.savedStart = savedStart;
        for (var batch : StateBatch.merge(List.of(), kept, start)) {
            if (batch.first() > ranges.end()) {
                // Somebody had these when the node ended; nobody knows how often.
                ranges.add(Range.of(ranges.end(), batch.first() - 1, Delivery.NEW));
            }
            ranges.add(Range.of(batch.first(), batch.last(), Delivery.of(batch)));
        }
        ranges.forgetDone();
    }

    long start() {
        return ranges.start();
    }

    long end() {
        return ranges.end();
    }

    /// Where to read for the next member; -1 if as many records are in flight as may be.
    long nextOffset(int maxLocks) {
        for (var range : ranges.all()) {
            if (range.isAvailable()) {
                return range.first();
            }
        }
        return end() - start() < maxLocks ? end() : -1;
    }

    /// Nothing below `logStart` is there any more.
    void logStartsAt(long logStart) {
        ranges.forgetBelow(logStart);
        ranges.forgetDone();
    }

    /// The log lost its end, in a power cut that its durability allowed: what is written there now is new.
    void logEndsAt(long logEnd) {
        if (ranges.end() <= logEnd) {
            return;
        }
        ranges.change(
                logEnd,
                ranges.end() - 1,
                range -> new Range(range.first(), range.last(), Delivery.NEW, Delivery.NEW, "", 0, true, 0));
    }

    /// Gives records to a member.
    ///
    /// @param from where reading the log began
    /// @param batches what was read there, in order
    List<Acquired> acquire(Wish wish, long from, List<LogBatch> batches, ShareRules rules, long nowMs) {
        var taken = new Taken(wish, rules, nowMs);
        long at = Math.max(from, start());
        if (at > end()) {
            return List.of();
        }
        for (var batch : batches) {
            if (batch.last() < at) {
                continue;
            }
            if (taken.isEnough()) {
                break;
            }
            long first = Math.max(at, batch.first());
            pass(at, first - 1);
            if (!batch.offered()) {
                pass(first, batch.last());
            } else if (!taken.take(first, batch.last())) {
                break;
            }
            at = batch.last() + 1;
        }
        ranges.forgetDone();
        return taken.all;
    }

    /// There are no records for anybody at these offsets.
    private void pass(long first, long last) {
        ranges.change(
                first,
                Math.min(last, end() - 1),
                range -> range.isAvailable() ? Range.passed(range.first(), range.last(), range.now()) : range);
        if (last >= end() && first <= last) {
            ranges.add(Range.passed(end(), last, Delivery.NEW));
        }
    }

    /// What one member takes in one go.
    private final class Taken {
        private final Wish wish;
        private final ShareRules rules;
        private final long until;
        private final List<Acquired> all = new ArrayList<>();
        private long count;

        Taken(Wish wish, ShareRules rules, long nowMs) {
            this.wish = wish;
            this.rules = rules;
            this.until = nowMs + rules.lockMs();
        }

        boolean isEnough() {
            return count >= wish.maxRecords();
        }

        /// False if nothing behind these may be taken.
        boolean take(long first, long last) {
            for (var range : ranges.between(first, Math.min(last, end() - 1))) {
                if (range.isAvailable() && !take(range)) {
                    return false;
                }
            }
            if (last < end()) {
                return true;
            }
            long most = Math.min(last, start() + rules.maxLocks() - 1);
            if (most < end() || wish.exactly() && isEnough()) {
                return false;
            }
            long to = wish.exactly() ? Math.min(most, end() + wish.maxRecords() - count - 1) : most;
            long begin = end();
            ranges.add(Range.of(begin, to, Delivery.NEW).heldBy(wish.member(), until));
            note(begin, to, 1);
            return to == last;
        }

        private boolean take(Range range) {
            long room = wish.exactly() ? wish.maxRecords() - count : range.count();
            if (room <= 0) {
                return false;
            }
            long to = Math.min(range.last(), range.first() + room - 1);
            ranges.change(range.first(), to, each -> each.heldBy(wish.member(), until));
            note(range.first(), to, range.now().count() + 1);
            return to == range.last();
        }

        private void note(long first, long last, int deliveries) {
            count += last - first + 1;
            if (!all.isEmpty()) {
                var before = all.getLast();
                if (before.last() + 1 == first
                        && before.deliveryCount() == deliveries
                        && last - before.first() < wish.batchSize()) {
                    all.set(all.size() - 1, new Acquired(before.first(), last, deliveries));
                    return;
                }
            }
            all.add(new Acquired(first, last, deliveries));
        }
    }

    /// Takes what a member says, all of it or nothing.
    ErrorCode acknowledge(String member, List<Acknowledgement> said, ShareRules rules, long nowMs) {
        long before = -1;
        for (var one : said) {
            if (one.problem(rules.renew()).isPresent() || one.first() <= before) {
                return ErrorCode.INVALID_REQUEST;
            }
            before = one.last();
            if (one.last() >= end()) {
                return ErrorCode.INVALID_RECORD_STATE;
            }
            // What is below the start is done with already, or its log is gone: there is nothing left to say of it.
            for (var range : ranges.between(Math.max(start(), one.first()), one.last())) {
                if (!range.isHeldBy(member)) {
                    return ErrorCode.INVALID_RECORD_STATE;
                }
            }
        }
        said.forEach(one -> apply(one, rules, nowMs));
        return ErrorCode.NONE;
    }

    private void apply(Acknowledgement said, ShareRules rules, long nowMs) {
        long at = said.first();
        while (at <= said.last()) {
            var type = said.type((int) (at - said.first()));
            long to = at;
            while (to < said.last() && (said.types().size() == 1 || said.type((int) (to + 1 - said.first())) == type)) {
                to = said.types().size() == 1 ? said.last() : to + 1;
            }
            ranges.change(Math.max(at, start()), to, range -> switch (type) {
                case ACCEPT -> range.decided(range.now().acknowledged());
                case GAP, REJECT -> range.decided(range.now().archived());
                case RELEASE -> range.decided(range.now().released(rules.deliveryLimit()));
                case RENEW -> range.renewed(nowMs + rules.lockMs());
            });
            at = to + 1;
        }
    }

    /// The member is gone: all that it has is offered again.
    void release(String member) {
        ranges.change(
                range -> range.isHeldBy(member) ? range.decided(range.now().undelivered()) : range);
    }

    /// Takes back what members had for too long.
    void expire(long nowMs, int deliveryLimit) {
        ranges.change(range -> range.isHeld() && range.deadlineMs() <= nowMs
                ? range.decided(range.now().released(deliveryLimit))
                : range);
    }

    /// When the next lock runs out; -1 if there is none.
    long nextDeadlineMs() {
        long next = -1;
        for (var range : ranges.all()) {
            if (range.isHeld() && (next < 0 || range.deadlineMs() < next)) {
                next = range.deadlineMs();
            }
        }
        return next;
    }

    boolean isSaving() {
        return underWay != 0;
    }

    /// Everything that is decided and not kept, if there is anything worth it and no save under way.
    Optional<Save> save() {
        boolean needed = false;
        for (var range : ranges.all()) {
            needed |= range.isSettling();
        }
        if (isSaving() || !needed && start() == savedStart) {
            return Optional.empty();
        }
        long number = ++saves;
        underWay = number;
        long newStart = start();
        long done = 0;
        var batches = new ArrayList<StateBatch>();
        for (var range : ranges.all()) {
            if (range.first() == newStart && range.next().isFinal()) {
                newStart = range.last() + 1;
                continue;
            }
            done += range.next().isFinal() ? range.count() : 0;
            if (range.isSettling() || range.unsaved()) {
                batches.add(range.kept());
            }
        }
        ranges.change(range -> range.isSettling() || range.unsaved() ? range.inSave(number) : range);
        return Optional.of(new Save(number, newStart, (int) Math.min(Integer.MAX_VALUE, done), batches));
    }

    void saved(Save save) {
        underWay = 0;
        savedStart = save.startOffset();
        ranges.change(range -> range.save() == save.number() ? range.saved() : range);
        ranges.forgetDone();
    }

    void notSaved(Save save) {
        underWay = 0;
        ranges.change(range -> range.save() == save.number() ? range.notSaved() : range);
    }

    /// For those who check: what is known of every offset from the start on.
    List<Range> ranges() {
        return List.copyOf(ranges.all());
    }
}
