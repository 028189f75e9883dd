package io.moldau.groups;

import io.moldau.coordination.CoordinatedState;
import io.moldau.coordination.Effects;
import io.moldau.coordination.Entry;
import io.moldau.groups.classic.ClassicProtocol;
import io.moldau.groups.consumer.ConsumerProtocol;
import io.moldau.groups.share.ShareProtocol;
import io.moldau.groups.share.ShareStates;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.data.GroupMetadataKey;
import io.moldau.protocol.data.GroupMetadataValue;
import io.moldau.protocol.data.LegacyOffsetCommitKey;
import io.moldau.protocol.data.OffsetCommitKey;
import io.moldau.protocol.data.OffsetCommitValue;
import io.moldau.protocol.message.ListGroupsResponse.ListedGroup;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// All the groups of one offsets partition, of every kind, and their offsets. A group id belongs to one kind at a
/// time; a kind may take over an id whose group of the other kind is empty.
final class GroupShard implements CoordinatedState {
    private final OffsetStore offsets = new OffsetStore();
    private final ClassicProtocol classic;
    private final ConsumerProtocol consumer;
    private final ShareProtocol share;
    private boolean live;

    GroupShard(
            GroupSettings settings,
            Schedule schedule,
            Topics topics,
            Supplier<String> uniqueText,
            ShareStates shareStates,
            Consumer<String> shareDeletions) {
        this.share = new ShareProtocol(shareStates, schedule, topics, shareDeletions);
        this.classic = new ClassicProtocol(settings, schedule, uniqueText);
        this.consumer = new ConsumerProtocol(settings, schedule, topics, uniqueText);
    }

    OffsetStore offsets() {
        return offsets;
    }

    ClassicProtocol classic() {
        return classic;
    }

    ConsumerProtocol consumer() {
        return consumer;
    }

    ShareProtocol share() {
        return share;
    }

    /// Whether this id is a share group's, or free to become one.
    boolean mayBeShare(String groupId) {
        return share.has(groupId) || !exists(groupId);
    }

    @Override
    public void replay(Entry entry) {
        short type = RecordFormat.type(entry.key());
        var value = Optional.ofNullable(entry.value());
        if (isOffset(type)) {
            offsets.replay(offsetKey(type, entry), offsetValue(entry));
        } else if (type == GroupMetadataKey.RECORD_TYPE) {
            // Live, the classic group that wrote this record is ahead of it: members wait in it for answers.
            if (!live) {
                var key = RecordFormat.key(entry.key(), GroupMetadataKey::read);
                classic.replay(
                        key.group(),
                        value.map(bytes -> RecordFormat.value(bytes, GroupMetadataValue::read))
                                .orElse(null));
            }
        } else if (ShareProtocol.isRecord(type)) {
            share.replay(entry);
        } else {
            consumer.replay(entry);
        }
    }

    @Override
    public void replayPending(long producerId, Entry entry) {
        short type = RecordFormat.type(entry.key());
        if (!isOffset(type)) {
            throw new IllegalStateException("a record of type " + type + " in a transaction of producer " + producerId);
        }
        offsets.replayPending(producerId, offsetKey(type, entry), offsetValue(entry));
    }

    @Override
    public void replayEnd(long producerId, boolean commit) {
        offsets.replayEnd(producerId, commit);
    }

    private static boolean isOffset(short type) {
        return type == OffsetCommitKey.RECORD_TYPE || type == LegacyOffsetCommitKey.RECORD_TYPE;
    }

    private static OffsetCommitKey offsetKey(short type, Entry entry) {
        if (type == OffsetCommitKey.RECORD_TYPE) {
            return RecordFormat.key(entry.key(), OffsetCommitKey::read);
        }
        var old = RecordFormat.key(entry.key(), LegacyOffsetCommitKey::read);
        return OffsetCommitKey.builder()
                .group(old.group())
                .topic(old.topic())
                .partition(old.partition())
                .build();
    }

    private static Optional<OffsetCommitValue> offsetValue(Entry entry) {
        return Optional.ofNullable(entry.value()).map(bytes -> RecordFormat.value(bytes, OffsetCommitValue::read));
    }

    @Override
    public void loaded(Schedule schedule, Effects effects) {
        live = true;
        classic.loaded();
        consumer.loaded(effects);
        share.loaded(effects);
    }

    @Override
    public void discarded(ErrorCode error) {
        classic.discarded(error);
    }

