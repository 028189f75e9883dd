package io.moldau.broker;

import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.DeleteShareGroupStateRequest;
import io.moldau.protocol.message.DeleteShareGroupStateResponse;
import io.moldau.protocol.message.InitializeShareGroupStateRequest;
import io.moldau.protocol.message.InitializeShareGroupStateResponse;
import io.moldau.protocol.message.ReadShareGroupStateRequest;
import io.moldau.protocol.message.ReadShareGroupStateResponse;
import io.moldau.protocol.message.ReadShareGroupStateSummaryRequest;
import io.moldau.protocol.message.ReadShareGroupStateSummaryResponse;
import io.moldau.protocol.message.WriteShareGroupStateRequest;
import io.moldau.protocol.message.WriteShareGroupStateResponse;
import io.moldau.shares.ShareCoordinator;
import io.moldau.shares.ShareKey;
import io.moldau.shares.SharePartitions;
import io.moldau.shares.ShareState;
import io.moldau.shares.ShareWrite;
import io.moldau.shares.StateBatch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The share state by request (keys 83–87), for brokers that lead share-partitions elsewhere. This node's own
/// share-partitions do without requests.
final class ShareStateHandlers {
    private final ShareCoordinator store;
    private final SharePartitions partitions;

    ShareStateHandlers(ShareCoordinator store, SharePartitions partitions) {
        this.store = store;
        this.partitions = partitions;
    }

    /// What is asked of one partition, and what is answered.
    private record One<P>(Uuid topic, P partition) {}

    private static <P, R, T> void gather(
            List<One<P>> all, Ask<P, R> ask, BiFunction<Uuid, List<R>, T> topic, Consumer<List<T>> done) {
        Gathered.<One<P>, R>each(all, ask::one, results -> {
            Map<Uuid, List<R>> byTopic = new LinkedHashMap<>();
            for (int i = 0; i < all.size(); i++) {
                byTopic.computeIfAbsent(all.get(i).topic(), id -> new ArrayList<>())
                        .add(results.get(i));
            }
            done.accept(byTopic.entrySet().stream()
                    .map(entry -> topic.apply(entry.getKey(), entry.getValue()))
                    .toList());
        });
    }

    private interface Ask<P, R> {
        void one(One<P> one, Consumer<R> answer);
    }

    private static @Nullable String text(ErrorCode error) {
        return error == ErrorCode.NONE ? null : error.text();
    }

    void register(ApiTable table) {
        table.with(ApiKey.INITIALIZE_SHARE_GROUP_STATE, InitializeShareGroupStateRequest.class, this::initialise);
        table.with(ApiKey.READ_SHARE_GROUP_STATE, ReadShareGroupStateRequest.class, this::read);
        table.with(ApiKey.WRITE_SHARE_GROUP_STATE, WriteShareGroupStateRequest.class, this::write);
        table.with(ApiKey.DELETE_SHARE_GROUP_STATE, DeleteShareGroupStateRequest.class, this::delete);
        table.with(ApiKey.READ_SHARE_GROUP_STATE_SUMMARY, ReadShareGroupStateSummaryRequest.class, this::summary);
    }

    private void initialise(InitializeShareGroupStateRequest request, Call call) {
        var all = new ArrayList<One<InitializeShareGroupStateRequest.PartitionData>>();
        request.topics().forEach(topic -> topic.partitions().forEach(p -> all.add(new One<>(topic.topicId(), p))));
        ShareStateHandlers
                .<InitializeShareGroupStateRequest.PartitionData, InitializeShareGroupStateResponse.PartitionResult,
                        InitializeShareGroupStateResponse.InitializeStateResult>
                        gather(
                                all,
                                (one, answer) -> {
                                    var asked = one.partition();
                                    var key = new ShareKey(request.groupId(), one.topic(), asked.partition());
                                    store.initialise(key, asked.stateEpoch(), asked.startOffset(), error -> {
                                        partitions.forget(key);
                                        answer.accept(InitializeShareGroupStateResponse.PartitionResult.builder()
                                                .partition(asked.partition())
                                                .errorCode(error.code())
                                                .errorMessage(text(error))
                                                .build());
                                    });
                                },
                                (topic, results) -> InitializeShareGroupStateResponse.InitializeStateResult.builder()
                                        .topicId(topic)
                                        .partitions(results)
                                        .build(),
                                results -> call.answer(InitializeShareGroupStateResponse.builder()
                                        .results(results)
                                        .build()));
    }

    private void read(ReadShareGroupStateRequest request, Call call) {
        var all = new ArrayList<One<ReadShareGroupStateRequest.PartitionData>>();
        request.topics().forEach(topic -> topic.partitions().forEach(p -> all.add(new One<>(topic.topicId(), p))));
        ShareStateHandlers
                .<ReadShareGroupStateRequest.PartitionData, ReadShareGroupStateResponse.PartitionResult,
                        ReadShareGroupStateResponse.ReadStateResult>
                        gather(
                                all,
                                (one, answer) -> {
                                    var asked = one.partition();
                                    var key = new ShareKey(request.groupId(), one.topic(), asked.partition());
                                    store.read(key, asked.leaderEpoch(), found -> {
                                        var result = ReadShareGroupStateResponse.PartitionResult.builder()
                                                .partition(asked.partition())
                                                .errorCode(found.error().code())
                                                .errorMessage(text(found.error()));
                                        found.state()
                                                .ifPresent(state -> result.stateEpoch(state.stateEpoch())
                                                        .startOffset(state.startOffset())
                                                        .stateBatches(state.batches().stream()
                                                                .map(batch ->
                                                                        ReadShareGroupStateResponse.StateBatch.builder()
                                                                                .firstOffset(batch.first())
                                                                                .lastOffset(batch.last())
                                                                                .deliveryState(batch.state())
                                                                                .deliveryCount(batch.deliveries())
                                                                                .build())
                                                                .toList()));
                                        answer.accept(result.build());
                                    });
                                },
                                (topic, results) -> ReadShareGroupStateResponse.ReadStateResult.builder()
                                        .topicId(topic)
                                        .partitions(results)
                                        .build(),
                                results -> call.answer(ReadShareGroupStateResponse.builder()
                                        .results(results)
                                        .build()));
    }

