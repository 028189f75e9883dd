package io.moldau.shares;

import io.moldau.coordination.Coordinator;
import io.moldau.coordination.Effects;
import io.moldau.environment.Environment;
import io.moldau.protocol.ErrorCode;
import io.moldau.replication.Partition;
import io.moldau.replication.Partitions;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/// Keeps share states: one coordinator for each partition of `__share_group_state` on this node, loaded when the
/// partition opens. Each answer comes once, on any thread, when what it says is in the log.
public final class ShareCoordinator implements Partitions.Listener {
    public static final String TOPIC = "__share_group_state";

    /// A share state, or why there is none to give.
    public record Found(ErrorCode error, Optional<ShareState> state) {}

    private final Environment environment;
    private final int updatesPerSnapshot;
    private final IntSupplier partitionCount;
    private final Map<Integer, Coordinator<ShareShard>> shards = new ConcurrentHashMap<>();

    /// @param updatesPerSnapshot `share.coordinator.snapshot.update.records.per.snapshot`
    /// @param partitionCount partitions of `__share_group_state`; 0 if there is no such topic yet
    public ShareCoordinator(Environment environment, int updatesPerSnapshot, IntSupplier partitionCount) {
        this.environment = environment;
        this.updatesPerSnapshot = updatesPerSnapshot;
        this.partitionCount = partitionCount;
    }

    @Override
    public void opened(Partition partition) {
        if (partition.id().topic().equals(TOPIC)) {
            shards.put(
                    partition.id().partition(),
                    new Coordinator<>(
                            partition, environment, schedule -> new ShareShard(schedule, updatesPerSnapshot)));
        }
    }

    @Override
    public void offline(Partition partition) {
        retired(partition);
    }

    @Override
    public void retired(Partition partition) {
        if (partition.id().topic().equals(TOPIC)) {
            Optional.ofNullable(shards.remove(partition.id().partition())).ifPresent(Coordinator::close);
        }
    }

    /// A share-partition begins, or begins anew.
    ///
    /// @param startOffset -1 if the first reader shall decide
    public void initialise(ShareKey key, int stateEpoch, long startOffset, Consumer<ErrorCode> done) {
        change(key, (shard, effects) -> shard.initialise(key, stateEpoch, startOffset, effects), done);
    }

    /// The same, but a state that is there stays as it is.
    public void ensure(ShareKey key, int stateEpoch, long startOffset, Consumer<ErrorCode> done) {
        change(
                key,
                (shard, effects) -> shard.state(key).isPresent()
                        ? ErrorCode.NONE
                        : shard.initialise(key, stateEpoch, startOffset, effects),
                done);
    }

    /// The state, for the partition's leader: earlier leaders write no more.
    public void read(ShareKey key, int leaderEpoch, Consumer<Found> answer) {
        on(
                key,
                (shard, effects) -> {
                    var error = shard.read(key, leaderEpoch, effects);
                    var state = error == ErrorCode.NONE ? shard.state(key) : Optional.<ShareState>empty();
                    effects.whenCommitted(() -> answer.accept(new Found(error, state)));
                    effects.whenFailed(failure -> answer.accept(new Found(failure, Optional.empty())));
                },
                error -> answer.accept(new Found(error, Optional.empty())));
    }

    /// The state, for anybody; empty if there is none.
    public void look(ShareKey key, Consumer<Found> answer) {
        on(
                key,
                (shard, effects) -> {
                    var state = shard.state(key);
                    effects.whenCommitted(() -> answer.accept(new Found(ErrorCode.NONE, state)));
                    effects.whenFailed(failure -> answer.accept(new Found(failure, Optional.empty())));
                },
                error -> answer.accept(new Found(error, Optional.empty())));
    }

    public void write(ShareKey key, ShareWrite write, Consumer<ErrorCode> done) {
        change(key, (shard, effects) -> shard.write(key, write, effects), done);
    }

    /// Forgets the state; nothing happens if there is none.
    public void delete(ShareKey key, Consumer<ErrorCode> done) {
        change(
                key,
                (shard, effects) -> {
                    shard.delete(key, effects);
                    return ErrorCode.NONE;
                },
                done);
    }

    private interface Change {
        ErrorCode on(ShareShard shard, Effects effects);
    }

    private void change(ShareKey key, Change change, Consumer<ErrorCode> done) {
        on(
                key,
                (shard, effects) -> {
                    var error = change.on(shard, effects);
                    effects.whenCommitted(() -> done.accept(error));
                    effects.whenFailed(done);
                },
                done);
    }

    private void on(ShareKey key, BiConsumer<ShareShard, Effects> operation, Consumer<ErrorCode> refused) {
        int count = partitionCount.getAsInt();
        var shard = count == 0 ? null : shards.get(partitionOf(key, count));
        if (shard == null) {
            refused.accept(count == 0 ? ErrorCode.COORDINATOR_NOT_AVAILABLE : ErrorCode.NOT_COORDINATOR);
        } else {
            shard.submit(operation, refused);
        }
    }

    /// Kafka's rule, by the hash that Java defines for strings.
    static int partitionOf(ShareKey key, int partitions) {
        int hash = key.text().hashCode();
        return (hash == Integer.MIN_VALUE ? 0 : Math.abs(hash)) % partitions;
    }
}
