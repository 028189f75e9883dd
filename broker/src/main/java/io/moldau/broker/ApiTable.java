package io.moldau.broker;

import io.moldau.protocol.ApiKey;
import io.moldau.protocol.Request;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/// Which API keys this node answers, in which versions, and by whom.
public final class ApiTable {
    /// A handler and the versions it answers, both ends included.
    record Entry(short oldest, short newest, ApiHandler<Request> handler) {
        boolean answers(short version) {
            return version >= oldest && version <= newest;
        }
    }

    private final Map<ApiKey, Entry> entries = new EnumMap<>(ApiKey.class);

    /// All stable versions of the key.
    <Q extends Request> ApiTable with(ApiKey key, Class<Q> type, ApiHandler<Q> handler) {
        entries.put(
                key,
                new Entry(
                        key.oldestVersion(),
                        key.newestStableVersion(),
                        (request, call) -> handler.handle(type.cast(request), call)));
        return this;
    }

    Optional<Entry> entry(ApiKey key) {
        return Optional.ofNullable(entries.get(key));
    }

    public Map<ApiKey, Entry> entries() {
        return Map.copyOf(entries);
    }
}
