package io.moldau.broker;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.DescribeClusterRequest;
import io.moldau.protocol.message.DescribeClusterResponse;
import io.moldau.protocol.message.DescribeClusterResponse.DescribeClusterBroker;
import java.util.List;

/// DescribeCluster (key 60), versions 0–2.
/// - v1 the kind of endpoints: 1 brokers, 2 controllers (KIP-919); a lone node has no controller listener
/// - v2 fenced brokers
final class DescribeClusterHandler implements ApiHandler<DescribeClusterRequest> {
    private static final byte BROKERS = 1;

    private final NodeContext context;

    DescribeClusterHandler(NodeContext context) {
        this.context = context;
    }

    @Override
    public void handle(DescribeClusterRequest request, Call call) {
        if (call.version() >= 1 && request.endpointType() != BROKERS) {
            call.answer(DescribeClusterResponse.builder()
                    .errorCode(ErrorCode.MISMATCHED_ENDPOINT_TYPE.code())
                    .errorMessage("this is a broker endpoint (type 1): use --bootstrap-server")
                    .endpointType(BROKERS)
                    .brokers(List.of())
                    .build());
            return;
        }
        var address = context.advertised().to(call.peer());
        call.answer(DescribeClusterResponse.builder()
                .endpointType(BROKERS)
                .clusterId(context.image().clusterId())
                .controllerId(context.nodeId())
                .brokers(List.of(DescribeClusterBroker.builder()
                        .brokerId(context.nodeId())
                        .host(address.host())
                        .port(address.port())
                        .rack(context.settings().value("broker.rack").orElse(null))
                        .build()))
                .clusterAuthorizedOperations(
                        request.includeClusterAuthorizedOperations() ? Operations.CLUSTER : Operations.NOT_ASKED)
                .build());
    }
}
