package io.moldau.groups;

import io.moldau.coordination.CoordinatedState;
import io.moldau.coordination.Effects;
import io.moldau.coordination.Entry;
import io.moldau.groups.classic.ClassicProtocol;
import io.moldau.groups.consumer.ConsumerProtocol;
import io.moldau.groups.share.ShareProtocol;
import io.moldau.groups.streams.StreamsProtocol;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.data.GroupMetadataKey;
import io.moldau.protocol.data.GroupMetadataValue;
import io.moldau.protocol.data.LegacyOffsetCommitKey;
import io.moldau.protocol.data.OffsetCommitKey;
import io.moldau.protocol.data.OffsetCommitValue;
import io.moldau.protocol.message.ConsumerGroupHeartbeatRequest;
import io.moldau.protocol.message.ConsumerGroupHeartbeatResponse;
import io.moldau.protocol.message.HeartbeatRequest;
import io.moldau.protocol.message.JoinGroupRequest;
import io.moldau.protocol.message.JoinGroupResponse;
import io.moldau.protocol.message.LeaveGroupRequest.MemberIdentity;
import io.moldau.protocol.message.ListGroupsResponse.ListedGroup;
import io.moldau.protocol.message.StreamsGroupHeartbeatRequest;
import io.moldau.protocol.message.SyncGroupRequest;
import io.moldau.protocol.message.SyncGroupResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// All the groups of one offsets partition, of every kind, and their offsets. A group id belongs to one kind at a
/// time; a kind may take over an id whose group of the other kind is empty, and classic and consumer groups change
/// into each other with their members (KIP-848).
final class GroupShard implements CoordinatedState {
    private final OffsetStore offsets = new OffsetStore();
    private final ClassicProtocol classic;
    private final ConsumerProtocol consumer;
    private final StreamsProtocol streams;
    private final OffsetRetention retention;
    private final Explanations explanations;
    private final ShareProtocol share;
    private boolean live;

