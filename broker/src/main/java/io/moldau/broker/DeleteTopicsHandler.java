package io.moldau.broker;

import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.TopicImage;
import io.moldau.metadata.TopicOutcome.Done;
import io.moldau.metadata.TopicOutcome.Refused;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.DeleteTopicsRequest;
import io.moldau.protocol.message.DeleteTopicsResponse;
import io.moldau.protocol.message.DeleteTopicsResponse.DeletableTopicResult;
import io.moldau.security.quotas.MutationBudget;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// DeleteTopics (key 20), versions 1–6.
/// - v5 error texts; may be told that a quota is used up (KIP-599)
/// - v6 by name or by id (KIP-516)
final class DeleteTopicsHandler implements ApiHandler<DeleteTopicsRequest> {
    /// A topic as the client named it.
    private record Wish(@Nullable String name, Uuid id) {}

    private final NodeContext context;

    DeleteTopicsHandler(NodeContext context) {
        this.context = context;
    }

    @Override
    public void handle(DeleteTopicsRequest request, Call call) {
        var wishes = new ArrayList<Wish>();
        request.topicNames().forEach(name -> wishes.add(new Wish(name, Uuid.ZERO)));
        request.topics().forEach(topic -> wishes.add(new Wish(topic.name(), topic.topicId())));
        var results = new ArrayList<CompletableFuture<DeletableTopicResult>>();
        var budget = context.quotas().mutations(call.who(), call.version() >= 5, context.nowNanos());
        wishes.forEach(wish -> results.add(delete(wish, budget)));
        CompletableFuture.allOf(results.toArray(new CompletableFuture<?>[0])).whenComplete((done, failure) -> {
            if (failure != null) {
                call.fail(failure);
            } else {
                var response = DeleteTopicsResponse.builder()
                        .responses(results.stream().map(CompletableFuture::join).toList())
                        .build();
                call.answer(response, budget.throttleMs());
            }
        });
    }

    private CompletableFuture<DeletableTopicResult> delete(Wish wish, MutationBudget budget) {
        var name = wish.name();
        if (name != null && !wish.id().equals(Uuid.ZERO)) {
            return refused(wish, ErrorCode.INVALID_REQUEST, "name the topic or give its id, not both");
        }
        if (!context.settings().bool("delete.topic.enable")) {
            return refused(
                    wish, ErrorCode.TOPIC_DELETION_DISABLED, "deleting topics is switched off (delete.topic.enable)");
        }
        var topic = find(context.image(), wish);
        if (topic == null) {
            return name != null
                    ? refused(wish, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "there is no topic \"" + name + "\"")
                    : refused(wish, ErrorCode.UNKNOWN_TOPIC_ID, "there is no topic with the id " + wish.id());
        }
        return context.controller()
                .decide(image -> context.topicDecisions().delete(image, topic.id(), budget::take))
                .thenApply(outcome -> switch (outcome) {
                    case Done(var deleted) ->
                        DeletableTopicResult.builder()
                                .name(deleted.name())
                                .topicId(deleted.id())
                                .build();
                    case Refused(var error, var reason) -> result(wish, error, reason);
                });
    }

    private static @Nullable TopicImage find(MetadataImage image, Wish wish) {
        var name = wish.name();
        return (name == null ? image.topic(wish.id()) : image.topic(name)).orElse(null);
    }

    private static CompletableFuture<DeletableTopicResult> refused(Wish wish, ErrorCode error, String reason) {
        return CompletableFuture.completedFuture(result(wish, error, reason));
    }

    private static DeletableTopicResult result(Wish wish, ErrorCode error, String reason) {
        return DeletableTopicResult.builder()
                .name(wish.name())
                .topicId(wish.id())
                .errorCode(error.code())
                .errorMessage(reason)
                .build();
    }
}
