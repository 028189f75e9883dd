/// The logs of partitions and the directory that holds them.
/// Doors:     [LogDirectory], [PartitionLog] with its [LogView], [AppendResult] and [ReadResult], [LogSettings],
///            [LogTransactions], [LogDirectories] and the [LogMoves] between them,
///            [Cleaner] with its [CleanerSettings] and the [CompactionStatus] of a log and its
///            [CompactionProgress], the dump of a segment file.
/// Thread:    every change of a [PartitionLog] by its one owner at a time (a strand); [PartitionLog#view] and reads
///            from anywhere. One flusher thread a directory makes appended bytes durable for everybody. Compaction has
///            threads of its own; it rewrites segments that nobody writes to, and swaps them under the log's monitor.
///            One thread a node copies logs to other directories; the owner hands a log over to its copy.
/// Holds:     logStartOffset <= durableEndOffset <= logEndOffset; a batch is written once, whole, in order; what was
///            called durable is there after any crash.
/// Knows not: requests, leaders, high watermarks, sockets.
@NullMarked
package io.moldau.storage;

import org.jspecify.annotations.NullMarked;
