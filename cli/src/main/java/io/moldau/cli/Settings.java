package io.moldau.cli;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/// `KEY=VALUE` arguments.
final class Settings {
    private Settings() {}

    static Map<String, String> parse(Collection<String> texts) {
        var settings = new LinkedHashMap<String, String>();
        for (var text : texts) {
            int equals = StartOptions.setting(text).indexOf('=');
            settings.put(text.substring(0, equals), text.substring(equals + 1));
        }
        return settings;
    }
}
