package io.moldau.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.message.ApiMessageType;
import org.junit.jupiter.api.Test;

class ApiKeyTest {
    @Test
    void everyApiKeyHasKafkasVersionsHeadersAndListeners() {
        assertThat(ApiKey.values()).hasSize(93);
        int removed = 0;
        for (var key : ApiKey.values()) {
            if (key.oldestVersion() < 0) {
                removed++;
                continue;
            }
            var theirs = ApiMessageType.fromApiKey(key.id());
            assertThat(key.name()).isEqualTo(theirs.name());
            assertThat(key.oldestVersion()).isEqualTo(theirs.lowestSupportedVersion());
            assertThat(key.newestVersion()).isEqualTo(theirs.highestSupportedVersion(true));
            assertThat(key.newestStableVersion()).as(key.name()).isEqualTo(theirs.highestSupportedVersion(false));
            assertThat(key.broker()).isEqualTo(theirs.listeners().contains(ApiMessageType.ListenerType.BROKER));
            assertThat(key.controller()).isEqualTo(theirs.listeners().contains(ApiMessageType.ListenerType.CONTROLLER));
            for (short version = key.oldestVersion(); version <= key.newestVersion(); version++) {
                assertThat(key.requestHeaderVersion(version)).isEqualTo(theirs.requestHeaderVersion(version));
                assertThat(key.responseHeaderVersion(version)).isEqualTo(theirs.responseHeaderVersion(version));
            }
        }
        assertThat(removed).isEqualTo(4);
    }

    @Test
    void anUnknownIdHasNoApiKey() {
        assertThat(ApiKey.of((short) 0)).contains(ApiKey.PRODUCE);
        assertThat(ApiKey.of((short) 92)).isPresent();
        assertThat(ApiKey.of((short) 93)).isEmpty();
        assertThat(ApiKey.of((short) -1)).isEmpty();
    }
}
