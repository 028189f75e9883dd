package io.moldau.groups;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.OffsetCommitRequest;
import io.moldau.protocol.message.OffsetCommitRequest.OffsetCommitRequestTopic;
import io.moldau.protocol.message.OffsetCommitResponse;
import io.moldau.protocol.message.OffsetCommitResponse.OffsetCommitResponsePartition;
import io.moldau.protocol.message.OffsetCommitResponse.OffsetCommitResponseTopic;
import io.moldau.protocol.message.OffsetDeleteRequest;
import io.moldau.protocol.message.OffsetDeleteResponse;
import io.moldau.protocol.message.OffsetDeleteResponse.OffsetDeleteResponsePartition;
import io.moldau.protocol.message.OffsetDeleteResponse.OffsetDeleteResponseTopic;
import io.moldau.protocol.message.OffsetFetchRequest.OffsetFetchRequestGroup;
import io.moldau.protocol.message.OffsetFetchRequest.OffsetFetchRequestTopics;
import io.moldau.protocol.message.OffsetFetchResponse.OffsetFetchResponseGroup;
import io.moldau.protocol.message.OffsetFetchResponse.OffsetFetchResponsePartitions;
import io.moldau.protocol.message.OffsetFetchResponse.OffsetFetchResponseTopics;
import io.moldau.protocol.message.TxnOffsetCommitRequest;
import io.moldau.protocol.message.TxnOffsetCommitResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/// Committed offsets. Each answer comes once, on any thread.
public final class OffsetsApi {
    private static final short TOPIC_IDS_SINCE = 10;

    private final GroupCoordinator groups;

    public OffsetsApi(GroupCoordinator groups) {
        this.groups = groups;
    }

    /// OffsetCommit (key 8), versions 2–10; from version 10 on topics by id.
    public void commit(OffsetCommitRequest request, Caller caller, Consumer<OffsetCommitResponse> answer) {
        groups.on(
                request.groupId(),
                (shard, effects) -> {
                    var allowed = shard.mayCommit(
                            request.groupId(),
                            request.memberId(),
                            request.groupInstanceId(),
                            request.generationIdOrMemberEpoch());
                    if (allowed != ErrorCode.NONE) {
                        answer.accept(all(request, forVersion(allowed, caller)));
                        return;
                    }
                    long now = groups.nowMs();
                    var response = response(request, (topic, partition) -> {
                        var name = topicName(topic.name(), topic.topicId(), caller);
                        if (name.isEmpty()
                                || partition.partitionIndex() < 0
                                || partition.partitionIndex() >= groups.topics().partitions(name.get())) {
                            return name.isEmpty() && caller.version() >= TOPIC_IDS_SINCE
                                    ? ErrorCode.UNKNOWN_TOPIC_ID
                                    : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
                        }
                        var text = partition.committedMetadata();
                        var metadata = text == null ? "" : text;
                        if (metadata.getBytes(StandardCharsets.UTF_8).length
                                > groups.settings().offsetMetadataMaxBytes()) {
                            return ErrorCode.OFFSET_METADATA_TOO_LARGE;
                        }
                        shard.offsets()
                                .commit(
                                        request.groupId(),
                                        name.get(),
                                        partition.partitionIndex(),
                                        new CommittedOffset(
                                                partition.committedOffset(),
                                                partition.committedLeaderEpoch(),
                                                metadata,
                                                now),
                                        effects);
                        return ErrorCode.NONE;
                    });
                    effects.whenCommitted(() -> answer.accept(response));
                    effects.whenFailed(error -> answer.accept(all(request, error)));
                },
                error -> answer.accept(all(request, error)));
    }

    /// TxnOffsetCommit (key 28), versions 0–5, after the transaction coordinator admitted the group: the offsets are
    /// pending until [GroupCoordinator#endTransaction].
    public void commitTransactional(
            TxnOffsetCommitRequest request, Caller caller, Consumer<TxnOffsetCommitResponse> answer) {
        new TransactionalCommit(groups, request).run(answer);
    }

    /// Clients below version 9 do not know the errors of member epochs (KIP-848).
    private static ErrorCode forVersion(ErrorCode error, Caller caller) {
        boolean epochError = error == ErrorCode.STALE_MEMBER_EPOCH
                || error == ErrorCode.FENCED_MEMBER_EPOCH
                || error == ErrorCode.GROUP_ID_NOT_FOUND;
        return epochError && caller.version() < 9 ? ErrorCode.ILLEGAL_GENERATION : error;
    }

    private static OffsetCommitResponse all(OffsetCommitRequest request, ErrorCode error) {
        return response(request, (topic, partition) -> error);
    }

    private static OffsetCommitResponse response(
            OffsetCommitRequest request,
            BiFunction<OffsetCommitRequestTopic, OffsetCommitRequest.OffsetCommitRequestPartition, ErrorCode> each) {
        return OffsetCommitResponse.builder()
                .topics(request.topics().stream()
                        .map(topic -> OffsetCommitResponseTopic.builder()
                                .name(topic.name())
                                .topicId(topic.topicId())
                                .partitions(topic.partitions().stream()
                                        .map(partition -> OffsetCommitResponsePartition.builder()
                                                .partitionIndex(partition.partitionIndex())
                                                .errorCode(each.apply(topic, partition)
                                                        .code())
                                                .build())
                                        .toList())
                                .build())
                        .toList())
                .build();
    }

    private Optional<String> topicName(String name, Uuid id, Caller caller) {
        return caller.version() >= TOPIC_IDS_SINCE ? groups.topics().name(id) : Optional.of(name);
    }