    GroupShard(
            GroupSettings settings,
            Schedule schedule,
            Topics topics,
            GroupConfigs configs,
            Supplier<String> uniqueText,
            Explanations explanations,
            ShareProtocol share) {
        this.share = share;
        this.streams = new StreamsProtocol(configs, schedule, topics, explanations);
        this.explanations = explanations;
        this.retention = new OffsetRetention(settings, schedule, offsets, this::timeRunsMs, explanations);
        this.classic = new ClassicProtocol(settings, schedule, uniqueText, explanations);
        this.consumer =
                new ConsumerProtocol(settings, configs, schedule, topics, uniqueText, explanations, classic::adopt);
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

    StreamsProtocol streams() {
        return streams;
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
        } else if (StreamsProtocol.isFor(type)) {
            streams.replay(entry);
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
        classic.loaded(effects);
        consumer.loaded(effects);
        streams.loaded(effects);
        share.loaded(effects);
        retention.begin(this::deleteForgotten);
    }

    private OptionalLong timeRunsMs(String groupId, String topic, CommittedOffset offset) {
        if (consumer.has(groupId)) {
            return consumer.subscribes(groupId, topic)
                    ? OptionalLong.empty()
                    : OptionalLong.of(offset.commitTimestampMs());
        }
        if (streams.has(groupId)) {
            return streams.subscribes(groupId, topic)
                    ? OptionalLong.empty()
                    : OptionalLong.of(offset.commitTimestampMs());
        }
        return classic.offsetTimeRunsMs(groupId, topic, offset.commitTimestampMs());
    }

    /// Groups that have neither members nor offsets are nobody's.
    private void deleteForgotten(Effects effects) {
        for (var group : list(List.of("Empty"), List.of())) {
            var id = group.groupId();
            if (!offsets.has(id) && !share.has(id) && delete(id, effects) == ErrorCode.NONE) {
                explanations.note(id, "the group was deleted: it has neither members nor committed offsets");
            }
        }
    }

    @Override
    public void discarded(ErrorCode error) {
        classic.discarded(error);
    }

    /// JoinGroup; a consumer group takes members of the classic protocol in, unless it is empty and gives way.
    void join(JoinGroupRequest request, Caller caller, Effects effects, Consumer<JoinGroupResponse> answer) {
        var id = request.groupId();
        if (share.has(id) || (streams.has(id) && !streams.isEmpty(id))) {
            answer.accept(ClassicProtocol.joinRefused(
                    ErrorCode.INCONSISTENT_GROUP_PROTOCOL, request.memberId(), caller.version()));
            return;
        }
        streams.delete(id, effects);
        if (consumer.has(id)) {
            if (consumer.isEmpty(id)) {
                consumer.delete(id, effects);
            } else if (consumer.join(request, caller, effects, answer)) {
                return;
            }
        }
        classic.join(request, caller, effects, answer);
    }

    void sync(SyncGroupRequest request, Effects effects, Consumer<SyncGroupResponse> answer) {
        if (consumer.has(request.groupId())) {
            consumer.sync(request, effects, answer);
        } else {
            classic.sync(request, effects, answer);
        }
    }

    ErrorCode heartbeat(HeartbeatRequest request, Effects effects) {
        return consumer.has(request.groupId()) ? consumer.heartbeat(request, effects) : classic.heartbeat(request);
    }

    /// LeaveGroup; the errors in the order of the members.
    List<ErrorCode> leave(String groupId, List<MemberIdentity> who, Effects effects) {
        return consumer.has(groupId)
                ? consumer.leave(groupId, who, effects)
                : who.stream().map(one -> classic.leave(groupId, one, effects)).toList();
    }

    /// ConsumerGroupHeartbeat. A classic group gives way if it is empty, and changes with its members if it can.
    ConsumerGroupHeartbeatResponse heartbeat(ConsumerGroupHeartbeatRequest request, Caller caller, Effects effects) {
        var refusal = consumer.refusal(request, caller);
        if (refusal.isPresent()) {
            return refusal.get();
        }
        var id = request.groupId();
        if (share.has(id) || (streams.has(id) && !streams.isEmpty(id))) {
            var kind = share.has(id) ? "share" : "streams";
            return ConsumerProtocol.refused(
                    ErrorCode.GROUP_ID_NOT_FOUND, "the group \"" + id + "\" is a " + kind + " group");
        }
        streams.delete(id, effects);
        if (classic.has(id)) {
            var problem = request.memberEpoch() == 0 ? giveWay(id, effects) : Optional.of("it is a classic group now");
            if (problem.isPresent()) {
                var reason = "the group \"" + id + "\" is no consumer group: " + problem.get();
                return ConsumerProtocol.refused(ErrorCode.GROUP_ID_NOT_FOUND, reason);
            }
        }
        return consumer.heartbeat(request, caller, effects);
    }

    /// StreamsGroupHeartbeat. Groups of other kinds give way if they are empty.
    StreamsProtocol.Answer heartbeat(StreamsGroupHeartbeatRequest request, Caller caller, Effects effects) {
        var refusal = streams.refusal(request, caller);
        if (refusal.isPresent()) {
            return new StreamsProtocol.Answer(refusal.get(), List.of());
        }
        var id = request.groupId();
        if (!classic.isEmpty(id) || !consumer.isEmpty(id) || share.has(id)) {
            var reason = "the group \"" + id + "\" has members of another kind: stop them, or use another"
                    + " application.id";
            return new StreamsProtocol.Answer(StreamsProtocol.refused(ErrorCode.GROUP_ID_NOT_FOUND, reason), List.of());
        }
        if (request.memberEpoch() == 0) {
            classic.delete(id, effects);
            consumer.delete(id, effects);
        }
        return streams.heartbeat(request, caller, effects);
    }

    private Optional<String> giveWay(String id, Effects effects) {
        if (!classic.hasMembers(id)) {
            classic.delete(id, effects);
            return Optional.empty();
        }
        var problem = classic.whyNotMigrated(id);
        if (problem.isEmpty()) {
            consumer.adopt(classic.release(id, effects), effects);
        }
        return problem;
    }

    boolean exists(String groupId) {
        return classic.has(groupId)
                || consumer.has(groupId)
                || streams.has(groupId)
                || share.has(groupId)
                || offsets.has(groupId);
    }

    ErrorCode mayCommit(String groupId, String memberId, @Nullable String instanceId, int generationOrEpoch) {
        if (share.has(groupId)) {
            return ErrorCode.GROUP_ID_NOT_FOUND;
        }
        if (streams.has(groupId)) {
            return streams.mayCommit(groupId, memberId, generationOrEpoch);
        }
        return consumer.has(groupId)
                ? consumer.mayCommit(groupId, memberId, instanceId, generationOrEpoch)
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
        if (!consumer.has(groupId) && !streams.has(groupId)) {
            return classic.mayCommitTransactional(groupId, memberId, instanceId, generationOrEpoch);
        }
        var allowed = mayCommit(groupId, memberId, instanceId, generationOrEpoch);
        return allowed == ErrorCode.STALE_MEMBER_EPOCH ? ErrorCode.ILLEGAL_GENERATION : allowed;
    }

    boolean subscribes(String groupId, String topic) {
        return classic.subscribes(groupId, topic)
                || consumer.subscribes(groupId, topic)
                || streams.subscribes(groupId, topic);
    }

    ErrorCode delete(String groupId, Effects effects) {
        if (!exists(groupId)) {
            return ErrorCode.GROUP_ID_NOT_FOUND;
        }
        if (!classic.isEmpty(groupId) || !consumer.isEmpty(groupId) || !streams.isEmpty(groupId)) {
            return ErrorCode.NON_EMPTY_GROUP;
        }
        offsets.deleteGroup(groupId, effects);
        classic.delete(groupId, effects);
        consumer.delete(groupId, effects);
        streams.delete(groupId, effects);
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
        streams.list().forEach(group -> {
            seen.add(group.id());
            listed.add(listed(group.id(), group.state(), "streams", "streams"));
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
