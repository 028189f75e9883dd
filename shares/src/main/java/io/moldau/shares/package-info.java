/// Share groups' hold on the records of partitions (KIP-932, 1206, 1222, 1226): who has which record, how often it was
/// delivered, what became of it; and where that is kept, `__share_group_state` in Kafka's format.
/// Doors:     [SharePartitions], [SharePartition], [ShareRules]; [ShareCoordinator], [ShareKey], [ShareState],
///            [StateBatch]; the values between them.
/// Thread:    a share-partition belongs to its own strand; its kept state to the strand of its partition of
///            `__share_group_state`.
/// Holds:     what a member was told to be acknowledged is in the log; a record has one holder at a time; what was
///            never accepted, rejected or given up is offered again.
/// Knows not: members, assignments, connections; records are batches of offsets.
@NullMarked
package io.moldau.shares;

import org.jspecify.annotations.NullMarked;
