package io.moldau.shares;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.protocol.ErrorCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Random members, saves that fail, crashes and log starts that move, against a model that knows of each record by
/// itself who has it, how often it was given, and what became of it. `-Dseed=N` runs one seed, `-Dseeds=N` as many.
class InFlightModelTest {
    private static final int SEEDS = Integer.getInteger("seeds", 500);
    private static final int STEPS = 300;

    @Test
    void everyRecordHasOneHolderAtATimeAndIsDoneWithOnce() {
        var given = Long.getLong("seed");
        long first = given == null ? 0 : given;
        long done = 0;
        for (long seed = first; seed < (given == null ? SEEDS : first + 1); seed++) {
            try {
                done += new Life(seed).run();
            } catch (AssertionError | RuntimeException failure) {
                throw new AssertionError("seed " + seed, failure);
            }
        }
        assertThat(done).as("records done with").isGreaterThan(given == null ? SEEDS : 0);
    }

    private enum Fate {
        OPEN,
        HELD,
        ACCEPTED,
        ARCHIVED
    }

    /// One record as the test sees it.
    private static final class OneRecord {
        Fate fate = Fate.OPEN;
        int count;
        int keptCount;
        String holder = "";
        long untilMs;
        /// What was decided and is not kept.
        @Nullable
        Fate next;

        int nextCount;
        long save;

        boolean isHeldBy(String member) {
            return fate == Fate.HELD && next == null && holder.equals(member);
        }

        void decide(Fate decided, int decidedCount) {
            next = decided;
            nextCount = decidedCount;
            save = 0;
        }

        void keep() {
            fate = Objects.requireNonNull(next);
            count = nextCount;
            keptCount = nextCount;
            next = null;
            holder = "";
        }

        void crash() {
            next = null;
            if (fate == Fate.HELD || fate == Fate.OPEN) {
                fate = Fate.OPEN;
                count = keptCount;
                holder = "";
            }
        }
    }

    private static final class Life {
        final Random random;
        final ShareRules rules;
        final List<LogBatch> log = new ArrayList<>();
        final Map<Long, OneRecord> records = new TreeMap<>();
        ShareState kept = ShareState.begin(0, 0, 0, 0);
        InFlight inFlight = new InFlight(0, 0, List.of());
        InFlight.@Nullable Save saving;
        long nowMs = 1_000;
        long logEnd;
        long logStart;

        Life(long seed) {
            random = new Random(seed);
            rules = new ShareRules(100, 3, 20 + random.nextInt(60), false, true, new ShareRules.Reset.Earliest());
        }

        int run() {
            for (int step = 0; step < STEPS; step++) {
                step();
            }
            drain();
            return (int) records.values().stream()
                    .filter(record -> record.fate == Fate.ACCEPTED)
                    .count();
        }

        void step() {
            switch (random.nextInt(20)) {
                case 0, 1, 2 -> append();
                case 3, 4, 5, 6, 7 -> fetch(member());
                case 8, 9, 10, 11, 12 -> acknowledge(member());
                case 13 -> release(member());
                case 14 -> pass(random.nextInt(80));
                case 15 -> moveLogStart();
                case 16 -> {
                    if (random.nextInt(3) == 0) {
                        crash();
                    }
                }
                default -> save();
            }
        }

        String member() {
            return "m" + random.nextInt(3);
        }

        void append() {
            for (int i = random.nextInt(4); i >= 0; i--) {
                // Compaction leaves holes between batches.
                long first = logEnd + (random.nextInt(6) == 0 ? random.nextInt(4) : 0);
                long last = first + random.nextInt(8);
                boolean offered = random.nextInt(5) > 0;
                log.add(new LogBatch(first, last, offered));
                for (long offset = first; offset <= last && offered; offset++) {
                    records.put(offset, new OneRecord());
                }
                logEnd = last + 1;
            }
        }

        void fetch(String member) {
            long from = inFlight.nextOffset(rules.maxLocks());
            if (from < 0 || from >= logEnd) {
                return;
            }
            var read = new ArrayList<LogBatch>();
            int most = 1 + random.nextInt(5);
            for (var batch : log) {
                if (batch.last() >= from && read.size() < most) {
                    read.add(batch);
                }
            }
            if (random.nextInt(4) == 0) {
                // Somebody is faster.
                acquire("m9", from, read);
            }
            acquire(member, from, read);
        }

        void acquire(String member, long from, List<LogBatch> read) {
            int wanted = 1 + random.nextInt(12);
            boolean exactly = random.nextBoolean();
            var acquired = inFlight.acquire(new Wish(member, wanted, exactly, 5), from, read, rules, nowMs);
            long count = 0;
            for (var range : acquired) {
                for (long offset = range.first(); offset <= range.last(); offset++) {
                    var record = records.get(offset);
                    assertThat(record).as("offset %s is no record", offset).isNotNull();
                    assertThat(Objects.requireNonNull(record).fate)
                            .as("offset %s", offset)
                            .isEqualTo(Fate.OPEN);
                    record.fate = Fate.HELD;
                    record.holder = member;
                    record.count++;
                    record.untilMs = nowMs + rules.lockMs();
                    assertThat(range.deliveryCount())
                            .as("deliveries of %s", offset)
                            .isEqualTo(record.count);
                    count++;
                }
            }
            if (exactly) {
                assertThat(count).isLessThanOrEqualTo(wanted);
            }
            if (member.equals("m9")) {
                release(member);
            }
        }

