package io.moldau.client;

import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.ApiVersionsResponse;
import java.util.EnumMap;
import java.util.Map;

/// Which versions of each API a broker and we both speak (KIP-35).
record Versions(Map<ApiKey, Short> newest) {
    /// Above these, topics are named by id alone; the group calls here name them by name.
    private static final Map<ApiKey, Integer> CEILING = Map.of(ApiKey.OFFSET_COMMIT, 9, ApiKey.OFFSET_FETCH, 9);

    static Versions of(ApiVersionsResponse response) {
        var newest = new EnumMap<ApiKey, Short>(ApiKey.class);
        for (var offered : response.apiKeys()) {
            ApiKey.of(offered.apiKey()).ifPresent(key -> {
                int ours = Math.min(key.newestStableVersion(), CEILING.getOrDefault(key, Integer.MAX_VALUE));
                int common = Math.min(ours, offered.maxVersion());
                if (common >= Math.max(key.oldestVersion(), offered.minVersion()) && key.oldestVersion() >= 0) {
                    newest.put(key, (short) common);
                }
            });
        }
        return new Versions(Map.copyOf(newest));
    }

    short of(ApiKey key, String broker) {
        var version = newest.get(key);
        if (version == null) {
            throw new ClientException(
                    ErrorCode.UNSUPPORTED_VERSION,
                    "the broker at " + broker + " does not answer " + key + " in a version this program speaks");
        }
        return version;
    }
}
