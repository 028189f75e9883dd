package io.moldau.broker;

import io.moldau.broker.ConfigDecisions.Alteration;
import io.moldau.protocol.message.AlterConfigsRequest;
import io.moldau.protocol.message.AlterConfigsRequest.AlterConfigsResource;
import io.moldau.protocol.message.AlterConfigsResponse;
import io.moldau.protocol.message.AlterConfigsResponse.AlterConfigsResourceResponse;
import java.util.Optional;

/// AlterConfigs (key 33), versions 0–2. What is not named goes back to what it inherits; the newer
/// IncrementalAlterConfigs (KIP-339) spares clients that surprise.
final class AlterConfigsHandler implements ApiHandler<AlterConfigsRequest> {
    private final AlterationRun run;

    AlterConfigsHandler(NodeContext context, ConfigDecisions decisions) {
        this.run = new AlterationRun(context.controller(), decisions::replace);
    }

    @Override
    public void handle(AlterConfigsRequest request, Call call) {
        var wishes = request.resources().stream().map(AlterConfigsHandler::wish).toList();
        run.answer(
                call,
                wishes,
                request.validateOnly(),
                fates -> AlterConfigsResponse.builder()
                        .responses(fates.stream()
                                .map(AlterConfigsHandler::response)
                                .toList())
                        .build());
    }

    private static AlterationRun.Wish wish(AlterConfigsResource resource) {
        var alterations = resource.configs().stream()
                .map(config -> new Alteration(config.name(), ConfigDecisions.SET, Optional.ofNullable(config.value())))
                .toList();
        return new AlterationRun.Wish(resource.resourceType(), resource.resourceName(), alterations);
    }

    private static AlterConfigsResourceResponse response(AlterationRun.Fate fate) {
        return AlterConfigsResourceResponse.builder()
                .errorCode(fate.errorCode())
                .errorMessage(fate.errorMessage())
                .resourceType(fate.type())
                .resourceName(fate.name())
                .build();
    }
}
