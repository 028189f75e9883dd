package io.moldau.shares;

import io.moldau.environment.Environment;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.replication.Partition;
import io.moldau.replication.Partitions;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The share-partitions of this node, each loaded when a member first asks for it. Any thread may ask.
public final class SharePartitions implements Partitions.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(SharePartitions.class);

    /// A share-partition, or why there is none.
    public sealed interface Found {
        record Here(SharePartition partition) implements Found {}

        record Refused(ErrorCode error, String reason) implements Found {}
    }

    private final ShareCoordinator store;
    private final Environment environment;
    private final Function<String, ShareRules> rules;
    private final Map<ShareKey, CompletableFuture<Found>> known = new HashMap<>();

    /// @param rules of a group, as they are now
    public SharePartitions(ShareCoordinator store, Environment environment, Function<String, ShareRules> rules) {
        this.store = store;
        this.environment = environment;
        this.rules = rules;
    }

    /// @param answer told once, on any thread
    public void find(ShareKey key, Partition partition, Consumer<Found> answer) {
        CompletableFuture<Found> found;
        boolean isNew = false;
        synchronized (known) {
            var here = known.get(key);
            if (here == null) {
                here = new CompletableFuture<>();
                known.put(key, here);
                isNew = true;
            }
            found = here;
        }
        found.thenAccept(answer);
        if (isNew) {
            load(key, partition, found);
        }
    }

    /// Forgets a share-partition: its state was deleted, or set by somebody else.
    public void forget(ShareKey key) {
        CompletableFuture<Found> here;
        synchronized (known) {
            here = known.remove(key);
        }
        if (here != null) {
            here.thenAccept(found -> {
                if (found instanceof Found.Here(var partition)) {
                    partition.end(ErrorCode.NOT_LEADER_OR_FOLLOWER);
                }
            });
        }
    }

    @Override
    public void offline(Partition partition) {
        retired(partition);
    }

    @Override
    public void retired(Partition partition) {
        forget(partition.topicId(), partition.id().partition());
    }

    private void forget(Uuid topic, int partition) {
        List<ShareKey> keys;
        synchronized (known) {
            keys = known.keySet().stream()
                    .filter(key -> key.topic().equals(topic) && key.partition() == partition)
                    .toList();
        }
        keys.forEach(this::forget);
    }

    private void remove(ShareKey key, CompletableFuture<Found> found) {
        synchronized (known) {
            known.remove(key, found);
        }
    }

    private void load(ShareKey key, Partition partition, CompletableFuture<Found> found) {
        store.read(key, partition.leaderEpoch(), read -> {
            var state = read.state().orElse(null);
            if (state == null) {
                refuse(
                        key,
                        found,
                        read.error(),
                        read.error() == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                                ? "group \"" + key.group() + "\" has no share state for this partition (yet):"
                                        + " its members get one by their heartbeats"
                                : read.error().text());
            } else if (state.startOffset() == ShareState.NOT_BEGUN) {
                begin(key, partition, state, found);
            } else {
                here(key, partition, state, state.startOffset(), found);
            }
        });
    }

    /// Where the group begins is kept before anybody reads there: a restart must not move it.
    private void begin(ShareKey key, Partition partition, ShareState state, CompletableFuture<Found> found) {
        switch (rules.apply(key.group()).reset()) {
            case ShareRules.Reset.Earliest earliest -> begin(key, partition, state, partition.logStartOffset(), found);
            case ShareRules.Reset.Latest latest -> begin(key, partition, state, partition.highWatermark(), found);
            case ShareRules.Reset.ByDuration(long durationMs) ->
                environment.threads().blocking().execute(() -> {
                    long from = environment.clock().wallMs() - durationMs;
                    try {
                        var hit = partition.log().offsetForTimestamp(Math.max(0, from));
                        long offset = hit.map(one -> one.offset()).orElse(partition.highWatermark());
                        begin(key, partition, state, Math.min(offset, partition.highWatermark()), found);
                    } catch (IOException | RuntimeException failure) {
                        LOG.error("Searching {} for timestamp {} failed", partition.id(), from, failure);
                        refuse(key, found, ErrorCode.KAFKA_STORAGE_ERROR, "reading the log failed");
                    }
                });
        }
    }

    private void begin(
            ShareKey key, Partition partition, ShareState state, long start, CompletableFuture<Found> found) {
        var write = new ShareWrite(state.stateEpoch(), partition.leaderEpoch(), start, 0, List.of());
        store.write(key, write, error -> {
            if (error == ErrorCode.NONE) {
                here(key, partition, state, start, found);
            } else {
                refuse(key, found, error, "keeping the start offset failed: " + error.text());
            }
        });
    }

    private void here(ShareKey key, Partition partition, ShareState state, long start, CompletableFuture<Found> found) {
        long logEnd = partition.log().view().logEndOffset();
        long from = Math.min(start, logEnd);
        var inFlight = new InFlight(from, start, state.batches());
        inFlight.logEndsAt(logEnd);
        inFlight.logStartsAt(partition.logStartOffset());
        var refusal = partition.refusal();
        if (refusal.isPresent()) {
            refuse(key, found, refusal.get().error(), refusal.get().reason());
            return;
        }
        var made = new SharePartition(
                key,
                partition,
                store,
                environment,
                () -> rules.apply(key.group()),
                state.stateEpoch(),
                inFlight,
                ended -> remove(key, found));
        found.complete(new Found.Here(made));
    }

    private void refuse(ShareKey key, CompletableFuture<Found> found, ErrorCode error, String reason) {
        remove(key, found);
        found.complete(new Found.Refused(error, reason));
    }
}
