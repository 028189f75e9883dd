package io.moldau.client;

/// A setting of a topic, broker or group as the broker describes it; `value` is empty if it is secret or not set.
public record ConfigValue(String name, String value, String source, boolean readOnly, String documentation) {}
