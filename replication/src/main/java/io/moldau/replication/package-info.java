/// The leader of a partition: appends, the high watermark, and who waits for it.
/// Doors:     [Partitions], [Partition], [AppendOutcome], [Fetched], [TransactionMarker].
/// Thread:    every change of a partition happens on its strand; reads go to published views, from anywhere.
/// Holds:     logStartOffset <= highWatermark <= logEndOffset; the high watermark never passes what the topic's
///            durability promises, and nobody is answered before it has passed their record; readers
///            of committed records see nothing of a transaction before its marker is below it.
/// Knows not: requests, sockets, files.
@NullMarked
package io.moldau.replication;

import org.jspecify.annotations.NullMarked;
