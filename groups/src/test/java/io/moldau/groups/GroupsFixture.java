package io.moldau.groups;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.DecisionJournal;
import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.groups.share.ShareGroupSettings;
import io.moldau.groups.share.ShareStates;
import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.MetadataRecord;
import io.moldau.metadata.PartitionImage;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.ConsumerGroupDescribeResponse;
import io.moldau.protocol.message.DescribeGroupsResponse;
import io.moldau.replication.Partitions;
import io.moldau.storage.Cleaner;
import io.moldau.storage.CleanerSettings;
import io.moldau.storage.Durability;
import io.moldau.storage.LogDirectories;
import io.moldau.storage.LogDirectorySettings;
import io.moldau.storage.LogSettings;
import io.moldau.storage.PartitionId;
import io.moldau.storage.PartitionLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A node that keeps groups, on a simulated machine that can be killed and started again.
final class GroupsFixture {
    private static final Path DATA = Path.of("/data");
    private static final Uuid OFFSETS_ID = new Uuid(7, 7);
    /// As the internal topic is, only smaller: every test also shows that compaction takes nothing away.
    private static LogSettings compacted(int segmentBytes) {
        return LogSettings.of(it -> it.durability(Durability.DISK)
                .cleanupCompact(true)
                .cleanupDelete(false)
                .segmentBytes(segmentBytes)
                .minCleanableDirtyRatio(0.01)
                .deleteRetentionMs(3000));
    }

    private static final CleanerSettings CLEANING = new CleanerSettings(1, 1 << 20, Double.MAX_VALUE, 2000, 2000);

    /// What was answered, once.
    static final class Answer<T> implements Consumer<T> {
        private final List<T> given = new ArrayList<>();

        @Override
        public void accept(T answer) {
            given.add(answer);
        }

        boolean isGiven() {
            return !given.isEmpty();
        }

        T get() {
            assertThat(given).as("one answer").hasSize(1);
            return given.getFirst();
        }
    }

    /// Topics as the test says.
    static final class GivenTopics implements Topics {
        private final Map<String, Uuid> ids = new TreeMap<>();
        private final Map<String, Integer> counts = new TreeMap<>();

        void put(String name, int partitions) {
            ids.computeIfAbsent(name, topic -> new Uuid(1, topic.hashCode()));
            counts.put(name, partitions);
        }

        void remove(String name) {
            ids.remove(name);
            counts.remove(name);
        }

        @Override
        public Optional<String> name(Uuid id) {
            return ids.keySet().stream()
                    .filter(name -> id.equals(ids.get(name)))
                    .findFirst();
        }

        @Override
        public Optional<Uuid> id(String name) {
            return Optional.ofNullable(ids.get(name));
        }

        @Override
        public int partitions(String name) {
            return counts.getOrDefault(name, 0);
        }

        @Override
        public Collection<String> names() {
            return ids.keySet();
        }
    }

    /// Share states that are made and deleted at once.
    private final class SharesNowhere implements ShareStates {
        @Override
        public ShareGroupSettings settings(String group) {
            var defaults = ShareGroupSettings.DEFAULTS;
            return new ShareGroupSettings(
                    defaults.sessionTimeoutMs(),
                    defaults.heartbeatIntervalMs(),
                    configs.getOrDefault("share.assignment.interval.ms", 0),
                    defaults.maxSize());
        }

        @Override
        public void ensure(String group, int stateEpoch, List<Start> starts, Consumer<ErrorCode> done) {
            NONE.ensure(group, stateEpoch, starts, done);
        }

        @Override
        public void reset(String group, int stateEpoch, List<Start> starts, Consumer<List<ErrorCode>> done) {
            NONE.reset(group, stateEpoch, starts, done);
        }

        @Override
        public void delete(String group, List<Part> parts, Consumer<ErrorCode> done) {
            NONE.delete(group, parts, done);
        }
    }