    /// Whether the classic protocol may use this group id; an empty group of the other kind gives way.
    ErrorCode claimForClassic(String groupId, Effects effects) {
        if (share.has(groupId)) {
            return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
        }
        if (!consumer.has(groupId)) {
            return ErrorCode.NONE;
        }
        if (!consumer.isEmpty(groupId)) {
            return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
        }
        consumer.delete(groupId, effects);
        return ErrorCode.NONE;
    }

    /// Whether the consumer protocol may use this group id; an empty group of the other kind gives way.
    ErrorCode claimForConsumer(String groupId, Effects effects) {
        if (share.has(groupId)) {
            return ErrorCode.GROUP_ID_NOT_FOUND;
        }
        if (!classic.has(groupId)) {
            return ErrorCode.NONE;
        }
        if (!classic.isEmpty(groupId)) {
            return ErrorCode.GROUP_ID_NOT_FOUND;
        }
        classic.delete(groupId, effects);
        return ErrorCode.NONE;
    }

    boolean exists(String groupId) {
        return classic.has(groupId) || consumer.has(groupId) || share.has(groupId) || offsets.has(groupId);
    }

    ErrorCode mayCommit(String groupId, String memberId, @Nullable String instanceId, int generationOrEpoch) {
        if (share.has(groupId)) {
            return ErrorCode.GROUP_ID_NOT_FOUND;
        }
        return consumer.has(groupId)
                ? consumer.mayCommit(groupId, memberId, generationOrEpoch)
                : classic.mayCommit(groupId, memberId, instanceId, generationOrEpoch);
    }

    /// A transaction's offsets come from a producer, which before KIP-447 knew nothing of members: who says nothing is
    /// believed. Member epochs are not known to its protocol.
    ErrorCode mayCommitTransactional(
            String groupId, String memberId, @Nullable String instanceId, int generationOrEpoch) {
        if (share.has(groupId)) {
            return ErrorCode.GROUP_ID_NOT_FOUND;
        }
        if (generationOrEpoch < 0 && memberId.isEmpty() && instanceId == null) {
            return ErrorCode.NONE;
        }
        if (!consumer.has(groupId)) {
            return classic.mayCommitTransactional(groupId, memberId, instanceId, generationOrEpoch);
        }
        var allowed = consumer.mayCommit(groupId, memberId, generationOrEpoch);
        return allowed == ErrorCode.STALE_MEMBER_EPOCH ? ErrorCode.ILLEGAL_GENERATION : allowed;
    }

    boolean subscribes(String groupId, String topic) {
        return classic.subscribes(groupId, topic) || consumer.subscribes(groupId, topic);
    }

    ErrorCode delete(String groupId, Effects effects) {
        if (!exists(groupId)) {
            return ErrorCode.GROUP_ID_NOT_FOUND;
        }
        if (!classic.isEmpty(groupId) || !consumer.isEmpty(groupId)) {
            return ErrorCode.NON_EMPTY_GROUP;
        }
        offsets.deleteGroup(groupId, effects);
        classic.delete(groupId, effects);
        consumer.delete(groupId, effects);
        return ErrorCode.NONE;
    }

    /// The groups whose state and type are among these (empty: all).
    List<ListedGroup> list(List<String> states, List<String> types) {
        var listed = new ArrayList<ListedGroup>();
        var seen = new HashSet<String>();
        classic.list().forEach(group -> {
            seen.add(group.id());
            listed.add(listed(group.id(), group.state(), group.protocolType(), "classic"));
        });
        consumer.list().forEach(group -> {
            seen.add(group.id());
            listed.add(listed(group.id(), group.state(), "consumer", "consumer"));
        });
        share.list().forEach(group -> {
            seen.add(group.id());
            listed.add(listed(group.id(), group.state(), "share", "share"));
        });
        offsets.groups().stream()
                .filter(id -> !seen.contains(id))
                .forEach(id -> listed.add(listed(id, "Empty", "", "classic")));
        listed.removeIf(group -> !states.isEmpty() && !contains(states, group.groupState())
                || !types.isEmpty() && !contains(types, group.groupType()));
        return listed;
    }

    private static boolean contains(List<String> wanted, String one) {
        return wanted.stream().anyMatch(text -> text.toLowerCase(Locale.ROOT).equals(one.toLowerCase(Locale.ROOT)));
    }

    private static ListedGroup listed(String id, String state, String protocolType, String type) {
        return ListedGroup.builder()
                .groupId(id)
                .protocolType(protocolType)
                .groupState(state)
                .groupType(type)
                .build();
    }
}
