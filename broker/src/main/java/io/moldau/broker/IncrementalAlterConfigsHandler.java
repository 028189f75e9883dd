package io.moldau.broker;

import io.moldau.broker.ConfigDecisions.Alteration;
import io.moldau.protocol.message.IncrementalAlterConfigsRequest;
import io.moldau.protocol.message.IncrementalAlterConfigsRequest.AlterConfigsResource;
import io.moldau.protocol.message.IncrementalAlterConfigsResponse;
import io.moldau.protocol.message.IncrementalAlterConfigsResponse.AlterConfigsResourceResponse;
import java.util.Optional;

/// IncrementalAlterConfigs (key 44), versions 0–1 (KIP-339).
final class IncrementalAlterConfigsHandler implements ApiHandler<IncrementalAlterConfigsRequest> {
    private final AlterationRun run;

    IncrementalAlterConfigsHandler(NodeContext context, ConfigDecisions decisions) {
        this.run = new AlterationRun(context.controller(), decisions::alter);
    }

    @Override
    public void handle(IncrementalAlterConfigsRequest request, Call call) {
        var wishes = request.resources().stream()
                .map(IncrementalAlterConfigsHandler::wish)
                .toList();
        run.answer(
                call,
                wishes,
                request.validateOnly(),
                fates -> IncrementalAlterConfigsResponse.builder()
                        .responses(fates.stream()
                                .map(IncrementalAlterConfigsHandler::response)
                                .toList())
                        .build());
    }

    private static AlterationRun.Wish wish(AlterConfigsResource resource) {
        var alterations = resource.configs().stream()
                .map(config ->
                        new Alteration(config.name(), config.configOperation(), Optional.ofNullable(config.value())))
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