    final SimulatedWorld world;
    final GivenTopics topics = new GivenTopics();
    final DecisionJournal journal;
    final Map<String, Integer> configs = new HashMap<>(Map.of(
            "consumer.session.timeout.ms", 45_000,
            "consumer.heartbeat.interval.ms", 5_000,
            "group.streams.max.size", Integer.MAX_VALUE,
            "streams.session.timeout.ms", 45_000,
            "streams.heartbeat.interval.ms", 5_000));
    private final GroupSettings settings;
    private final LogSettings logs;
    private final MetadataImage image = MetadataImage.EMPTY.replay(List.of(
            new MetadataRecord.TopicCreated(GroupCoordinator.TOPIC, OFFSETS_ID),
            new MetadataRecord.PartitionChanged(OFFSETS_ID, partition(0)),
            new MetadataRecord.PartitionChanged(OFFSETS_ID, partition(1))));
    private int unique;
    private @Nullable Partitions partitions;
    private GroupCoordinator coordinator;
    private Optional<LogDirectories> opened = Optional.empty();

    GroupsFixture(long seed) throws IOException {
        this(seed, GroupSettings.DEFAULTS);
    }

    GroupsFixture(long seed, GroupSettings settings) throws IOException {
        this(seed, settings, 4_000);
    }

    GroupsFixture(long seed, GroupSettings settings, int segmentBytes) throws IOException {
        this.logs = compacted(segmentBytes);
        this.world = SimulatedWorld.of(seed);
        this.settings = settings;
        this.journal = new DecisionJournal(world.environment().clock());
        topics.put(GroupCoordinator.TOPIC, 2);
        coordinator = open();
    }

    private static PartitionImage partition(int index) {
        return new PartitionImage(index, List.of(0), List.of(0), 0, 0, 0);
    }

    private GroupCoordinator open() throws IOException {
        var directories = LogDirectories.open(world.environment(), List.of(DATA), LogDirectorySettings.DEFAULTS);
        var partitions = new Partitions(directories, (all, topic) -> logs);
        new Cleaner(world.environment(), directories::logs, () -> CLEANING, (id, what) -> {}).start();
        opened = Optional.of(directories);
        var next = new GroupCoordinator(
                world.environment(),
                settings,
                topics,
                (group, name) -> configs.getOrDefault(name, 0),
                () -> "unique-" + ++unique,
                new SharesNowhere(),
                journal);
        partitions.listen(next);
        partitions.open(image);
        this.partitions = partitions;
        world.threads().runAll();
        return next;
    }

    /// `kill -9`, and a new process on the same disk.
    void killAndReopen() throws IOException {
        world.kill();
        coordinator = open();
    }

    void powerCutAndReopen() throws IOException {
        world.powerCut();
        coordinator = open();
    }

    /// The log of a partition of the internal topic.
    PartitionLog offsetsLog(int partition) {
        return opened.orElseThrow()
                .log(new PartitionId(GroupCoordinator.TOPIC, partition))
                .orElseThrow();
    }

    /// The topic that keeps the groups is deleted under them.
    void deleteOffsetsTopic() {
        Objects.requireNonNull(partitions)
                .changed(List.of(new MetadataRecord.TopicDeleted(OFFSETS_ID)), MetadataImage.EMPTY);
        settle();
    }

    GroupCoordinator coordinator() {
        return coordinator;
    }

    MembershipApi members() {
        return new MembershipApi(coordinator);
    }

    OffsetsApi offsets() {
        return new OffsetsApi(coordinator);
    }

    GroupsApi groups() {
        return new GroupsApi(coordinator);
    }

    /// Lets everything happen that can happen now.
    void settle() {
        world.threads().runAll();
    }

    /// Lets time pass, in small steps.
    void pass(long ms) {
        for (long left = ms; left > 0; left -= 100) {
            world.timers().advance(Math.min(100, left));
            settle();
        }
    }

    void topic(String name, int partitions) {
        topics.put(name, partitions);
        coordinator.topicsChanged();
        settle();
    }

    void deleteTopic(String name) {
        topics.remove(name);
        coordinator.topicsChanged();
        settle();
    }

    /// What the journal tells of a group, the oldest first.
    List<String> told(String group) {
        return journal.about(DecisionJournal.Kind.GROUP, group).stream()
                .map(DecisionJournal.Decision::what)
                .toList();
    }

    DescribeGroupsResponse.DescribedGroup described(String group) {
        var answer = new Answer<DescribeGroupsResponse.DescribedGroup>();
        groups().describe(group, new Caller("tool", "/127.0.0.1", (short) 6), answer);
        settle();
        return answer.get();
    }

    ConsumerGroupDescribeResponse.DescribedGroup describedConsumer(String group) {
        var answer = new Answer<ConsumerGroupDescribeResponse.DescribedGroup>();
        groups().describeConsumer(group, answer);
        settle();
        return answer.get();
    }
}
