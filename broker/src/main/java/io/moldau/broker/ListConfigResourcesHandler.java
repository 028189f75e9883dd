package io.moldau.broker;

import io.moldau.metadata.ConfigResource.Type;
import io.moldau.metadata.MetadataImage;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.ListConfigResourcesRequest;
import io.moldau.protocol.message.ListConfigResourcesResponse;
import io.moldau.protocol.message.ListConfigResourcesResponse.ConfigResource;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// ListConfigResources (key 74), versions 0–1.
/// - v0 knows client metrics only (KIP-714)
/// - v1 lists any type, all of them if none is named (KIP-1142)
/// Broker loggers are never listed, since they cannot be described.
final class ListConfigResourcesHandler implements ApiHandler<ListConfigResourcesRequest> {
    private final NodeContext context;

    ListConfigResourcesHandler(NodeContext context) {
        this.context = context;
    }

    @Override
    public void handle(ListConfigResourcesRequest request, Call call) {
        var wanted = call.version() == 0 ? List.of(Type.CLIENT_METRICS.code()) : request.resourceTypes();
        if (wanted.stream().anyMatch(code -> Type.of(code).isEmpty())) {
            call.answer(ListConfigResourcesResponse.builder()
                    .errorCode(ErrorCode.UNSUPPORTED_VERSION.code())
                    .configResources(List.of())
                    .build());
            return;
        }
        call.answer(ListConfigResourcesResponse.builder()
                .configResources(list(context.image(), context.nodeId(), wanted))
                .build());
    }

    /// The resources of these types, of every type if there are none.
    static List<ConfigResource> list(MetadataImage image, int nodeId, List<Byte> types) {
        Set<Type> wanted = types.isEmpty()
                ? Set.of(Type.values())
                : types.stream().flatMap(code -> Type.of(code).stream()).collect(Collectors.toSet());
        return Stream.of(Type.values())
                .filter(wanted::contains)
                .flatMap(type -> names(image, nodeId, type).map(name -> new ConfigResource(name, type.code())))
                .toList();
    }

    private static Stream<String> names(MetadataImage image, int nodeId, Type type) {
        return switch (type) {
            case TOPIC -> image.topics().keySet().stream();
            case BROKER -> Stream.of(Integer.toString(nodeId));
            case BROKER_LOGGER -> Stream.of();
            case CLIENT_METRICS, GROUP ->
                image.configs().keySet().stream()
                        .filter(resource -> resource.type() == type)
                        .map(resource -> resource.name())
                        .sorted();
        };
    }
}
