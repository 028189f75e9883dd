package io.moldau.broker;

import io.moldau.broker.ConfigDecisions.Alteration;
import io.moldau.broker.ConfigDecisions.Refusal;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.AlterConfigsRequest;
import io.moldau.protocol.message.AlterConfigsRequest.AlterConfigsResource;
import io.moldau.protocol.message.AlterConfigsResponse;
import io.moldau.protocol.message.AlterConfigsResponse.AlterConfigsResourceResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// AlterConfigs (key 33), versions 0–2. What is not named goes back to what it inherits; the newer
/// IncrementalAlterConfigs (KIP-339) spares clients that surprise.
final class AlterConfigsHandler implements ApiHandler<AlterConfigsRequest> {
    private final NodeContext context;
    private final ConfigDecisions decisions;

    AlterConfigsHandler(NodeContext context, ConfigDecisions decisions) {
        this.context = context;
        this.decisions = decisions;
    }

    @Override
    public void handle(AlterConfigsRequest request, Call call) {
        AlterationRun.of(
                        context.controller(),
                        request.resources(),
                        resource -> new AlterationRun.Named(resource.resourceType(), resource.resourceName()),
                        (image, resource) -> decisions.replace(
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
                    call.answer(
                            AlterConfigsResponse.builder().responses(responses).build());
                });
    }

    private static List<Alteration> wishes(AlterConfigsResource resource) {
        return resource.configs().stream()
                .map(config -> new Alteration(config.name(), ConfigDecisions.SET, Optional.ofNullable(config.value())))
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
