package io.moldau.cli;

import io.moldau.broker.Node;
import io.moldau.broker.StartupException;
import io.moldau.client.Admin;
import io.moldau.client.ClientSettings;
import io.moldau.client.Cluster;
import io.moldau.client.GroupAdmin;
import io.moldau.client.GroupReader;
import io.moldau.client.OutgoingRecord;
import io.moldau.client.Producer;
import io.moldau.client.ProducerSettings;
import io.moldau.client.Reader;
import io.moldau.client.TopicPartition;
import io.moldau.environment.Disk;
import io.moldau.environment.Environment;
import io.moldau.records.Compression;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/// `moldau train-aot`: does once, in one process, what nodes and commands do, so that the JDK can record which classes
/// and methods they need. It ends as programs do, since the recording is written at the end.
@Command(name = "train-aot", hidden = true, description = "Exercises the program for the JDK's AOT cache.")
final class TrainCommand implements Callable<Integer> {
    private static final String TOPIC = "training";
    private static final int RECORDS = 200;
    private static final int POLL_MS = 200;
    private static final int MOST_POLLS = 100;

    @Override
    public Integer call() throws StartupException, IOException {
        var environment = Environment.real();
        var directory = Path.of(
                System.getProperty("java.io.tmpdir"),
                "moldau-training-" + Long.toHexString(environment.randomness().nextLong()));
        try {
            train(environment, directory);
        } finally {
            delete(environment.disk(), directory);
        }
        System.out.println("Trained.");
        return Moldau.OK;
    }

    private static void train(Environment environment, Path directory) throws StartupException {
        var node = Node.start(
                environment, Map.of("log.dirs", directory.toString(), "listeners", "PLAINTEXT://127.0.0.1:0"));
        try {
            var settings = ClientSettings.of(
                    environment, "127.0.0.1:" + node.address().getPort(), "moldau-training");
            try (var cluster = new Cluster(settings)) {
                var admin = new Admin(cluster);
                admin.createTopic(TOPIC, 1, -1, Map.of());
                produce(settings, ProducerSettings.DEFAULTS);
                produce(settings, ProducerSettings.DEFAULTS.compression(Compression.GZIP));
                read(cluster);
                readInGroup(cluster);
                var _ = new GroupAdmin(cluster).list();
                cluster.refresh(List.of(), false);
            }
        } finally {
            node.close();
        }
    }

    private static void produce(ClientSettings client, ProducerSettings settings) {
        try (var producer = new Producer(client, settings)) {
            for (int number = 0; number < RECORDS; number++) {
                var bytes = ("record " + number).getBytes(StandardCharsets.UTF_8);
                var _ = producer.send(OutgoingRecord.of(TOPIC, ByteBuffer.wrap(bytes), ByteBuffer.wrap(bytes)));
            }
            producer.flush();
        }
    }

    private static void read(Cluster cluster) {
        var reader = new Reader(cluster);
        reader.assign(Map.of(new TopicPartition(TOPIC, 0), 0L));
        int count = 0;
        for (int polls = 0; count < 2 * RECORDS && polls < MOST_POLLS; polls++) {
            count += reader.poll(POLL_MS).size();
        }
        enough(count);
    }

    private static void readInGroup(Cluster cluster) {
        try (var reader = new GroupReader(cluster, "training", List.of(TOPIC), Admin.EARLIEST)) {
            int count = 0;
            for (int polls = 0; count < 2 * RECORDS && polls < MOST_POLLS; polls++) {
                count += reader.poll(POLL_MS).size();
            }
            reader.commit();
            enough(count);
        }
    }

    private static void enough(int count) {
        if (count < 2 * RECORDS) {
            throw new CommandFailure("read back " + count + " of " + 2 * RECORDS + " records");
        }
    }

    private static void delete(Disk disk, Path path) throws IOException {
        if (!disk.exists(path)) {
            return;
        }
        List<String> inside;
        try {
            inside = disk.list(path);
        } catch (NotDirectoryException file) {
            inside = List.of();
        }
        for (var name : inside) {
            delete(disk, path.resolve(name));
        }
        disk.deleteIfExists(path);
    }
}
