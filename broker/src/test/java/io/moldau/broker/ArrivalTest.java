package io.moldau.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.protocol.ErrorCode;
import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import io.moldau.records.Header;
import io.moldau.records.Record;
import io.moldau.records.RecordBatch;
import io.moldau.records.TimestampType;
import io.moldau.replication.AppendOutcome;
import io.moldau.storage.KeptCompression;
import io.moldau.storage.LogSettings;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ArrivalTest {
    private static final long NOW = 1_767_225_600_000L;
    private static final long HOUR = 3_600_000;

    private static Arrival.Verdict arrive(LogSettings rules, ByteBuffer batch) {
        return arrive(rules, RecordBatch.of(batch));
    }

    private static Arrival.Verdict arrive(LogSettings rules, RecordBatch batch) {
        return new Arrival(rules, 1, true, NOW).of(batch);
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static ByteBuffer batch(Compression compression, long... times) {
        var builder = new BatchBuilder(compression).producer(7, (short) 1, 40).transactional();
        for (int i = 0; i < times.length; i++) {
            builder.append(times[i], bytes("k" + i), bytes("v".repeat(50)), List.of(new Header("h", bytes("x"))));
        }
        return builder.build();
    }

    private static AppendOutcome.Refused refusal(Arrival.Verdict verdict) {
        assertThat(verdict).isInstanceOf(Arrival.Turned.class);
        return ((Arrival.Turned) verdict).refusal();
    }

    private static RecordBatch accepted(Arrival.Verdict verdict) {
        assertThat(verdict).isInstanceOf(Arrival.Accepted.class);
        return ((Arrival.Accepted) verdict).batch();
    }

    private static List<Record> records(RecordBatch batch) {
        var records = new ArrayList<Record>();
        try (var all = batch.records()) {
            all.forEachRemaining(records::add);
        }
        return records;
    }

    private static void renewCrc(ByteBuffer batch) {
        var crc = new CRC32C();
        crc.update(batch.duplicate().position(21));
        batch.putInt(17, (int) crc.getValue());
    }

    @Test
    void aPlainBatchOfAPlainTopicIsNotRead() {
        var batch = batch(Compression.NONE, NOW);
        // Not even a record that is none is found out.
        batch.put(RecordBatch.HEADER_BYTES, (byte) 99);
        var came = RecordBatch.of(batch);
        assertThat(accepted(arrive(LogSettings.DEFAULTS, came))).isSameAs(came);
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void aBatchIsKeptWithTheTopicsCodecAndNothingElseChanges(Compression codec) {
        var rules = LogSettings.of(it -> it.compression(new KeptCompression(codec, Compression.DEFAULT_LEVEL)));
        for (var from : Compression.values()) {
            var before = RecordBatch.of(batch(from, NOW, NOW - 5, NOW + 5));
            var after = accepted(arrive(rules, before));
            assertThat(after.compression()).isEqualTo(codec);
            assertThat(after.checkCrc()).isTrue();
            assertThat(after.producerId()).isEqualTo(7);
            assertThat(after.producerEpoch()).isEqualTo((short) 1);
            assertThat(after.baseSequence()).isEqualTo(40);
            assertThat(after.lastSequence()).isEqualTo(42);
            assertThat(after.isTransactional()).isTrue();
            assertThat(after.baseTimestamp()).isEqualTo(before.baseTimestamp());
            assertThat(after.maxTimestamp()).isEqualTo(NOW + 5);
            assertThat(records(after)).isEqualTo(records(before));
            if (from == codec) {
                assertThat(after).isSameAs(before);
            }
        }
    }

    @Test
    void aHigherLevelMakesSmallerBatches() {
        var text = new StringBuilder();
        for (int i = 0; i < 3000; i++) {
            text.append(i * 7919 % 1013).append(i % 3 == 0 ? " orders " : " customers ");
        }
        var builder = new BatchBuilder(Compression.NONE).append(NOW, null, bytes(text.toString()));
        var came = builder.build();
        for (var codec : List.of(Compression.GZIP, Compression.ZSTD)) {
            int low = accepted(arrive(LogSettings.of(it -> it.compression(new KeptCompression(codec, 1))), came))
                    .sizeBytes();
            int high = accepted(arrive(LogSettings.of(it -> it.compression(new KeptCompression(codec, 9))), came))
                    .sizeBytes();
            assertThat(high).as(codec.configName()).isLessThan(low);
        }
    }

    @Test
    void recordsOfACompactedTopicNeedKeysAndThoseWithoutAreNamed() {
        var batch = new BatchBuilder(Compression.NONE)
                .append(NOW, bytes("k"), bytes("v"))
                .append(NOW, null, bytes("v"))
                .build();
        var refusal = refusal(arrive(LogSettings.of(it -> it.cleanupCompact(true)), batch));
        assertThat(refusal.error()).isEqualTo(ErrorCode.INVALID_RECORD);
        assertThat(refusal.records()).singleElement().satisfies(it -> {
            assertThat(it.index()).isEqualTo(1);
            assertThat(it.message()).contains("no key").contains("cleanup.policy=compact");
        });
    }

    @Test
    void recordsTooFarBeforeOrAfterNowAreNamed() {
        var rules = LogSettings.of(it -> it.timestampBeforeMaxMs(HOUR).timestampAfterMaxMs(HOUR));
        accepted(arrive(rules, batch(Compression.NONE, NOW - HOUR, NOW, NOW + HOUR)));
        var refusal = refusal(arrive(rules, batch(Compression.NONE, NOW - HOUR - 1, NOW, NOW + HOUR + 1)));
        assertThat(refusal.error()).isEqualTo(ErrorCode.INVALID_TIMESTAMP);
        assertThat(refusal.records())
                .extracting(AppendOutcome.RecordError::index)
                .containsExactly(0, 2);
        assertThat(refusal.records().getFirst().message()).contains("message.timestamp.before.max.ms");
        assertThat(refusal.records().getLast().message()).contains("message.timestamp.after.max.ms");
        assertThat(refusal.reason()).contains("2 of 3 records");
    }

    @Test
    void timesDoNotMatterWhereTheBrokerStampsThem() {
        var rules = LogSettings.of(it -> it.timestampType(TimestampType.LOG_APPEND_TIME)
                .timestampBeforeMaxMs(HOUR)
                .timestampAfterMaxMs(HOUR));
        accepted(arrive(rules, batch(Compression.LZ4, 0, NOW + 2 * HOUR)));
    }

    @Test
    void compressedRecordsMustBeWhatTheHeaderSays() {
        var fewer = batch(Compression.ZSTD, NOW, NOW, NOW);
        fewer.putInt(57, 2);
        fewer.putInt(23, 1);
        renewCrc(fewer);
        assertThat(refusal(arrive(LogSettings.DEFAULTS, fewer)).error()).isEqualTo(ErrorCode.INVALID_RECORD);
        var more = batch(Compression.ZSTD, NOW, NOW, NOW);
        more.putInt(57, 4);
        more.putInt(23, 3);
        renewCrc(more);
        var refusal = refusal(arrive(LogSettings.DEFAULTS, more));
        assertThat(refusal.error()).isIn(ErrorCode.INVALID_RECORD, ErrorCode.CORRUPT_MESSAGE);
        var latest = batch(Compression.ZSTD, NOW, NOW, NOW);
        latest.putLong(35, NOW + 1);
        renewCrc(latest);
        assertThat(refusal(arrive(LogSettings.DEFAULTS, latest)).reason()).contains("latest timestamp");
    }

    @Test
    void aDecompressionBombIsRefused() {
        var bomb = new BatchBuilder(Compression.ZSTD)
                .append(NOW, null, ByteBuffer.allocate(80 << 20))
                .build();
        assertThat(bomb.remaining()).isLessThan(LogSettings.DEFAULTS.maxMessageBytes());
        var refusal = refusal(arrive(LogSettings.DEFAULTS, bomb));
        assertThat(refusal.error()).isEqualTo(ErrorCode.INVALID_RECORD);
        assertThat(refusal.reason()).contains("decompresses to more than");
    }

    @Test
    void acksAllNeedsTheReplicasThatTheTopicAsksFor() {
        var rules = LogSettings.of(it -> it.minInsyncReplicas(2));
        var batch = RecordBatch.of(batch(Compression.NONE, NOW));
        var refusal = refusal(new Arrival(rules, 1, true, NOW).of(batch));
        assertThat(refusal.error()).isEqualTo(ErrorCode.NOT_ENOUGH_REPLICAS);
        assertThat(refusal.reason()).contains("min.insync.replicas=2");
        accepted(new Arrival(rules, 2, true, NOW).of(batch));
        accepted(new Arrival(rules, 1, false, NOW).of(batch));
    }
}
