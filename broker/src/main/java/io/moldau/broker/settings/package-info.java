/// The settings of a node, its topics and its groups: Kafka's names, units and defaults, each with a check and a
/// text, and where an effective value came from.
/// Doors:     [BrokerSettings], [TopicSettings], [GroupSettings], [SettingValues], [ConfigEntry], [Setting].
/// Thread:    all values are immutable; change means a new [BrokerSettings].
/// Knows not: requests, files, who asks.
@NullMarked
package io.moldau.broker.settings;

import org.jspecify.annotations.NullMarked;
