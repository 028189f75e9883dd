package io.moldau.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MetadataTest {
    private static final Path DATA = Path.of("/data");

    static LongStream seeds() {
        return LongStream.range(0, 100);
    }

    private final AtomicLong ids = new AtomicLong();
    private final TopicDecisions decisions = new TopicDecisions(List.of(0), () -> new Uuid(1, ids.incrementAndGet()));

    private static NewTopic wish(String name, int partitions, int factor) {
        return new NewTopic(name, partitions, factor, List.of(), Map.of());
    }

    private MetadataImage with(String... names) {
        var image = MetadataImage.EMPTY;
        for (var name : names) {
            image = image.replay(
                    decisions.create(image, List.of(wish(name, 3, 1)), false).records());
        }
        return image;
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void aPowerCutLosesNoCommittedGroupAndTheTornOneIsCut(long seed) throws IOException {
        var world = SimulatedWorld.of(seed);
        world.disk().createDirectories(DATA);
        world.disk().syncDirectory(Path.of("/"));
        var log = LocalMetadataLog.open(world.disk(), DATA);
        log.replay(records -> {});
        var committed = new ArrayList<List<MetadataRecord>>();
        for (int i = 0; i < 10; i++) {
            var group = List.<MetadataRecord>of(
                    new MetadataRecord.ProducerIdsReserved(i), new MetadataRecord.ClusterCreated("cluster-" + i));
            log.append(group);
            committed.add(group);
        }
        // A group that was half written when the power went.
        var file = world.disk().open(DATA.resolve("metadata.log"));
        file.write(ByteBuffer.allocate(40).putInt(0, 32).putInt(4, 99), file.sizeBytes());
        world.powerCut();
        for (int start = 0; start < 2; start++) {
            var again = LocalMetadataLog.open(world.disk(), DATA);
            var read = new ArrayList<List<MetadataRecord>>();
            again.replay(read::add);
            assertThat(read).isEqualTo(committed);
            var more = List.<MetadataRecord>of(new MetadataRecord.ProducerIdsReserved(100 + start));
            again.append(more);
            committed.add(more);
            world.powerCut();
        }
    }

    @Test
    void wishesThatCannotBeMetAreRefusedAndDoNotHinderOthers() {
        var image = with("orders", "a.b");
        var decision = decisions.create(
                image,
                List.of(
                        wish("orders", 1, 1),
                        wish("a_b", 1, 1),
                        wish("no/slash", 1, 1),
                        wish("none", 0, 1),
                        wish("many", 1, 2),
                        wish("good", 1, 1),
                        wish("good", 1, 1)),
                false);
        assertThat(decision.answer().stream().map(outcome -> switch (outcome) {
                    case TopicOutcome.Done done -> ErrorCode.NONE;
                    case TopicOutcome.Refused(var error, var reason) -> error;
                }))
                .containsExactly(
                        ErrorCode.TOPIC_ALREADY_EXISTS,
                        ErrorCode.INVALID_TOPIC_EXCEPTION,
                        ErrorCode.INVALID_TOPIC_EXCEPTION,
                        ErrorCode.INVALID_PARTITIONS,
                        ErrorCode.INVALID_REPLICATION_FACTOR,
                        ErrorCode.NONE,
                        ErrorCode.TOPIC_ALREADY_EXISTS);
        assertThat(image.replay(decision.records()).topics()).containsOnlyKeys("a.b", "good", "orders");
    }

    @Test
    void partitionsOnlyGrowAndOnlyOnTopicsThatExist() {
        var image = with("orders");
        for (int total : new int[] {2, 3, 100_001}) {
            assertThat(decisions
                            .addPartitions(image, "orders", total, List.of(), false, all -> true)
                            .records())
                    .isEmpty();
        }
        assertThat(decisions
                        .addPartitions(image, "nothing", 4, List.of(), false, all -> true)
                        .records())
                .isEmpty();
        assertThat(decisions
                        .addPartitions(image, "orders", 5, List.of(List.of(9), List.of(0)), false, all -> true)
                        .records())
                .isEmpty();
        assertThat(decisions
                        .addPartitions(image, "orders", 5, List.of(), false, all -> true)
                        .records())
                .hasSize(2);
    }

    @Test
    void replayingASnapshotGivesTheSameFacts() {
        var image = with("orders", "payments", "gone");
        var gone = image.topic("gone").orElseThrow().id();
        image = image.replay(List.of(
                new MetadataRecord.ClusterCreated("cluster"),
                new MetadataRecord.ProducerIdsReserved(5000),
                new MetadataRecord.ConfigChanged(ConfigResource.topic("orders"), "retention.ms", Optional.of("5")),
                new MetadataRecord.ConfigChanged(ConfigResource.topic("gone"), "retention.ms", Optional.of("5")),
                new MetadataRecord.TopicDeleted(gone)));
        var copy = MetadataImage.EMPTY.replay(MetadataRecord.snapshot(image));
        assertThat(copy.clusterId()).isEqualTo(image.clusterId());
        assertThat(copy.topics()).isEqualTo(image.topics()).doesNotContainKey("gone");
        assertThat(copy.topicsById()).isEqualTo(image.topicsById());
        assertThat(copy.configs()).isEqualTo(image.configs());
        assertThat(copy.nextProducerId()).isEqualTo(5000);
    }
}
