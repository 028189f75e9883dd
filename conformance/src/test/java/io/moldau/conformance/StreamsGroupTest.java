package io.moldau.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.ListStreamsGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.StreamsGroupDescription;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Kafka Streams counts words with `group.protocol=streams` (KIP-1071): two instances share the tasks, one stops, the
/// other takes over, and no word is lost.
class StreamsGroupTest {
    private static final String GROUP = "word-count";

    @TempDir
    Path directory;

    @Test
    void twoInstancesCountWordsAndOneTakesOverFromTheOther() throws Exception {
        try (var node = RunningNode.in(
                        directory.resolve("node"), Map.of("group.streams.initial.rebalance.delay.ms", "0"));
                var admin = Admin.create(Map.<String, Object>of("bootstrap.servers", node.bootstrap()))) {
            admin.createTopics(List.of(new NewTopic("lines", 4, (short) 1), new NewTopic("counts", 1, (short) 1)))
                    .all()
                    .get();
            var group = new ConfigResource(ConfigResource.Type.GROUP, GROUP);
            var standby =
                    new AlterConfigOp(new ConfigEntry("streams.num.standby.replicas", "1"), AlterConfigOp.OpType.SET);
            admin.incrementalAlterConfigs(Map.of(group, List.of(standby))).all().get();
            var expected = new TreeMap<String, Long>();
            say(node.bootstrap(), expected, 0);
            var first = instance(node.bootstrap(), "first");
            var second = instance(node.bootstrap(), "second");
            try (first;
                    second) {
                first.start();
                second.start();
                // The group is there when the first of them has come.
                await().atMost(Duration.ofSeconds(90))
                        .ignoreExceptionsMatching(thrown -> thrown.getCause() instanceof GroupIdNotFoundException)
                        .until(() -> isShared(describe(admin)));
                var described = describe(admin);
                assertThat(described.subtopologies()).hasSize(2);
                assertThat(admin.listGroups(ListGroupsOptions.forStreamsGroups())
                                .all()
                                .get())
                        .singleElement()
                        .satisfies(one -> {
                            assertThat(one.groupId()).isEqualTo(GROUP);
                            assertThat(one.type()).contains(GroupType.STREAMS);
                        });
                assertThat(Programs.run(NodeProcess.command("groups", "describe", GROUP, "-b", node.bootstrap())))
                        .contains("type      streams", "state     Stable", "members   2")
                        .containsPattern("lines +3 .* first-\\S+|lines +3 .* second-\\S+");
                say(node.bootstrap(), expected, 1);
                first.close(Duration.ofSeconds(20));
                say(node.bootstrap(), expected, 2);
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> counted(node.bootstrap()).equals(expected));
                assertThat(describe(admin).members()).hasSize(1);
                assertThat(admin.listStreamsGroupOffsets(Map.of(GROUP, new ListStreamsGroupOffsetsSpec()))
                                .partitionsToOffsetAndMetadata(GROUP)
                                .get())
                        .isNotEmpty();
            }
            admin.deleteStreamsGroups(List.of(GROUP)).all().get();
            assertThat(admin.listGroups().all().get()).isEmpty();
        }
    }

    private static StreamsGroupDescription describe(Admin admin) throws Exception {
        var described = admin.describeStreamsGroups(List.of(GROUP)).all().get().get(GROUP);
        return Objects.requireNonNull(described, "the group that was asked for");
    }

    private static boolean isShared(StreamsGroupDescription group) {
        return group.groupState() == GroupState.STABLE
                && group.members().size() == 2
                && group.members().stream()
                        .noneMatch(member -> member.assignment().activeTasks().isEmpty()
                                || member.assignment().standbyTasks().isEmpty());
    }

    private KafkaStreams instance(String bootstrap, String name) {
        var builder = new StreamsBuilder();
        builder.<String, String>stream("lines")
                .flatMapValues(line -> List.of(line.toLowerCase(Locale.ROOT).split(" ", -1)))
                .groupBy((key, word) -> word)
                .count(Materialized.as("words"))
                .toStream()
                .to("counts", Produced.with(Serdes.String(), Serdes.Long()));
        var settings = new Properties();
        settings.putAll(Map.of(
                "application.id",
                GROUP,
                "bootstrap.servers",
                bootstrap,
                "group.protocol",
                "streams",
                "client.id",
                name,
                "state.dir",
                directory.resolve(name).toString(),
                "application.server",
                name + ":80",
                "commit.interval.ms",
                "100",
                "default.key.serde",
                Serdes.StringSerde.class.getName(),
                "default.value.serde",
                Serdes.StringSerde.class.getName(),
                "auto.offset.reset",
                "earliest"));
        return new KafkaStreams(builder.build(), settings);
    }

    private static void say(String bootstrap, Map<String, Long> expected, int round) throws Exception {
        try (var producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrap), new StringSerializer(), new StringSerializer())) {
            var sent = new ArrayList<Future<?>>();
            for (int i = 0; i < 200; i++) {
                var line = "the word" + i % 17 + " of round" + round;
                for (var word : line.split(" ", -1)) {
                    expected.merge(word, 1L, Long::sum);
                }
                sent.add(producer.send(new ProducerRecord<>("lines", i % 4, "", line)));
            }
            for (var one : sent) {
                one.get();
            }
        }
    }

    private static Map<String, Long> counted(String bootstrap) {
        var settings = Map.<String, Object>of(
                "bootstrap.servers",
                bootstrap,
                "group.id",
                "reader",
                "auto.offset.reset",
                "earliest",
                "enable.auto.commit",
                "false");
        var counts = new HashMap<String, Long>();
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new LongDeserializer())) {
            var partition = new TopicPartition("counts", 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(100)).forEach(one -> counts.put(one.key(), one.value()));
            }
        }
        return counts;
    }
}
