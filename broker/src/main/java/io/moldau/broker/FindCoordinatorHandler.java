package io.moldau.broker;

import io.moldau.groups.GroupCoordinator;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.FindCoordinatorRequest;
import io.moldau.protocol.message.FindCoordinatorResponse;
import io.moldau.protocol.message.FindCoordinatorResponse.Coordinator;
import io.moldau.shares.ShareCoordinator;
import io.moldau.shares.ShareKey;
import io.moldau.transactions.TransactionCoordinator;

/// FindCoordinator (key 10), versions 0–6: for groups, transactions and share states, this node, once their internal
/// topic exists.
/// - v4 many keys at once (KIP-699)
/// - v6 share states (KIP-932), by keys of the form `group:topicId:partition`
final class FindCoordinatorHandler implements ApiHandler<FindCoordinatorRequest> {
    private static final byte GROUP = 0;
    private static final byte TRANSACTION = 1;
    private static final byte SHARE = 2;

    private final NodeContext context;
    private final TopicCreation creation;

    FindCoordinatorHandler(NodeContext context, TopicCreation creation) {
        this.context = context;
        this.creation = creation;
    }

    @Override
    public void handle(FindCoordinatorRequest request, Call call) {
        byte type = call.version() >= 1 ? request.keyType() : GROUP;
        if (type != GROUP && type != TRANSACTION && type != SHARE) {
            answer(
                    request,
                    call,
                    ErrorCode.INVALID_REQUEST,
                    "this node has no coordinator for coordinator type " + type);
            return;
        }
        if (type == SHARE
                && request.coordinatorKeys().stream()
                        .anyMatch(key -> ShareKey.parse(key).isEmpty())) {
            answer(request, call, ErrorCode.INVALID_REQUEST, "a share coordinator's key is group:topicId:partition");
            return;
        }
        var topic = type == GROUP
                ? GroupCoordinator.TOPIC
                : type == TRANSACTION ? TransactionCoordinator.TOPIC : ShareCoordinator.TOPIC;
        creation.whenThere(topic, failure -> {
            if (failure.isEmpty()) {
                answer(request, call, ErrorCode.NONE, "");
            } else {
                answer(request, call, ErrorCode.COORDINATOR_NOT_AVAILABLE, failure.get());
            }
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
