package io.moldau.records;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Our batches read by Kafka's own code, Kafka's read by ours.
class KafkaDifferentialTest {
    private static final int SEEDS = 60;

    private static ByteBuffer bytes(Random random, int max) {
        byte[] value = new byte[random.nextInt(max)];
        random.nextBytes(value);
        if (random.nextBoolean()) {
            java.util.Arrays.fill(value, (byte) 'a');
        }
        return ByteBuffer.wrap(value);
    }

    private static List<Record> randomRecords(Random random) {
        var records = new ArrayList<Record>();
        int count = 1 + random.nextInt(20);
        for (int i = 0; i < count; i++) {
            var headers = new ArrayList<Header>();
            for (int h = random.nextInt(4); h > 0; h--) {
                headers.add(new Header("kopf-ü" + h, random.nextInt(3) == 0 ? null : bytes(random, 50)));
            }
            records.add(new Record(
                    100L + i,
                    1_700_000_000_000L + random.nextInt(100_000) - 50_000,
                    random.nextInt(4) == 0 ? null : bytes(random, 40),
                    random.nextInt(6) == 0 ? null : bytes(random, random.nextInt(20) == 0 ? 100_000 : 300),
                    headers));
        }
        return records;
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void kafkaReadsWhatWeBuild(Compression compression) {
        for (long seed = 0; seed < SEEDS; seed++) {
            var expected = randomRecords(new Random(seed));
            var builder = new BatchBuilder(compression)
                    .baseOffset(100)
                    .leaderEpoch(7)
                    .producer(4711, (short) 3, 15)
                    .transactional();
            expected.forEach(r -> builder.append(r.timestamp(), r.key(), r.value(), r.headers()));
            var batch = MemoryRecords.readableRecords(builder.build())
                    .batches()
                    .iterator()
                    .next();
            batch.ensureValid();
            assertThat(batch.baseOffset()).isEqualTo(100);
            assertThat(batch.lastOffset()).isEqualTo(99L + expected.size());
            assertThat(batch.producerId()).isEqualTo(4711);
            assertThat(batch.producerEpoch()).isEqualTo((short) 3);
            assertThat(batch.baseSequence()).isEqualTo(15);
            assertThat(batch.isTransactional()).isTrue();
            assertThat(batch.partitionLeaderEpoch()).isEqualTo(7);
            assertThat(batch.compressionType().name).isEqualTo(compression.configName());
            assertThat(batch.maxTimestamp())
                    .isEqualTo(
                            expected.stream().mapToLong(Record::timestamp).max().orElseThrow());
            var read = new ArrayList<Record>();
            for (var r : batch) {
                var headers = new ArrayList<Header>();
                for (var h : r.headers()) {
                    headers.add(new Header(h.key(), h.value() == null ? null : ByteBuffer.wrap(h.value())));
                }
                read.add(new Record(r.offset(), r.timestamp(), r.key(), r.value(), headers));
            }
            assertThat(read).as("seed %s", seed).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void weReadWhatKafkaBuilds(Compression compression) {
        for (long seed = 0; seed < SEEDS; seed++) {
            var expected = randomRecords(new Random(seed));
            var batch = RecordBatches.split(kafka(compression, expected)).getFirst();
            assertThat(batch.compression()).isEqualTo(compression);
            assertThat(batch.timestampType()).isEqualTo(io.moldau.records.TimestampType.CREATE_TIME);
            assertThat(batch.recordCount()).isEqualTo(expected.size());
            batch.checkRecords(false);
            var read = new ArrayList<Record>();
            try (var records = batch.records()) {
                records.forEachRemaining(read::add);
            }
            assertThat(read).as("seed %s", seed).isEqualTo(expected);
        }
    }

    private static ByteBuffer kafka(Compression compression, List<Record> records) {
        var simple = records.stream()
                .map(r -> new SimpleRecord(
                        r.timestamp(),
                        array(r.key()),
                        array(r.value()),
                        r.headers().stream()
                                .map(h -> new RecordHeader(h.key(), array(h.value())))
                                .toArray(org.apache.kafka.common.header.Header[]::new)))
                .toArray(SimpleRecord[]::new);
        var codec = org.apache.kafka.common.compress.Compression.of(compression.configName())
                .build();
        return MemoryRecords.withRecords((byte) 2, 100L, codec, TimestampType.CREATE_TIME, simple)
                .buffer();
    }

    private static byte @org.jspecify.annotations.Nullable [] array(
            @org.jspecify.annotations.Nullable ByteBuffer value) {
        if (value == null) {
            return null;
        }
        byte[] bytes = new byte[value.remaining()];
        value.duplicate().get(bytes);
        return bytes;
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void mutatedBatchesAreRefusedAndNothingElse(Compression compression) {
        for (long seed = 0; seed < 1500; seed++) {
            var random = new Random(seed);
            var bytes = array(kafka(compression, randomRecords(random).subList(0, 1)));
            Objects.requireNonNull(bytes);
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            int size = random.nextInt(4) == 0 ? random.nextInt(bytes.length + 1) : bytes.length;
            var payload = ByteBuffer.wrap(bytes, 0, size);
            try {
                RecordBatches.split(payload);
                RecordBatches.splitFetched(payload, true);
            } catch (InvalidBatchException refused) {
                assertThat(refused.error()).isNotNull();
            } catch (RuntimeException wrong) {
                fail("seed " + seed, wrong);
            }
            try {
                // Past the CRC: what a decoder meets that believes the header.
                for (var batch : RecordBatches.splitTrusted(payload)) {
                    batch.checkRecords(true);
                }
            } catch (InvalidBatchException refused) {
                assertThat(refused.getMessage()).isNotNull();
            } catch (RuntimeException wrong) {
                fail("seed " + seed, wrong);
            }
        }
    }

    @Test
    void kafkaUnderstandsOurTransactionMarkers() {
        var marker = new ControlRecord(ControlRecord.Type.COMMIT, 12);
        var bytes = BatchBuilder.controlBatch(1000, 5, (short) 2, marker);
        assertThat(RecordBatch.of(bytes).controlRecord()).isEqualTo(marker);
        var batch = MemoryRecords.readableRecords(bytes).batches().iterator().next();
        assertThat(batch.isControlBatch()).isTrue();
        var read = org.apache.kafka.common.record.internal.EndTransactionMarker.deserialize(
                batch.iterator().next());
        assertThat(read.coordinatorEpoch()).isEqualTo(12);
        assertThat(read.controlType().name()).isEqualTo("COMMIT");
    }

    @Test
    void stampsAreWhatKafkaReads() {
        var bytes = new BatchBuilder(Compression.ZSTD)
                .append(5, null, ByteBuffer.wrap("x".getBytes(StandardCharsets.UTF_8)))
                .build();
        var ours = RecordBatch.of(bytes);
        ours.stampLogAppendTime(77);
        ours.stamp(1234, 9);
        var batch = MemoryRecords.readableRecords(bytes).batches().iterator().next();
        batch.ensureValid();
        assertThat(batch.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
        assertThat(batch.iterator().next().timestamp()).isEqualTo(77);
        assertThat(batch.baseOffset()).isEqualTo(1234);
        assertThat(batch.partitionLeaderEpoch()).isEqualTo(9);
    }

    @Test
    void aDecompressionBombIsStoppedAtItsLimit() {
        var bytes = new BatchBuilder(Compression.ZSTD)
                .append(5, null, ByteBuffer.allocate(10_000_000))
                .build();
        try (var records = RecordBatch.of(bytes).records(1_000_000)) {
            records.next();
            fail("not stopped");
        } catch (InvalidBatchException refused) {
            assertThat(refused.getMessage()).contains("decompresses to more than");
        }
    }

    @Test
    void sequencesWrapAtTheEndOfTheInts() {
        assertThat(RecordBatch.advanceSequence(Integer.MAX_VALUE, 1)).isEqualTo(0);
        assertThat(RecordBatch.advanceSequence(Integer.MAX_VALUE - 1, 3)).isEqualTo(1);
    }
}
