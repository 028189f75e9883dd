package io.moldau.broker;

import io.moldau.metadata.Controller.Decision;
import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.MetadataRecord;
import io.moldau.metadata.TopicOutcome;
import io.moldau.metadata.TopicOutcome.Done;
import io.moldau.metadata.TopicOutcome.Refused;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.CreatePartitionsRequest;
import io.moldau.protocol.message.CreatePartitionsRequest.CreatePartitionsAssignment;
import io.moldau.protocol.message.CreatePartitionsResponse;
import io.moldau.protocol.message.CreatePartitionsResponse.CreatePartitionsTopicResult;
import io.moldau.security.quotas.MutationBudget;
import java.util.ArrayList;
import java.util.List;

/// CreatePartitions (key 37), versions 0–3: raises the number of partitions of topics.
/// - v3 may be told that a quota is used up (KIP-599)
final class CreatePartitionsHandler implements ApiHandler<CreatePartitionsRequest> {
    private final NodeContext context;

    CreatePartitionsHandler(NodeContext context) {
        this.context = context;
    }

    @Override
    public void handle(CreatePartitionsRequest request, Call call) {
        var budget = context.quotas().mutations(call.who(), call.version() >= 3, context.nowNanos());
        context.controller().decide(image -> decide(image, request, budget)).whenComplete((outcomes, failure) -> {
            if (failure != null) {
                call.fail(failure);
                return;
            }
            var results = new ArrayList<CreatePartitionsTopicResult>();
            for (int i = 0; i < outcomes.size(); i++) {
                var name = request.topics().get(i).name();
                results.add(
                        switch (outcomes.get(i)) {
                            case Done done -> result(name, ErrorCode.NONE, "");
                            case Refused(var error, var reason) -> result(name, error, reason);
                        });
            }
            call.answer(CreatePartitionsResponse.builder().results(results).build(), budget.throttleMs());
        });
    }

    /// All topics of the request in one change: one sync.
    private Decision<List<TopicOutcome>> decide(
            MetadataImage image, CreatePartitionsRequest request, MutationBudget budget) {
        var records = new ArrayList<MetadataRecord>();
        var outcomes = new ArrayList<TopicOutcome>();
        var now = image;
        for (var topic : request.topics()) {
            var given = topic.assignments();
            List<List<Integer>> assignments = given == null
                    ? List.of()
                    : given.stream().map(CreatePartitionsAssignment::brokerIds).toList();
            var one = context.topicDecisions()
                    .addPartitions(now, topic.name(), topic.count(), assignments, request.validateOnly(), budget::take);
            now = now.replay(one.records());
            records.addAll(one.records());
            outcomes.add(one.answer());
        }
        return new Decision<>(records, outcomes);
    }

    private static CreatePartitionsTopicResult result(String name, ErrorCode error, String reason) {
        return CreatePartitionsTopicResult.builder()
                .name(name)
                .errorCode(error.code())
                .errorMessage(error == ErrorCode.NONE ? null : reason)
                .build();
    }
}
