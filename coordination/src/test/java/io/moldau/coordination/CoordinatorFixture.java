package io.moldau.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.MetadataRecord;
import io.moldau.metadata.PartitionImage;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.replication.AppendOutcome;
import io.moldau.replication.Partition;
import io.moldau.replication.Partitions;
import io.moldau.replication.TransactionMarker;
import io.moldau.storage.Durability;
import io.moldau.storage.LogDirectories;
import io.moldau.storage.LogDirectorySettings;
import io.moldau.storage.LogSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// A coordinator of a small dictionary, on a simulated machine that can be killed and started again.
final class CoordinatorFixture {
    private static final Path DATA = Path.of("/data");
    private static final String TOPIC = "__words";
    private static final Uuid TOPIC_ID = new Uuid(5, 5);
    private static final MetadataImage IMAGE = MetadataImage.EMPTY.replay(List.of(
            new MetadataRecord.TopicCreated(TOPIC, TOPIC_ID),
            new MetadataRecord.PartitionChanged(TOPIC_ID, new PartitionImage(0, List.of(0), List.of(0), 0, 0, 0))));

    /// The size of a segment: larger batches are refused.
    static final int MAX_BATCH_BYTES = 2_000;

    /// Words and what they mean.
    static final class Dictionary implements CoordinatedState {
        final Map<String, String> words = new TreeMap<>();
        /// By producer, what its transaction will say if it is committed.
        final Map<Long, Map<String, String>> pending = new TreeMap<>();
        final List<ErrorCode> discarded = new ArrayList<>();
        final Schedule schedule;
        int loaded;

        Dictionary(Schedule schedule) {
            this.schedule = schedule;
        }

        @Override
        public void replay(Entry entry) {
            var value = entry.value();
            if (value == null) {
                words.remove(text(entry.key()));
            } else {
                words.put(text(entry.key()), text(value));
            }
        }

        @Override
        public void replayPending(long producerId, Entry entry) {
            pending.computeIfAbsent(producerId, id -> new TreeMap<>())
                    .put(text(entry.key()), text(Objects.requireNonNull(entry.value())));
        }

        @Override
        public void replayEnd(long producerId, boolean commit) {
            var said = pending.remove(producerId);
            if (commit && said != null) {
                words.putAll(said);
            }
        }

        @Override
        public void loaded(Schedule schedule, Effects effects) {
            loaded++;
        }

        @Override
        public void discarded(ErrorCode error) {
            discarded.add(error);
        }
    }

    final SimulatedWorld world;
    /// The states that the coordinators had, the one of now last.
    final List<Dictionary> lives = new ArrayList<>();
    private LogDirectories directories;
    private Partitions partitions;
    private Partition partition;
    private Coordinator<Dictionary> coordinator;

    CoordinatorFixture(long seed) throws IOException {
        world = SimulatedWorld.of(seed);
        directories = openDirectories();
        partitions = openPartitions(directories);
        partition = partitions.partition(TOPIC, 0).orElseThrow();
        coordinator = newCoordinator(lives);
    }

    private LogDirectories openDirectories() throws IOException {
        return LogDirectories.open(world.environment(), List.of(DATA), LogDirectorySettings.DEFAULTS);
    }

    private Partitions openPartitions(LogDirectories directories) {
        var opened = new Partitions(
                directories,
                (all, topic) ->
                        LogSettings.of(it -> it.durability(Durability.DISK).segmentBytes(MAX_BATCH_BYTES)));
        opened.open(IMAGE);
        world.threads().runAll();
        return opened;
    }

    private Coordinator<Dictionary> newCoordinator(List<Dictionary> lives) {
        return new Coordinator<>(partition, world.environment(), schedule -> {
            var dictionary = new Dictionary(schedule);
            lives.add(dictionary);
            return dictionary;
        });
    }

    private void reopen() throws IOException {
        directories = openDirectories();
        partitions = openPartitions(directories);
        partition = partitions.partition(TOPIC, 0).orElseThrow();
        coordinator = newCoordinator(lives);
    }

    void killAndReopen() throws IOException {
        world.kill();
        reopen();
    }

    void powerCutAndReopen() throws IOException {
        world.powerCut();
        reopen();
    }

    /// The state of a coordinator that has read the log and nothing else.
    Dictionary stateOnceReplayed() {
        settle();
        var read = new ArrayList<Dictionary>();
        var reader = newCoordinator(read);
        settle();
        reader.close();
        assertThat(read).hasSize(1);
        return read.getFirst();
    }

    Coordinator<Dictionary> coordinator() {
        return coordinator;
    }

    Partition partition() {
        return partition;
    }

    void deleteTopic() {
        partitions.changed(List.of(new MetadataRecord.TopicDeleted(TOPIC_ID)), MetadataImage.EMPTY);
    }

    /// Lets everything happen that can happen now.
    void settle() {
        world.threads().runAll();
    }

    /// What became of one operation: empty until it is answered, then exactly one text.
    List<String> put(String word, String meaning) {
        var outcome = new ArrayList<String>();
        coordinator.submit(
                (dictionary, effects) -> {
                    effects.append(entry(word, meaning));
                    effects.whenCommitted(() -> outcome.add("done"));
                    effects.whenFailed(error -> outcome.add(error.name()));
                },
                error -> outcome.add(error.name()));
        return outcome;
    }

    /// The same in a producer's transaction.
    List<String> putPending(long producer, int epoch, String word, String meaning) {
        var outcome = new ArrayList<String>();
        coordinator.submit(
                (dictionary, effects) -> {
                    effects.inTransaction(producer, (short) epoch);
                    effects.append(entry(word, meaning));
                    effects.whenCommitted(() -> outcome.add("done"));
                    effects.whenFailed(error -> outcome.add(error.name()));
                },
                error -> outcome.add(error.name()));
        return outcome;
    }

    List<String> end(long producer, int epoch, int version, boolean commit) {
        var outcome = new ArrayList<String>();
        coordinator.endTransaction(
                new TransactionMarker(producer, (short) epoch, 0, commit, version),
                answer -> outcome.add(
                        switch (answer) {
                            case AppendOutcome.Acknowledged acknowledged -> "done";
                            case AppendOutcome.Refused refused ->
                                refused.error().name();
                        }));
        return outcome;
    }

    /// What the state says of a word, told when everything that it rests on is committed.
    List<String> look(String word) {
        var outcome = new ArrayList<String>();
        coordinator.submit(
                (dictionary, effects) -> {
                    var meaning = dictionary.words.getOrDefault(word, "?");
                    effects.whenCommitted(() -> outcome.add(meaning));
                    effects.whenFailed(error -> outcome.add(error.name()));
                },
                error -> outcome.add(error.name()));
        return outcome;
    }

    /// An operation whose batch the log refuses.
    List<String> putTooMuch(String word) {
        return put(word, "x".repeat(MAX_BATCH_BYTES));
    }

    static Entry entry(String word, String meaning) {
        return new Entry(bytes(word), bytes(meaning));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }
}
