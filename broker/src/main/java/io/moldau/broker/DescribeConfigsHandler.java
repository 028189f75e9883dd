package io.moldau.broker;

import io.moldau.broker.settings.ConfigEntry;
import io.moldau.metadata.ConfigResource;
import io.moldau.metadata.MetadataImage;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.DescribeConfigsRequest;
import io.moldau.protocol.message.DescribeConfigsRequest.DescribeConfigsResource;
import io.moldau.protocol.message.DescribeConfigsResponse;
import io.moldau.protocol.message.DescribeConfigsResponse.DescribeConfigsResourceResult;
import io.moldau.protocol.message.DescribeConfigsResponse.DescribeConfigsResult;
import io.moldau.protocol.message.DescribeConfigsResponse.DescribeConfigsSynonym;
import java.util.List;

/// DescribeConfigs (key 32), versions 1–4.
/// - v3 adds types and documentation (KIP-569)
/// Left out: broker loggers.
final class DescribeConfigsHandler implements ApiHandler<DescribeConfigsRequest> {
    private final NodeContext context;
    private final ConfigDecisions decisions;

    DescribeConfigsHandler(NodeContext context, ConfigDecisions decisions) {
        this.context = context;
        this.decisions = decisions;
    }

    @Override
    public void handle(DescribeConfigsRequest request, Call call) {
        var image = context.image();
        call.answer(DescribeConfigsResponse.builder()
                .results(request.resources().stream()
                        .map(resource -> result(image, resource, request))
                        .toList())
                .build());
    }

    private DescribeConfigsResult result(
            MetadataImage image, DescribeConfigsResource resource, DescribeConfigsRequest request) {
        var explained = DecisionViews.of(context, resource);
        if (explained.isPresent()) {
            return explained.get();
        }
        var result = DescribeConfigsResult.builder()
                .resourceType(resource.resourceType())
                .resourceName(resource.resourceName());
        var problem = decisions.problem(image, resource.resourceType(), resource.resourceName());
        var type = ConfigResource.Type.of(resource.resourceType());
        if (problem.isPresent() || type.isEmpty()) {
            return result.errorCode(problem.map(ConfigDecisions.Refusal::error)
                            .orElse(ErrorCode.INVALID_REQUEST)
                            .code())
                    .errorMessage(problem.map(ConfigDecisions.Refusal::reason).orElse(null))
                    .configs(List.of())
                    .build();
        }
        var keys = resource.configurationKeys();
        return result.configs(
                        decisions.describe(image, new ConfigResource(type.get(), resource.resourceName())).stream()
                                .filter(entry -> keys == null || keys.isEmpty() || keys.contains(entry.name()))
                                .map(entry -> entry(entry, request))
                                .toList())
                .build();
    }

    private static DescribeConfigsResourceResult entry(ConfigEntry entry, DescribeConfigsRequest request) {
        return DescribeConfigsResourceResult.builder()
                .name(entry.name())
                .value(entry.value().orElse(null))
                .readOnly(entry.readOnly())
                .configSource(entry.source().code())
                .isSensitive(entry.sensitive())
                .synonyms(request.includeSynonyms() ? synonyms(entry) : List.of())
                .configType(entry.type().code())
                .documentation(request.includeDocumentation() ? entry.documentation() : null)
                .build();
    }

    private static List<DescribeConfigsSynonym> synonyms(ConfigEntry entry) {
        return entry.synonyms().stream()
                .map(synonym -> new DescribeConfigsSynonym(
                        synonym.name(),
                        synonym.value().orElse(null),
                        synonym.source().code()))
                .toList();
    }
}
