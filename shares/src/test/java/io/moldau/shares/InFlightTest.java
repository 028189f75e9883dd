package io.moldau.shares;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Records between the start and the end of a share-partition.
class InFlightTest {
    private static final ShareRules RULES = ShareRules.DEFAULTS;
    private static final Wish WISH = new Wish("one", 100, false, 100);

    private static List<LogBatch> batch(long first, long last) {
        return List.of(new LogBatch(first, last, true));
    }

    private static Acknowledgement said(long first, long last, int... types) {
        return new Acknowledgement(
                first, last, Arrays.stream(types).mapToObj(type -> (byte) type).toList());
    }

    @Test
    void whatIsSaidOfManyRecordsIsTakenAltogetherOrNotAtAll() {
        var inFlight = new InFlight(0, 0, List.of());
        inFlight.acquire(WISH, 0, batch(0, 4), RULES, 0);
        assertThat(inFlight.acknowledge("one", List.of(said(0, 1, 1), said(4, 5, 1)), RULES, 0))
                .isEqualTo(ErrorCode.INVALID_RECORD_STATE);
        assertThat(inFlight.acknowledge("two", List.of(said(0, 1, 1)), RULES, 0))
                .isEqualTo(ErrorCode.INVALID_RECORD_STATE);
        assertThat(inFlight.acknowledge("one", List.of(said(2, 3, 1), said(0, 1, 1)), RULES, 0))
                .isEqualTo(ErrorCode.INVALID_REQUEST);
        assertThat(inFlight.acknowledge("one", List.of(said(0, 4, 1, 1)), RULES, 0))
                .isEqualTo(ErrorCode.INVALID_REQUEST);
        assertThat(inFlight.save()).isEmpty();
        assertThat(inFlight.acknowledge("one", List.of(said(0, 4, 1, 1, 3, 0, 2)), RULES, 0))
                .isEqualTo(ErrorCode.NONE);
        var save = inFlight.save().orElseThrow();
        assertThat(save.startOffset()).isEqualTo(4);
        assertThat(save.batches()).containsExactly(new StateBatch(4, 4, StateBatch.AVAILABLE, (short) 1));
    }

    @Test
    void noMoreRecordsAreInFlightThanThereAreLocks() {
        var rules = new ShareRules(30_000, 5, 10, false, true, new ShareRules.Reset.Earliest());
        var inFlight = new InFlight(0, 0, List.of());
        assertThat(inFlight.acquire(WISH, 0, batch(0, 99), rules, 0)).containsExactly(new Acquired(0, 9, 1));
        assertThat(inFlight.nextOffset(10)).isEqualTo(-1);
        inFlight.acknowledge("one", List.of(said(5, 9, 1)), rules, 0);
        inFlight.saved(inFlight.save().orElseThrow());
        assertThat(inFlight.nextOffset(10)).isEqualTo(-1);
        inFlight.acknowledge("one", List.of(said(0, 0, 1)), rules, 0);
        inFlight.saved(inFlight.save().orElseThrow());
        assertThat(inFlight.nextOffset(10)).isEqualTo(10);
        assertThat(inFlight.acquire(WISH, 10, batch(0, 99), rules, 0)).containsExactly(new Acquired(10, 10, 1));
    }

    /// Its topic promises less than the disk: a power cut took the end of the log, and other records come there.
    @Test
    void recordsWrittenWhereTheLogLostItsEndAreNew() {
        var kept = List.of(
                new StateBatch(10, 19, StateBatch.ACKNOWLEDGED, (short) 1),
                new StateBatch(25, 29, StateBatch.ARCHIVED, (short) 5));
        var inFlight = new InFlight(5, 5, kept);
        inFlight.logEndsAt(15);
        assertThat(inFlight.acquire(WISH, 5, batch(5, 39), RULES, 0))
                .containsExactly(new Acquired(5, 9, 1), new Acquired(15, 39, 1));
        assertThat(new InFlight(3, 30, List.of()).nextOffset(100)).isEqualTo(3);
    }

    @Test
    void aReleasedRecordIsOfferedUntilItsLimitAndAClosedSessionDoesNotCount() {
        var inFlight = new InFlight(0, 0, List.of());
        for (int round = 1; round <= 20; round++) {
            assertThat(inFlight.acquire(WISH, 0, batch(0, 0), RULES, 0)).containsExactly(new Acquired(0, 0, 1));
            inFlight.release("one");
            inFlight.saved(inFlight.save().orElseThrow());
        }
        for (int round = 1; round <= 5; round++) {
            assertThat(inFlight.acquire(WISH, 0, batch(0, 0), RULES, 0)).containsExactly(new Acquired(0, 0, round));
            inFlight.expire(RULES.lockMs(), RULES.deliveryLimit());
            inFlight.saved(inFlight.save().orElseThrow());
        }
        assertThat(inFlight.start()).isEqualTo(1);
    }

    @Test
    void aKeyTellsItsGroupTopicAndPartition() {
        var key = new ShareKey("a:b", new Uuid(1, 2), 3);
        assertThat(ShareKey.parse(key.text())).contains(key);
        assertThat(List.of("", "a", "a:b:c", ":AAAAAAAAAAEAAAAAAAAAAg:1", "g:AAAAAAAAAAEAAAAAAAAAAg:-1"))
                .allMatch(text -> ShareKey.parse(text).isEmpty());
    }
}
