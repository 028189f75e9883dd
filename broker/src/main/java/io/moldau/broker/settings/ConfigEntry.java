package io.moldau.broker.settings;

import java.util.List;
import java.util.Optional;

/// A setting's effective value and where it came from, as DescribeConfigs tells it.
public record ConfigEntry(
        String name,
        Optional<String> value,
        Source source,
        boolean readOnly,
        boolean sensitive,
        SettingType type,
        String documentation,
        List<Synonym> synonyms) {
    /// A value that applies, or would apply if those before it were taken away.
    public record Synonym(String name, Optional<String> value, Source source) {}

    /// Where a value was set, with Kafka's codes.
    public enum Source {
        TOPIC(1),
        DYNAMIC_BROKER(2),
        DYNAMIC_DEFAULT_BROKER(3),
        STATIC_BROKER(4),
        DEFAULT(5),
        CLIENT_METRICS(7),
        GROUP(8);

        private final byte code;

        Source(int code) {
            this.code = (byte) code;
        }

        /// The number that stands for this source in a DescribeConfigs response.
        public byte code() {
            return code;
        }
    }

    /// True if nobody set it.
    public boolean isDefault() {
        return source == Source.DEFAULT;
    }

    static ConfigEntry of(Setting setting, boolean readOnly, List<Synonym> synonyms) {
        var first = synonyms.getFirst();
        boolean sensitive = setting.type() == SettingType.PASSWORD;
        return new ConfigEntry(
                setting.name(),
                sensitive ? Optional.empty() : first.value(),
                first.source(),
                readOnly,
                sensitive,
                setting.type(),
                setting.documentation(),
                sensitive ? List.of() : List.copyOf(synonyms));
    }
}
