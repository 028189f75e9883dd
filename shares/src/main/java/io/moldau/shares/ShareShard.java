package io.moldau.shares;

import io.moldau.coordination.CoordinatedState;
import io.moldau.coordination.Effects;
import io.moldau.coordination.Entry;
import io.moldau.protocol.ErrorCode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The share states of one partition of `__share_group_state`. Epochs keep out whoever was replaced: a write of an
/// earlier leader, or of a group that was deleted and created again.
final class ShareShard implements CoordinatedState {
    private final Schedule schedule;
    private final int updatesPerSnapshot;
    private final Map<ShareKey, ShareState> states = new HashMap<>();

    ShareShard(Schedule schedule, int updatesPerSnapshot) {
        this.schedule = schedule;
        this.updatesPerSnapshot = updatesPerSnapshot;
    }

    @Override
    public void replay(Entry entry) {
        switch (ShareRecords.read(entry)) {
            case ShareRecords.Gone(var key) -> states.remove(key);
            case ShareRecords.Snapshot(var key, var state) -> states.put(key, state);
            case ShareRecords.Update update -> {
                // One of an earlier snapshot was left by compaction: the later snapshot has it in it.
                var known = states.get(update.key());
                if (known != null && known.snapshotEpoch() == update.snapshotEpoch()) {
                    states.put(
                            update.key(),
                            known.updated(
                                    update.leaderEpoch(),
                                    update.startOffset(),
                                    update.deliveryCompleteCount(),
                                    update.batches()));
                }
            }
        }
    }

    Optional<ShareState> state(ShareKey key) {
        return Optional.ofNullable(states.get(key));
    }

    ErrorCode initialise(ShareKey key, int stateEpoch, long startOffset, Effects effects) {
        var known = states.get(key);
        if (known != null && known.stateEpoch() > stateEpoch) {
            return ErrorCode.FENCED_STATE_EPOCH;
        }
        int snapshot = known == null ? 0 : known.snapshotEpoch() + 1;
        long now = schedule.nowMs();
        effects.append(ShareRecords.snapshot(key, ShareState.begin(snapshot, stateEpoch, startOffset, now), now));
        return ErrorCode.NONE;
    }

    /// The reader is the partition's leader from now on: earlier ones write no more.
    ErrorCode read(ShareKey key, int leaderEpoch, Effects effects) {
        var known = states.get(key);
        if (known == null) {
            return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
        }
        if (leaderEpoch >= 0 && leaderEpoch < known.leaderEpoch()) {
            return ErrorCode.FENCED_LEADER_EPOCH;
        }
        if (leaderEpoch > known.leaderEpoch()) {
            append(
                    key,
                    known.updated(leaderEpoch, known.startOffset(), known.deliveryCompleteCount(), List.of()),
                    effects);
        }
        return ErrorCode.NONE;
    }

    ErrorCode write(ShareKey key, ShareWrite write, Effects effects) {
        var known = states.get(key);
        if (known == null) {
            return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
        }
        if (write.stateEpoch() < known.stateEpoch()) {
            return ErrorCode.FENCED_STATE_EPOCH;
        }
        if (write.leaderEpoch() >= 0 && write.leaderEpoch() < known.leaderEpoch()) {
            return ErrorCode.FENCED_LEADER_EPOCH;
        }
        append(
                key,
                known.updated(
                        Math.max(write.leaderEpoch(), known.leaderEpoch()),
                        write.startOffset(),
                        write.deliveryCompleteCount(),
                        write.batches()),
                effects);
        return ErrorCode.NONE;
    }

    private void append(ShareKey key, ShareState next, Effects effects) {
        effects.append(
                next.updates() > updatesPerSnapshot
                        ? ShareRecords.snapshot(key, next.asSnapshot(), schedule.nowMs())
                        : ShareRecords.update(key, next));
    }

    void delete(ShareKey key, Effects effects) {
        if (states.containsKey(key)) {
            ShareRecords.tombstones(key).forEach(effects::append);
        }
    }
}