    /// One group of OffsetFetch (key 9), in the shape of version 8 and later.
    ///
    /// @param requireStable UNSTABLE_OFFSET_COMMIT for offsets that an open transaction may change (KIP-447)
    public void fetch(
            OffsetFetchRequestGroup request,
            boolean requireStable,
            Caller caller,
            Consumer<OffsetFetchResponseGroup> answer) {
        groups.on(
                request.groupId(),
                (shard, effects) -> {
                    var memberId = request.memberId();
                    if (memberId != null
                            && request.memberEpoch() >= 0
                            && (shard.consumer().has(request.groupId())
                                    || shard.streams().has(request.groupId()))) {
                        var allowed = shard.mayCommit(request.groupId(), memberId, null, request.memberEpoch());
                        if (allowed != ErrorCode.NONE) {
                            answer.accept(fetchRefused(request.groupId(), allowed));
                            return;
                        }
                    }
                    var wanted = request.topics();
                    var topics = wanted == null
                            ? everything(shard, request.groupId(), requireStable, caller)
                            : wanted.stream()
                                    .map(topic -> some(shard, request.groupId(), topic, requireStable, caller))
                                    .toList();
                    var response = OffsetFetchResponseGroup.builder()
                            .groupId(request.groupId())
                            .topics(topics)
                            .build();
                    effects.whenCommitted(() -> answer.accept(response));
                    effects.whenFailed(error -> answer.accept(fetchRefused(request.groupId(), error)));
                },
                error -> answer.accept(fetchRefused(request.groupId(), error)));
    }

    private List<OffsetFetchResponseTopics> everything(
            GroupShard shard, String groupId, boolean requireStable, Caller caller) {
        var topics = new ArrayList<OffsetFetchResponseTopics>();
        shard.offsets().offsets(groupId).forEach((name, partitions) -> {
            var id = groups.topics().id(name);
            if (caller.version() < TOPIC_IDS_SINCE || id.isPresent()) {
                topics.add(OffsetFetchResponseTopics.builder()
                        .name(name)
                        .topicId(id.orElse(Uuid.ZERO))
                        .partitions(partitions.entrySet().stream()
                                .map(entry -> requireStable && shard.offsets().isPending(groupId, name, entry.getKey())
                                        ? refused(entry.getKey(), ErrorCode.UNSTABLE_OFFSET_COMMIT)
                                        : partition(entry.getKey(), Optional.of(entry.getValue())))
                                .toList())
                        .build());
            }
        });
        return topics;
    }

    private OffsetFetchResponseTopics some(
            GroupShard shard, String groupId, OffsetFetchRequestTopics topic, boolean requireStable, Caller caller) {
        var name = topicName(topic.name(), topic.topicId(), caller);
        return OffsetFetchResponseTopics.builder()
                .name(topic.name())
                .topicId(topic.topicId())
                .partitions(topic.partitionIndexes().stream()
                        .map(index -> name.isEmpty()
                                ? refused(index, ErrorCode.UNKNOWN_TOPIC_ID)
                                : requireStable && shard.offsets().isPending(groupId, name.get(), index)
                                        ? refused(index, ErrorCode.UNSTABLE_OFFSET_COMMIT)
                                        : partition(index, shard.offsets().offset(groupId, name.get(), index)))
                        .toList())
                .build();
    }

    private static OffsetFetchResponsePartitions refused(int index, ErrorCode error) {
        return OffsetFetchResponsePartitions.builder()
                .partitionIndex(index)
                .committedOffset(-1)
                .metadata("")
                .errorCode(error.code())
                .build();
    }

    private static OffsetFetchResponsePartitions partition(int index, Optional<CommittedOffset> committed) {
        return OffsetFetchResponsePartitions.builder()
                .partitionIndex(index)
                .committedOffset(committed.map(CommittedOffset::offset).orElse(-1L))
                .committedLeaderEpoch(
                        committed.map(CommittedOffset::leaderEpoch).orElse(-1))
                .metadata(committed.map(CommittedOffset::metadata).orElse(""))
                .build();
    }

    private static OffsetFetchResponseGroup fetchRefused(String groupId, ErrorCode error) {
        return OffsetFetchResponseGroup.builder()
                .groupId(groupId)
                .topics(List.of())
                .errorCode(error.code())
                .build();
    }

    /// OffsetDelete (key 47): not for topics that members read.
    public void delete(OffsetDeleteRequest request, Consumer<OffsetDeleteResponse> answer) {
        Consumer<ErrorCode> refused = error -> answer.accept(OffsetDeleteResponse.builder()
                .errorCode(error.code())
                .topics(List.of())
                .build());
        groups.on(
                request.groupId(),
                (shard, effects) -> {
                    if (!shard.exists(request.groupId())) {
                        refused.accept(ErrorCode.GROUP_ID_NOT_FOUND);
                        return;
                    }
                    var topics = request.topics().stream()
                            .map(topic -> {
                                boolean read = shard.subscribes(request.groupId(), topic.name());
                                return OffsetDeleteResponseTopic.builder()
                                        .name(topic.name())
                                        .partitions(topic.partitions().stream()
                                                .map(partition -> {
                                                    if (!read) {
                                                        shard.offsets()
                                                                .delete(
                                                                        request.groupId(),
                                                                        topic.name(),
                                                                        partition.partitionIndex(),
                                                                        effects);
                                                    }
                                                    return OffsetDeleteResponsePartition.builder()
                                                            .partitionIndex(partition.partitionIndex())
                                                            .errorCode((read
                                                                            ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC
                                                                            : ErrorCode.NONE)
                                                                    .code())
                                                            .build();
                                                })
                                                .toList())
                                        .build();
                            })
                            .toList();
                    var response = OffsetDeleteResponse.builder().topics(topics).build();
                    effects.whenCommitted(() -> answer.accept(response));
                    effects.whenFailed(refused);
                },
                refused);
    }
}
