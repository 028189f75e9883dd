package io.moldau.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.moldau.broker.Node;
import io.moldau.broker.StartupException;
import io.moldau.client.Admin;
import io.moldau.client.ClientSettings;
import io.moldau.client.Cluster;
import io.moldau.client.OutgoingRecord;
import io.moldau.client.Producer;
import io.moldau.client.ProducerSettings;
import io.moldau.client.Reader;
import io.moldau.client.TopicPartition;
import io.moldau.environment.Environment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/// The run from which the JDK's AOT cache is made: what a start and the first records of a client load.
final class Training {
    private static final String TOPIC = "training";
    private static final int RECORDS = 200;

    private Training() {}

    static int run() {
        try {
            var directory = Files.createTempDirectory("moldau-training");
            try {
                train(directory);
            } finally {
                delete(directory);
            }
            return 0;
        } catch (IOException | StartupException | RuntimeException failure) {
            Moldau.report(failure);
            return 1;
        }
    }

    private static void train(Path directory) throws StartupException {
        var world = Environment.real();
        NodeStart.read(new String[] {"start", "--data", "x", "--port", "1", "--set", "a=b"});
        List.of("start", "produce", "consume", "topics")
                .forEach(command -> CommandTree.commandLine(List.of(command)).getUsageMessage());
        var settings = Map.of("listeners", "PLAINTEXT://127.0.0.1:0", "log.dirs", directory.toString());
        try (var node = Node.start(world, settings)) {
            NodeStart.block(node);
            var servers = "127.0.0.1:" + node.address().getPort();
            var client = ClientSettings.of(world, servers, "training");
            try (var producer = new Producer(client, ProducerSettings.DEFAULTS)) {
                for (int count = 0; count < RECORDS; count++) {
                    var text = ByteBuffer.wrap(("record " + count).getBytes(UTF_8));
                    producer.send(OutgoingRecord.of(TOPIC, text, text)).join();
                }
            }
            try (var cluster = new Cluster(client)) {
                new Admin(cluster).offsets(Map.of(new TopicPartition(TOPIC, 0), Admin.LATEST));
                var reader = new Reader(cluster);
                reader.assign(Map.of(new TopicPartition(TOPIC, 0), 0L));
                int read = 0;
                while (read < RECORDS) {
                    read += reader.poll(100).size();
                }
            }
        }
    }

    private static void delete(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
