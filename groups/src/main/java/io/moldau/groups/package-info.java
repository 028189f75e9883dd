/// Consumer groups: their members, assignments and committed offsets, kept in `__consumer_offsets` in Kafka's format.
/// Doors:     [GroupCoordinator], [GroupSettings], [Caller].
/// Thread:    a group belongs to the strand of its offsets partition.
/// Holds:     committed offsets and consumer-protocol and streams groups are the replay of the log. A classic group's
/// members
///            are soft by protocol: the log has them as of the last sync, as in Kafka. Of two commits of one offset
///            the one counts that stands later in the log, in a transaction or not.
/// Knows not: connections, topics' data.
@NullMarked
package io.moldau.groups;

import org.jspecify.annotations.NullMarked;
