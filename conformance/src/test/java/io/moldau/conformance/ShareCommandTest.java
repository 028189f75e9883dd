package io.moldau.conformance;

import static io.moldau.conformance.Sharing.GROUP;
import static io.moldau.conformance.Sharing.TOPIC;
import static io.moldau.conformance.Sharing.admin;
import static io.moldau.conformance.Sharing.awaitStart;
import static io.moldau.conformance.Sharing.jobs;
import static io.moldau.conformance.Sharing.produce;
import static io.moldau.conformance.Sharing.producer;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.moldau.client.ClientSettings;
import io.moldau.client.Cluster;
import io.moldau.client.ReceivedRecord;
import io.moldau.client.ShareReader;
import io.moldau.environment.Environment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `moldau consume --share`, and the reader behind it.
@Timeout(180)
class ShareCommandTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private static List<String> consume(RunningNode node, int count) throws Exception {
        return Programs.run(NodeProcess.command(
                        "consume", TOPIC, "--share", GROUP, "--count", Integer.toString(count), "-b", node.bootstrap()))
                .lines()
                .toList();
    }

    @Test
    void whatWasPrintedIsDoneAndTheRestIsLeftToOthers() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1)) {
            produce(node.bootstrap(), 0, 20);
            assertThat(consume(node, 12)).isEqualTo(jobs(0, 12));
            awaitStart(admin, 12);
            assertThat(consume(node, 8)).isEqualTo(jobs(12, 20));
            awaitStart(admin, 20);
        }
    }

    @Test
    void twoOfThemShareOnePartition() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1);
                var one = RunningCommand.start(
                        directory.resolve("one.out"), "consume", TOPIC, "--share", GROUP, "-b", node.bootstrap());
                var two = RunningCommand.start(
                        directory.resolve("two.out"), "consume", TOPIC, "--share", GROUP, "-b", node.bootstrap())) {
            int sent = 0;
            while (one.lines().isEmpty() || two.lines().isEmpty()) {
                produce(node.bootstrap(), sent, sent + 50);
                sent += 50;
            }
            awaitStart(admin, sent);
            assertThat(one.stop()).isEqualTo(143);
            assertThat(two.stop()).isEqualTo(143);
            var read = new ArrayList<>(one.lines());
            read.addAll(two.lines());
            assertThat(read).containsExactlyInAnyOrderElementsOf(jobs(0, sent));
            assertThat(admin.describeShareGroups(List.of(GROUP)).all().get().values())
                    .allSatisfy(group -> assertThat(group.members()).isEmpty());
        }
    }

    @Test
    void aKilledOneLosesNothing() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1)) {
            var read = new HashSet<String>();
            int sent = 0;
            for (int round = 0; round < 3; round++) {
                try (var killed = RunningCommand.start(
                        directory.resolve("killed" + round),
                        "consume",
                        TOPIC,
                        "--share",
                        GROUP,
                        "-b",
                        node.bootstrap())) {
                    while (killed.lines().isEmpty()) {
                        produce(node.bootstrap(), sent, sent + 100);
                        sent += 100;
                    }
                    killed.kill();
                    read.addAll(killed.lines());
                }
            }
            var all = jobs(0, sent);
            try (var last = RunningCommand.start(
                    directory.resolve("last"), "consume", TOPIC, "--share", GROUP, "-b", node.bootstrap())) {
                awaitStart(admin, sent);
                await().atMost(PATIENCE).until(() -> {
                    read.addAll(last.lines());
                    return read.containsAll(all);
                });
            }
            // A kill may cut a line in two, which comes again as a whole.
            assertThat(read).containsAll(all);
        }
    }

    @Test
    void aKilledNodeIsWaitedFor() throws Exception {
        try (var node = NodeProcess.start(directory.resolve("data"));
                var admin = admin(node.bootstrap(), 1);
                var command = RunningCommand.start(
                        directory.resolve("out"), "consume", TOPIC, "--share", GROUP, "-b", node.bootstrap())) {
            produce(node.bootstrap(), 0, 50);
            await().atMost(PATIENCE).until(() -> command.lines().containsAll(jobs(0, 50)));
            node.killAndRestart();
            produce(node.bootstrap(), 50, 100);
            await().atMost(PATIENCE).until(() -> command.lines().containsAll(jobs(0, 100)));
            awaitStart(admin, 100);
            assertThat(command.process().isAlive()).isTrue();
        }
    }

    /// Like `moldau consume … | head`: the reader goes, and what it did not see comes again.
    @Test
    void whatNobodyCanSeeIsNotAccepted() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1)) {
            var process = new ProcessBuilder(
                            NodeProcess.command("consume", TOPIC, "--share", GROUP, "-b", node.bootstrap()))
                    .redirectErrorStream(false)
                    .start();
            try {
                process.getInputStream().close();
                await().atMost(PATIENCE)
                        .until(() -> admin.listGroups().all().get().size() == 1);
                produce(node.bootstrap(), 0, 5);
                var said = new String(process.getErrorStream().readAllBytes(), UTF_8);
                assertThat(process.waitFor()).as(said).isEqualTo(1);
                assertThat(said).contains("standard output was closed");
            } finally {
                process.destroyForcibly();
            }
            assertThat(consume(node, 5)).isEqualTo(jobs(0, 5));
        }
    }

    @Test
    void aTopicThatIsNotThereIsNamed() throws Exception {
        try (var node = RunningNode.in(directory)) {
            try (var command = RunningCommand.start(
                    directory.resolve("out"), "consume", "nowhere", "--share", GROUP, "-b", node.bootstrap())) {
                assertThat(command.process().waitFor()).isEqualTo(1);
                assertThat(command.lines()).anyMatch(line -> line.contains("There is no topic 'nowhere'"));
            }
        }
    }

    @Test
    void recordsThatWereNotAcceptedComeAgainAndMarkersDoNotStandInTheWay() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1)) {
            try (var producer = producer(node.bootstrap(), Map.of("transactional.id", "tx"))) {
                producer.initTransactions();
                for (int round = 0; round < 3; round++) {
                    producer.beginTransaction();
                    producer.send(new ProducerRecord<>(TOPIC, 0, null, "job " + round))
                            .get();
                    producer.commitTransaction();
                }
            }
            var settings = ClientSettings.of(Environment.real(), node.bootstrap(), "reader");
            try (var cluster = new Cluster(settings);
                    var reader = new ShareReader(cluster, GROUP, List.of(TOPIC))) {
                var first = read(reader, 3);
                assertThat(values(first)).isEqualTo(jobs(0, 3));
                assertThat(reader.accept(first.subList(0, 2))).isEmpty();
            }
            try (var cluster = new Cluster(settings);
                    var reader = new ShareReader(cluster, GROUP, List.of(TOPIC))) {
                var again = read(reader, 1);
                assertThat(values(again)).isEqualTo(jobs(2, 3));
                assertThat(reader.accept(again)).isEmpty();
                // The marker behind the last record is passed over when more is asked for.
                assertThat(reader.poll(200, 1)).isEmpty();
                assertThat(reader.accept(List.of())).isEmpty();
                awaitStart(admin, 6);
            }
        }
    }

    private static List<ReceivedRecord> read(ShareReader reader, int count) {
        var records = new ArrayList<ReceivedRecord>();
        await().atMost(PATIENCE).until(() -> {
            records.addAll(reader.poll(200, count - records.size()));
            return records.size() == count;
        });
        return records;
    }

    private static List<String> values(List<ReceivedRecord> records) {
        return records.stream().map(record -> text(record.value())).toList();
    }

    private static String text(@Nullable ByteBuffer bytes) {
        return bytes == null ? "" : UTF_8.decode(bytes.duplicate()).toString();
    }
}