    private void write(WriteShareGroupStateRequest request, Call call) {
        var all = new ArrayList<One<WriteShareGroupStateRequest.PartitionData>>();
        request.topics().forEach(topic -> topic.partitions().forEach(p -> all.add(new One<>(topic.topicId(), p))));
        ShareStateHandlers
                .<WriteShareGroupStateRequest.PartitionData, WriteShareGroupStateResponse.PartitionResult,
                        WriteShareGroupStateResponse.WriteStateResult>
                        gather(
                                all,
                                (one, answer) -> {
                                    var asked = one.partition();
                                    Consumer<ErrorCode> answered = error ->
                                            answer.accept(WriteShareGroupStateResponse.PartitionResult.builder()
                                                    .partition(asked.partition())
                                                    .errorCode(error.code())
                                                    .errorMessage(text(error))
                                                    .build());
                                    if (asked.stateBatches().stream()
                                            .anyMatch(batch -> batch.firstOffset() < 0
                                                    || batch.lastOffset() < batch.firstOffset())) {
                                        answered.accept(ErrorCode.INVALID_REQUEST);
                                        return;
                                    }
                                    var batches = asked.stateBatches().stream()
                                            .map(batch -> new StateBatch(
                                                    batch.firstOffset(),
                                                    batch.lastOffset(),
                                                    batch.deliveryState(),
                                                    batch.deliveryCount()))
                                            .toList();
                                    store.write(
                                            new ShareKey(request.groupId(), one.topic(), asked.partition()),
                                            new ShareWrite(
                                                    asked.stateEpoch(),
                                                    asked.leaderEpoch(),
                                                    asked.startOffset(),
                                                    asked.deliveryCompleteCount(),
                                                    batches),
                                            answered);
                                },
                                (topic, results) -> WriteShareGroupStateResponse.WriteStateResult.builder()
                                        .topicId(topic)
                                        .partitions(results)
                                        .build(),
                                results -> call.answer(WriteShareGroupStateResponse.builder()
                                        .results(results)
                                        .build()));
    }

    private void delete(DeleteShareGroupStateRequest request, Call call) {
        var all = new ArrayList<One<DeleteShareGroupStateRequest.PartitionData>>();
        request.topics().forEach(topic -> topic.partitions().forEach(p -> all.add(new One<>(topic.topicId(), p))));
        ShareStateHandlers
                .<DeleteShareGroupStateRequest.PartitionData, DeleteShareGroupStateResponse.PartitionResult,
                        DeleteShareGroupStateResponse.DeleteStateResult>
                        gather(
                                all,
                                (one, answer) -> {
                                    int partition = one.partition().partition();
                                    var key = new ShareKey(request.groupId(), one.topic(), partition);
                                    store.delete(key, error -> {
                                        partitions.forget(key);
                                        answer.accept(DeleteShareGroupStateResponse.PartitionResult.builder()
                                                .partition(partition)
                                                .errorCode(error.code())
                                                .errorMessage(text(error))
                                                .build());
                                    });
                                },
                                (topic, results) -> DeleteShareGroupStateResponse.DeleteStateResult.builder()
                                        .topicId(topic)
                                        .partitions(results)
                                        .build(),
                                results -> call.answer(DeleteShareGroupStateResponse.builder()
                                        .results(results)
                                        .build()));
    }

    /// A partition without a state is one that nobody has begun to read.
    private void summary(ReadShareGroupStateSummaryRequest request, Call call) {
        var all = new ArrayList<One<ReadShareGroupStateSummaryRequest.PartitionData>>();
        request.topics().forEach(topic -> topic.partitions().forEach(p -> all.add(new One<>(topic.topicId(), p))));
        ShareStateHandlers
                .<ReadShareGroupStateSummaryRequest.PartitionData, ReadShareGroupStateSummaryResponse.PartitionResult,
                        ReadShareGroupStateSummaryResponse.ReadStateSummaryResult>
                        gather(
                                all,
                                (one, answer) -> {
                                    int partition = one.partition().partition();
                                    store.look(
                                            new ShareKey(request.groupId(), one.topic(), partition),
                                            found -> answer.accept(
                                                    ReadShareGroupStateSummaryResponse.PartitionResult.builder()
                                                            .partition(partition)
                                                            .errorCode(found.error()
                                                                    .code())
                                                            .errorMessage(text(found.error()))
                                                            .stateEpoch(found.state()
                                                                    .map(ShareState::stateEpoch)
                                                                    .orElse(0))
                                                            .leaderEpoch(found.state()
                                                                    .map(ShareState::leaderEpoch)
                                                                    .orElse(0))
                                                            .startOffset(found.state()
                                                                    .map(ShareState::startOffset)
                                                                    .orElse(ShareState.NOT_BEGUN))
                                                            .deliveryCompleteCount(found.state()
                                                                    .map(ShareState::deliveryCompleteCount)
                                                                    .orElse(-1))
                                                            .build()));
                                },
                                (topic, results) -> ReadShareGroupStateSummaryResponse.ReadStateSummaryResult.builder()
                                        .topicId(topic)
                                        .partitions(results)
                                        .build(),
                                results -> call.answer(ReadShareGroupStateSummaryResponse.builder()
                                        .results(results)
                                        .build()));
    }
}
