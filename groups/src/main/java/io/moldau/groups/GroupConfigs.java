package io.moldau.groups;

/// The settings of single groups (`kafka-configs --entity-type groups`), over the broker's.
public interface GroupConfigs {
    /// A whole number, by Kafka's name of the group setting, or of a broker setting for all groups (`group....`), as it
    /// is now.
    int int32(String groupId, String name);
}
