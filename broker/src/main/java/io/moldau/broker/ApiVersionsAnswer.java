package io.moldau.broker;

import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.ApiVersionsRequest;
import io.moldau.protocol.message.ApiVersionsResponse;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/// ApiVersions (key 18), versions 0–4: what this node answers, and which features are finalized (KIP-35, KIP-584).
/// Produce is announced from version 0, as old librdkafka will not use a codec otherwise; versions below 3 are
/// refused all the same.
final class ApiVersionsAnswer implements ApiHandler<ApiVersionsRequest> {
    private static final Pattern SOFTWARE = Pattern.compile("[a-zA-Z0-9](?:[a-zA-Z0-9\\-.]*[a-zA-Z0-9])?");

    /// A feature that clients ask for by name, its highest level here.
    record Feature(String name, short min, short max, short finalized) {}

    private final ApiTable table;
    private final List<Feature> features;

    ApiVersionsAnswer(ApiTable table, List<Feature> features) {
        this.table = table;
        this.features = features;
    }

    @Override
    public void handle(ApiVersionsRequest request, Call call) {
        if (call.version() >= 3) {
            var name = request.clientSoftwareName();
            var version = request.clientSoftwareVersion();
            if (!SOFTWARE.matcher(name).matches() || !SOFTWARE.matcher(version).matches()) {
                call.answer(response(ErrorCode.INVALID_REQUEST, call.version()));
                return;
            }
            call.peer().software(name + " " + version);
        }
        call.answer(response(ErrorCode.NONE, call.version()));
    }

    ApiVersionsResponse response(ErrorCode error, short version) {
        var keys = table.entries().entrySet().stream()
                .map(entry -> ApiVersionsResponse.ApiVersion.builder()
                        .apiKey(entry.getKey().id())
                        .minVersion(
                                entry.getKey() == ApiKey.PRODUCE
                                        ? 0
                                        : entry.getValue().oldest())
                        .maxVersion(entry.getValue().newest())
                        .build())
                .sorted(Comparator.comparingInt(ApiVersionsResponse.ApiVersion::apiKey))
                .toList();
        var response = ApiVersionsResponse.builder().errorCode(error.code()).apiKeys(keys);
        if (version >= 3) {
            response.supportedFeatures(features.stream()
                            // A level of 0 as a minimum cannot be told below version 4 (KIP-1022).
                            .filter(feature -> version >= 4 || feature.min() > 0)
                            .map(feature -> ApiVersionsResponse.SupportedFeatureKey.builder()
                                    .name(feature.name())
                                    .minVersion(feature.min())
                                    .maxVersion(feature.max())
                                    .build())
                            .toList())
                    .finalizedFeaturesEpoch(0)
                    .finalizedFeatures(features.stream()
                            .filter(feature -> feature.finalized() > 0)
                            .map(feature -> ApiVersionsResponse.FinalizedFeatureKey.builder()
                                    .name(feature.name())
                                    .minVersionLevel(feature.finalized())
                                    .maxVersionLevel(feature.finalized())
                                    .build())
                            .toList());
        }
        return response.build();
    }
}
