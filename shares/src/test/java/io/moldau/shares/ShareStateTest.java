package io.moldau.shares;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.coordination.CoordinatedState.Schedule;
import io.moldau.coordination.Effects;
import io.moldau.coordination.Entry;
import io.moldau.protocol.Uuid;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// The share state as its records say.
class ShareStateTest {
    private static final ShareKey KEY = new ShareKey("g", new Uuid(1, 2), 3);
    private static final int UPDATES_PER_SNAPSHOT = 5;

    private static final Schedule NEVER = new Schedule() {
        @Override
        public void after(String name, long delayMs, Consumer<Effects> operation) {
            throw new AssertionError("nothing of a share state runs later: " + name);
        }

        @Override
        public void cancel(String name) {
            throw new AssertionError("nothing was to run: " + name);
        }

        @Override
        public long nowMs() {
            return 0;
        }
    };

    private static ShareState replayed(Iterable<Entry> log) {
        var shard = new ShareShard(NEVER, UPDATES_PER_SNAPSHOT);
        log.forEach(shard::replay);
        return shard.state(KEY).orElseThrow();
    }

    @Test
    void theNewestRecordOfEachKeyIsEnough() {
        for (long seed = 0; seed < 200; seed++) {
            var random = new Random(seed);
            var state = ShareState.begin(0, 1, 0, 0);
            var log = new ArrayList<Entry>();
            var compacted = new LinkedHashMap<ByteBuffer, Entry>();
            add(ShareRecords.snapshot(KEY, state, 0), log, compacted);
            for (int write = 0; write < 40; write++) {
                long start = state.startOffset() + random.nextInt(4);
                var batches = new ArrayList<StateBatch>();
                for (int i = random.nextInt(3); i >= 0; i--) {
                    long first = start + random.nextInt(30);
                    batches.add(new StateBatch(
                            first, first + random.nextInt(6), new byte[] {0, 2, 4}[random.nextInt(3)], (short)
                                    random.nextInt(3)));
                }
                var next = state.updated(random.nextInt(2), start, random.nextInt(5), batches);
                state = next.updates() > UPDATES_PER_SNAPSHOT ? next.asSnapshot() : next;
                add(
                        state.updates() == 0 ? ShareRecords.snapshot(KEY, state, 0) : ShareRecords.update(KEY, state),
                        log,
                        compacted);
                for (var known : List.of(replayed(log), replayed(compacted.values()))) {
                    assertThat(known.batches()).as("seed %s", seed).isEqualTo(state.batches());
                    assertThat(known.startOffset()).as("seed %s", seed).isEqualTo(state.startOffset());
                    assertThat(known.leaderEpoch()).as("seed %s", seed).isEqualTo(state.leaderEpoch());
                    assertThat(known.deliveryCompleteCount())
                            .as("seed %s", seed)
                            .isEqualTo(state.deliveryCompleteCount());
                }
            }
        }
    }

    private static void add(Entry entry, List<Entry> log, Map<ByteBuffer, Entry> compacted) {
        log.add(entry);
        compacted.remove(entry.key());
        compacted.put(entry.key(), entry);
    }

    @Test
    void laterBatchesOverwriteEarlierOnesOffsetByOffset() {
        for (long seed = 0; seed < 500; seed++) {
            var random = new Random(seed);
            byte[] states = new byte[60];
            Arrays.fill(states, (byte) -1);
            List<StateBatch> merged = List.of();
            long start = 0;
            for (int i = 0; i < 20; i++) {
                int first = random.nextInt(50);
                var batch = new StateBatch(first, first + random.nextInt(10), (byte) random.nextInt(5), (short) 1);
                start = Math.min(50, start + random.nextInt(3));
                merged = StateBatch.merge(merged, List.of(batch), start);
                for (long offset = batch.first(); offset <= batch.last(); offset++) {
                    states[(int) offset] = batch.state();
                }
                for (int offset = 0; offset < states.length; offset++) {
                    long at = offset;
                    var there = merged.stream()
                            .filter(one -> one.first() <= at && one.last() >= at)
                            .toList();
                    boolean expected = offset >= start && states[offset] >= 0;
                    assertThat(there).as("seed %s, offset %s", seed, at).hasSize(expected ? 1 : 0);
                    if (expected) {
                        assertThat(there.getFirst().state())
                                .as("seed %s, offset %s", seed, at)
                                .isEqualTo(states[offset]);
                    }
                }
            }
        }
    }
}
