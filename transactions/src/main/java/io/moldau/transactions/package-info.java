/// The transaction coordinator: producer ids and epochs of transactional ids, and the transactions themselves,
/// kept in `__transaction_state` in Kafka's format (KIP-98, 360, 447, 664, 890).
/// Doors:     [TransactionCoordinator], [TransactionsApi], [TransactionQueries], [TransactionSettings], [Producer];
///            [MarkerWriter] and [ProducerIds] are handed in.
/// Thread:    a transactional id belongs to the strand of its partition of `__transaction_state`.
/// Holds:     once the decision to commit or abort is in the log, every partition of the transaction gets its
///            marker, however often the node is killed; nobody but the newest producer of a transactional id
///            changes anything.
/// Knows not: connections, what lies in the partitions, group offsets.
@NullMarked
package io.moldau.transactions;

import org.jspecify.annotations.NullMarked;
