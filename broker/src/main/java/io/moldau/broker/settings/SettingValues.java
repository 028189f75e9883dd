package io.moldau.broker.settings;

import java.util.List;

/// Settings by name, in their types. Values were checked when they came in, so that the types cannot fail.
public interface SettingValues {
    /// The effective value. Throws [IllegalArgumentException] for a name that is not known or has no value.
    String string(String name);

    default int int32(String name) {
        return Integer.parseInt(string(name));
    }

    default long int64(String name) {
        return Long.parseLong(string(name));
    }

    default double float64(String name) {
        return Double.parseDouble(string(name));
    }

    default boolean bool(String name) {
        return string(name).equals("true");
    }

    default List<String> list(String name) {
        return Setting.split(string(name));
    }
}