        void acknowledge(String member) {
            var said = new ArrayList<Acknowledgement>();
            var decided = new HashMap<Long, Byte>();
            for (var entry : records.entrySet()) {
                if (entry.getKey() >= inFlight.start() && entry.getValue().isHeldBy(member) && random.nextInt(3) > 0) {
                    byte type = (byte) random.nextInt(5);
                    decided.put(entry.getKey(), type);
                    var last = said.isEmpty() ? null : said.getLast();
                    if (last != null && last.last() + 1 == entry.getKey()) {
                        var types = new ArrayList<>(last.types());
                        types.add(type);
                        said.set(said.size() - 1, new Acknowledgement(last.first(), entry.getKey(), types));
                    } else {
                        said.add(new Acknowledgement(entry.getKey(), entry.getKey(), List.of(type)));
                    }
                }
            }
            if (random.nextInt(6) == 0) {
                refuseWhatIsNotHeld(member, said);
            }
            assertThat(inFlight.acknowledge(member, said, rules, nowMs)).isEqualTo(ErrorCode.NONE);
            decided.forEach((offset, type) -> {
                var record = Objects.requireNonNull(records.get(offset));
                switch (type) {
                    case 1 -> record.decide(Fate.ACCEPTED, record.count);
                    case 2 -> back(record, record.count);
                    case 4 -> record.untilMs = nowMs + rules.lockMs();
                    default -> record.decide(Fate.ARCHIVED, record.count);
                }
            });
        }

        /// One that the member does not have spoils it all.
        void refuseWhatIsNotHeld(String member, List<Acknowledgement> said) {
            for (var entry : records.entrySet()) {
                boolean after = said.isEmpty() || said.getLast().last() < entry.getKey();
                if (after
                        && entry.getKey() >= inFlight.start()
                        && !entry.getValue().isHeldBy(member)) {
                    var wrong = new ArrayList<>(said);
                    wrong.add(new Acknowledgement(entry.getKey(), entry.getKey(), List.of((byte) 1)));
                    assertThat(inFlight.acknowledge(member, wrong, rules, nowMs))
                            .isEqualTo(ErrorCode.INVALID_RECORD_STATE);
                    return;
                }
            }
        }

        void back(OneRecord record, int count) {
            record.decide(count >= rules.deliveryLimit() ? Fate.ARCHIVED : Fate.OPEN, count);
        }

        void release(String member) {
            inFlight.release(member);
            records.values().stream()
                    .filter(record -> record.isHeldBy(member))
                    .forEach(record -> record.decide(Fate.OPEN, record.count - 1));
        }

        void pass(long ms) {
            nowMs += ms;
            inFlight.expire(nowMs, rules.deliveryLimit());
            records.values().stream()
                    .filter(record -> record.fate == Fate.HELD && record.next == null && record.untilMs <= nowMs)
                    .forEach(record -> back(record, record.count));
        }

        void moveLogStart() {
            if (logEnd > logStart && random.nextInt(3) == 0) {
                logStart = Math.min(logEnd, logStart + random.nextInt(10));
                log.removeIf(batch -> batch.last() < logStart);
                inFlight.logStartsAt(logStart);
                records.keySet().removeIf(offset -> offset < logStart);
            }
        }

        void save() {
            var under = saving;
            if (under == null) {
                saving = inFlight.save().orElse(null);
                if (saving != null) {
                    long number = saving.number();
                    records.values().stream()
                            .filter(record -> record.next != null)
                            .forEach(record -> record.save = number);
                }
                return;
            }
            boolean fails = random.nextInt(4) == 0;
            saving = null;
            if (fails) {
                inFlight.notSaved(under);
            } else {
                keep(under);
                inFlight.saved(under);
            }
            for (var record : records.values()) {
                if (record.next != null && record.save == under.number()) {
                    if (fails) {
                        record.next = null;
                    } else {
                        record.keep();
                    }
                }
            }
        }

        void keep(InFlight.Save save) {
            kept = kept.updated(0, save.startOffset(), save.deliveryCompleteCount(), save.batches());
        }

        void crash() {
            var under = saving;
            if (under != null && random.nextBoolean()) {
                // It was kept, and nobody was told.
                keep(under);
                records.values().stream()
                        .filter(record -> record.next != null && record.save == under.number())
                        .forEach(OneRecord::keep);
            }
            saving = null;
            records.values().forEach(OneRecord::crash);
            inFlight = new InFlight(kept.startOffset(), kept.startOffset(), kept.batches());
            inFlight.logStartsAt(logStart);
        }

        /// Everybody leaves but one member, which takes all that is left.
        void drain() {
            for (int i = 0; i < 3; i++) {
                release("m" + i);
            }
            for (int round = 0; round < 2_000 && !isDrained(); round++) {
                save();
                fetch("m0");
                acknowledge("m0");
                pass(10);
            }
            assertThat(isDrained()).as("all is done with in the end").isTrue();
            assertThat(records.values())
                    .allMatch(record -> record.fate == Fate.ACCEPTED || record.fate == Fate.ARCHIVED);
            assertThat(kept.startOffset()).isEqualTo(inFlight.start());
            assertThat(kept.batches()).isEmpty();
        }

        boolean isDrained() {
            return saving == null && inFlight.start() == logEnd && kept.startOffset() == logEnd;
        }
    }
}
