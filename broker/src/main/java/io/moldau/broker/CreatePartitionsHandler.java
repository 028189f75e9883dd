package io.moldau.broker;

import io.moldau.metadata.TopicOutcome.Done;
import io.moldau.metadata.TopicOutcome.Refused;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.CreatePartitionsRequest;
import io.moldau.protocol.message.CreatePartitionsRequest.CreatePartitionsAssignment;
import io.moldau.protocol.message.CreatePartitionsRequest.CreatePartitionsTopic;
import io.moldau.protocol.message.CreatePartitionsResponse;
import io.moldau.protocol.message.CreatePartitionsResponse.CreatePartitionsTopicResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// CreatePartitions (key 37), versions 0–3: raises the number of partitions of topics.
final class CreatePartitionsHandler implements ApiHandler<CreatePartitionsRequest> {
    private final NodeContext context;

    CreatePartitionsHandler(NodeContext context) {
        this.context = context;
    }

    @Override
    public void handle(CreatePartitionsRequest request, Call call) {
        var results = new ArrayList<CompletableFuture<CreatePartitionsTopicResult>>();
        for (var topic : request.topics()) {
            results.add(add(topic, request.validateOnly()));
        }
        CompletableFuture.allOf(results.toArray(new CompletableFuture<?>[0])).whenComplete((done, failure) -> {
            if (failure != null) {
                call.fail(failure);
            } else {
                call.answer(CreatePartitionsResponse.builder()
                        .results(results.stream().map(CompletableFuture::join).toList())
                        .build());
            }
        });
    }

    private CompletableFuture<CreatePartitionsTopicResult> add(CreatePartitionsTopic topic, boolean validateOnly) {
        var given = topic.assignments();
        List<List<Integer>> assignments = given == null
                ? List.of()
                : given.stream().map(CreatePartitionsAssignment::brokerIds).toList();
        return context.controller()
                .decide(image -> context.topicDecisions()
                        .addPartitions(image, topic.name(), topic.count(), assignments, validateOnly))
                .thenApply(outcome -> switch (outcome) {
                    case Done done -> result(topic.name(), ErrorCode.NONE, "");
                    case Refused(var error, var reason) -> result(topic.name(), error, reason);
                });
    }

    private static CreatePartitionsTopicResult result(String name, ErrorCode error, String reason) {
        return CreatePartitionsTopicResult.builder()
                .name(name)
                .errorCode(error.code())
                .errorMessage(error == ErrorCode.NONE ? null : reason)
                .build();
    }
}
