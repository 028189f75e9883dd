package io.moldau.broker.settings;

/// The types of settings, with their codes in DescribeConfigs.
public enum SettingType {
    BOOLEAN(1),
    STRING(2),
    INT(3),
    SHORT(4),
    LONG(5),
    DOUBLE(6),
    LIST(7),
    CLASS(8),
    PASSWORD(9);

    private final byte code;

    SettingType(int code) {
        this.code = (byte) code;
    }

    /// The number that stands for this type in a DescribeConfigs response.
    public byte code() {
        return code;
    }
}
