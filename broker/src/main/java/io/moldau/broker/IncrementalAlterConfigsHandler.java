package io.moldau.broker;

import io.moldau.broker.ConfigDecisions.Alteration;
import io.moldau.broker.ConfigDecisions.Refusal;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.IncrementalAlterConfigsRequest;
import io.moldau.protocol.message.IncrementalAlterConfigsRequest.AlterConfigsResource;
import io.moldau.protocol.message.IncrementalAlterConfigsResponse;
import io.moldau.protocol.message.IncrementalAlterConfigsResponse.AlterConfigsResourceResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// IncrementalAlterConfigs (key 44), versions 0–1 (KIP-339).
final class IncrementalAlterConfigsHandler implements ApiHandler<IncrementalAlterConfigsRequest> {
    private final NodeContext context;
    private final ConfigDecisions decisions;

    IncrementalAlterConfigsHandler(NodeContext context, ConfigDecisions decisions) {
        this.context = context;
        this.decisions = decisions;
    }

    @Override
    public void handle(IncrementalAlterConfigsRequest request, Call call) {
        AlterationRun.of(
                        context.controller(),
                        request.resources(),
                        resource -> new AlterationRun.Named(resource.resourceType(), resource.resourceName()),
                        (image, resource) -> decisions.alter(
                                image, resource.resourceType(), resource.resourceName(), wishes(resource)),
                        request.validateOnly())
                .whenComplete((refusals, failure) -> {
                    if (failure != null) {
                        call.fail(failure);
                        return;
                    }
                    var responses = new ArrayList<AlterConfigsResourceResponse>();
                    for (int i = 0; i < refusals.size(); i++) {
                        responses.add(response(request.resources().get(i), refusals.get(i)));
                    }
                    call.answer(IncrementalAlterConfigsResponse.builder()
                            .responses(responses)
                            .build());
                });
    }

    private static List<Alteration> wishes(AlterConfigsResource resource) {
        return resource.configs().stream()
                .map(config ->
                        new Alteration(config.name(), config.configOperation(), Optional.ofNullable(config.value())))
                .toList();
    }

    private static AlterConfigsResourceResponse response(AlterConfigsResource resource, Optional<Refusal> refusal) {
        return AlterConfigsResourceResponse.builder()
                .errorCode(refusal.map(Refusal::error).orElse(ErrorCode.NONE).code())
                .errorMessage(refusal.map(Refusal::reason).orElse(null))
                .resourceType(resource.resourceType())
                .resourceName(resource.resourceName())
                .build();
    }
}
