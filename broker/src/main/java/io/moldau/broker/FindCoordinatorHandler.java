package io.moldau.broker;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.FindCoordinatorRequest;
import io.moldau.protocol.message.FindCoordinatorResponse;
import io.moldau.protocol.message.FindCoordinatorResponse.Coordinator;
import java.util.List;

/// FindCoordinator (key 10), versions 0–6: for groups, this node, once the offsets topic exists.
/// - v4 many keys at once (KIP-699)
/// Left out: coordinators of transactions and of share groups.
final class FindCoordinatorHandler implements ApiHandler<FindCoordinatorRequest> {
    private static final byte GROUP = 0;

    private final NodeContext context;
    private final TopicCreation creation;

    FindCoordinatorHandler(NodeContext context, TopicCreation creation) {
        this.context = context;
        this.creation = creation;
    }

    @Override
    public void handle(FindCoordinatorRequest request, Call call) {
        byte type = call.version() >= 1 ? request.keyType() : GROUP;
        if (type != GROUP) {
            var kind = type == 1 ? "transactions" : type == 2 ? "share groups" : "coordinator type " + type;
            answer(request, call, ErrorCode.INVALID_REQUEST, "this node has no coordinator for " + kind);
            return;
        }
        if (context.image().topic("__consumer_offsets").isPresent()) {
            answer(request, call, ErrorCode.NONE, "");
            return;
        }
        creation.ensure(List.of("__consumer_offsets")).whenComplete((outcomes, failure) -> {
            if (failure != null) {
                call.fail(failure);
                return;
            }
            var error = TopicCreation.errorOf(outcomes.getFirst());
            answer(
                    request,
                    call,
                    error == ErrorCode.NONE ? error : ErrorCode.COORDINATOR_NOT_AVAILABLE,
                    "the topic __consumer_offsets cannot be created: " + outcomes.getFirst());
        });
    }

    private void answer(FindCoordinatorRequest request, Call call, ErrorCode error, String reason) {
        boolean found = error == ErrorCode.NONE;
        var address = context.advertised().to(call.peer());
        var response = FindCoordinatorResponse.builder();
        int nodeId = found ? context.nodeId() : -1;
        String host = found ? address.host() : "";
        int port = found ? address.port() : -1;
        if (call.version() >= 4) {
            response.coordinators(request.coordinatorKeys().stream()
                    .map(key -> Coordinator.builder()
                            .key(key)
                            .nodeId(nodeId)
                            .host(host)
                            .port(port)
                            .errorCode(error.code())
                            .errorMessage(found ? null : reason)
                            .build())
                    .toList());
        } else {
            response.errorCode(error.code())
                    .errorMessage(found ? null : reason)
                    .nodeId(nodeId)
                    .host(host)
                    .port(port);
        }
        call.answer(response.build());
    }
}
