package io.moldau.shares;

import io.moldau.coordination.Entry;
import io.moldau.protocol.ByteReader;
import io.moldau.protocol.ByteWriter;
import io.moldau.protocol.Message;
import io.moldau.protocol.data.ShareSnapshotKey;
import io.moldau.protocol.data.ShareSnapshotValue;
import io.moldau.protocol.data.ShareUpdateKey;
import io.moldau.protocol.data.ShareUpdateValue;
import java.nio.ByteBuffer;
import java.util.List;

/// Share state as records of `__share_group_state`, as Kafka writes them: a key is `type (int16)` and the key, a value
/// `version (int16)` and the value in that version. An update holds all the changes since its snapshot, so that the
/// newest record of each key is enough: the topic may be compacted.
final class ShareRecords {
    private static final short VERSION = 0;

    /// What a record says: nothing more of a share-partition, a whole state, or changes to one.
    sealed interface Read {
        ShareKey key();
    }

    record Gone(ShareKey key) implements Read {}

    record Snapshot(ShareKey key, ShareState state) implements Read {}

    record Update(
            ShareKey key,
            int snapshotEpoch,
            int leaderEpoch,
            long startOffset,
            int deliveryCompleteCount,
            List<StateBatch> batches)
            implements Read {}

    private ShareRecords() {}

    static Entry snapshot(ShareKey key, ShareState state, long nowMs) {
        return new Entry(
                snapshotKey(key),
                bytes(
                        VERSION,
                        ShareSnapshotValue.builder()
                                .snapshotEpoch(state.snapshotEpoch())
                                .stateEpoch(state.stateEpoch())
                                .leaderEpoch(state.leaderEpoch())
                                .startOffset(state.startOffset())
                                .deliveryCompleteCount(state.deliveryCompleteCount())
                                .createTimestamp(state.createdMs())
                                .writeTimestamp(nowMs)
                                .stateBatches(state.batches().stream()
                                        .map(batch -> ShareSnapshotValue.StateBatch.builder()
                                                .firstOffset(batch.first())
                                                .lastOffset(batch.last())
                                                .deliveryState(batch.state())
                                                .deliveryCount(batch.deliveries())
                                                .build())
                                        .toList())
                                .build()));
    }

    /// The state as an update of its snapshot.
    static Entry update(ShareKey key, ShareState state) {
        return new Entry(
                updateKey(key),
                bytes(
                        VERSION,
                        ShareUpdateValue.builder()
                                .snapshotEpoch(state.snapshotEpoch())
                                .leaderEpoch(state.leaderEpoch())
                                .startOffset(state.startOffset())
                                .deliveryCompleteCount(state.deliveryCompleteCount())
                                .stateBatches(state.changes().stream()
                                        .map(batch -> ShareUpdateValue.StateBatch.builder()
                                                .firstOffset(batch.first())
                                                .lastOffset(batch.last())
                                                .deliveryState(batch.state())
                                                .deliveryCount(batch.deliveries())
                                                .build())
                                        .toList())
                                .build()));
    }

    static List<Entry> tombstones(ShareKey key) {
        return List.of(new Entry(snapshotKey(key), null), new Entry(updateKey(key), null));
    }

    private static ByteBuffer snapshotKey(ShareKey key) {
        return bytes(
                ShareSnapshotKey.RECORD_TYPE,
                ShareSnapshotKey.builder()
                        .groupId(key.group())
                        .topicId(key.topic())
                        .partition(key.partition())
                        .build());
    }

    private static ByteBuffer updateKey(ShareKey key) {
        return bytes(
                ShareUpdateKey.RECORD_TYPE,
                ShareUpdateKey.builder()
                        .groupId(key.group())
                        .topicId(key.topic())
                        .partition(key.partition())
                        .build());
    }

    private static ByteBuffer bytes(short prefix, Message message) {
        var out = new ByteWriter();
        out.int16(prefix);
        message.write(out, VERSION);
        return out.toBuffer();
    }

    /// @throws IllegalStateException for a record of a kind that this version does not know
    static Read read(Entry entry) {
        var in = new ByteReader(entry.key().duplicate());
        short type = in.int16();
        if (type == ShareSnapshotKey.RECORD_TYPE) {
            var id = ShareSnapshotKey.read(in, VERSION);
            var key = new ShareKey(id.groupId(), id.topicId(), id.partition());
            var value = entry.value();
            return value == null ? new Gone(key) : new Snapshot(key, state(new ByteReader(value.duplicate())));
        } else if (type == ShareUpdateKey.RECORD_TYPE) {
            var id = ShareUpdateKey.read(in, VERSION);
            var key = new ShareKey(id.groupId(), id.topicId(), id.partition());
            var value = entry.value();
            return value == null ? new Gone(key) : update(key, new ByteReader(value.duplicate()));
        }
        throw new IllegalStateException("a record of type " + type + " in " + ShareCoordinator.TOPIC);
    }

    private static ShareState state(ByteReader in) {
        var value = ShareSnapshotValue.read(in, in.int16());
        return new ShareState(
                value.snapshotEpoch(),
                value.stateEpoch(),
                value.leaderEpoch(),
                value.startOffset(),
                value.deliveryCompleteCount(),
                value.createTimestamp(),
                value.stateBatches().stream()
                        .map(batch -> new StateBatch(
                                batch.firstOffset(), batch.lastOffset(), batch.deliveryState(), batch.deliveryCount()))
                        .toList(),
                List.of(),
                0);
    }

    private static Update update(ShareKey key, ByteReader in) {
        var value = ShareUpdateValue.read(in, in.int16());
        return new Update(
                key,
                value.snapshotEpoch(),
                value.leaderEpoch(),
                value.startOffset(),
                value.deliveryCompleteCount(),
                value.stateBatches().stream()
                        .map(batch -> new StateBatch(
                                batch.firstOffset(), batch.lastOffset(), batch.deliveryState(), batch.deliveryCount()))
                        .toList());
    }
}
