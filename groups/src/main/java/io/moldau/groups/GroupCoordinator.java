package io.moldau.groups;

import io.moldau.coordination.Coordinator;
import io.moldau.coordination.Effects;
import io.moldau.environment.DecisionJournal;
import io.moldau.environment.Environment;
import io.moldau.groups.share.ShareProtocol;
import io.moldau.groups.share.ShareStates;
import io.moldau.protocol.ErrorCode;
import io.moldau.replication.AppendOutcome;
import io.moldau.replication.Partition;
import io.moldau.replication.Partitions;
import io.moldau.replication.TransactionMarker;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Finds the shard that a group lives in, and runs operations there. One coordinator for each partition of
/// `__consumer_offsets` on this node, loaded when the partition opens.
public final class GroupCoordinator implements Partitions.Listener {
    public static final String TOPIC = "__consumer_offsets";

    private final Environment environment;
    private final GroupSettings settings;
    private final Topics topics;
    private final GroupConfigs configs;
    private final Supplier<String> uniqueText;
    private final DecisionJournal journal;
    private final ShareStates shareStates;
    private final Map<Integer, Coordinator<GroupShard>> shards = new ConcurrentHashMap<>();

    /// @param uniqueText gives texts that nobody else has, for member ids
    /// @param journal told what the groups were decided, and why
    public GroupCoordinator(
            Environment environment,
            GroupSettings settings,
            Topics topics,
            GroupConfigs configs,
            Supplier<String> uniqueText,
            ShareStates shareStates,
            DecisionJournal journal) {
        this.environment = environment;
        this.settings = settings;
        this.topics = topics;
        this.configs = configs;
        this.uniqueText = uniqueText;
        this.journal = journal;
        this.shareStates = shareStates;
    }

    Topics topics() {
        return topics;
    }

    ShareStates shareStates() {
        return shareStates;
    }

    private void deleteShareStates(String groupId) {
        deleteShareStates(groupId, error -> {});
    }

    /// Deletes the share states that the group wants deleted; what fails is tried again when topics change.
    void deleteShareStates(String groupId, Consumer<ErrorCode> done) {
        on(
                groupId,
                (shard, effects) -> {
                    var parts = shard.share().ledger().deleting(groupId);
                    if (parts.isEmpty()) {
                        effects.whenCommitted(() -> done.accept(ErrorCode.NONE));
                        effects.whenFailed(done);
                        return;
                    }
                    shareStates.delete(groupId, parts, error -> {
                        if (error != ErrorCode.NONE) {
                            done.accept(error);
                            return;
                        }
                        on(
                                groupId,
                                (later, more) -> {
                                    later.share().ledger().deleted(groupId, parts, more);
                                    more.whenCommitted(() -> done.accept(ErrorCode.NONE));
                                    more.whenFailed(done);
                                },
                                done);
                    });
                },
                done);
    }

    GroupSettings settings() {
        return settings;
    }

    long nowMs() {
        return environment.clock().wallMs();
    }

    @Override
    public void opened(Partition partition) {
        if (partition.id().topic().equals(TOPIC)) {
            shards.put(partition.id().partition(), shard(partition));
        }
    }

    private Coordinator<GroupShard> shard(Partition partition) {
        Explanations explanations = (groupId, what) -> journal.note(DecisionJournal.Kind.GROUP, groupId, what);
        return new Coordinator<>(
                partition,
                environment,
                schedule -> new GroupShard(
                        settings,
                        schedule,
                        topics,
                        configs,
                        uniqueText,
                        explanations,
                        new ShareProtocol(shareStates, schedule, topics, explanations, this::deleteShareStates)));
    }

    /// Its groups are nowhere until the node is restarted: members are told to look for their coordinator.
    @Override
    public void offline(Partition partition) {
        if (partition.id().topic().equals(TOPIC)) {
            Optional.ofNullable(shards.remove(partition.id().partition())).ifPresent(Coordinator::close);
        }
    }

    @Override
    public void retired(Partition partition) {
        if (partition.id().topic().equals(TOPIC)) {
            Optional.ofNullable(shards.remove(partition.id().partition())).ifPresent(Coordinator::close);
        } else if (partition.id().partition() == 0) {
            // Partitions retire with their topic, and every topic has a partition 0.
            topicDeleted(partition.id().topic());
        }
    }

    /// Runs `operation` where the group lives; `refused` is told if that is not possible now.
    void on(String groupId, BiConsumer<GroupShard, Effects> operation, Consumer<ErrorCode> refused) {
        int count = topics.partitions(TOPIC);
        var shard = count == 0 ? null : shards.get(partitionOf(groupId, count));
        if (shard == null) {
            refused.accept(count == 0 ? ErrorCode.COORDINATOR_NOT_AVAILABLE : ErrorCode.NOT_COORDINATOR);
        } else {
            shard.submit(operation, refused);
        }
    }

    /// Ends a producer's transaction on a partition of `__consumer_offsets`: its pending offsets are committed, or
    /// vanish.
    ///
    /// @param done told once, on any thread, when the marker keeps the topic's promise
    public void endTransaction(int offsetsPartition, TransactionMarker marker, Consumer<AppendOutcome> done) {
        var shard = shards.get(offsetsPartition);
        if (shard == null) {
            done.accept(new AppendOutcome.Refused(
                    ErrorCode.NOT_COORDINATOR, TOPIC + "-" + offsetsPartition + " is not on this node"));
        } else {
            shard.endTransaction(marker, done);
        }
    }

    /// Runs `operation` on every shard of this node.
    void onEach(BiConsumer<GroupShard, Effects> operation, Runnable refused) {
        shards.values().forEach(shard -> shard.submit(operation, error -> refused.run()));
    }

    int shardCount() {
        return shards.size();
    }

    /// A topic was deleted: so are the offsets committed for it.
    public void topicDeleted(String topic) {
        onEach((shard, effects) -> shard.offsets().deleteTopic(topic, effects), () -> {});
    }

    /// Topics were created, deleted or given more partitions.
    public void topicsChanged() {
        onEach(
                (shard, effects) -> {
                    shard.consumer().topicsChanged(effects);
                    shard.streams().topicsChanged(effects);
                    shard.share().topicsChanged(effects);
                },
                () -> {});
    }

    /// Kafka's rule, by the hash that Java defines for strings.
    public static int partitionOf(String groupId, int partitions) {
        int hash = groupId.hashCode();
        return (hash == Integer.MIN_VALUE ? 0 : Math.abs(hash)) % partitions;
    }
}
