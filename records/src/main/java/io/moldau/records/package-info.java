/// Record batches, format v2 (KIP-98): look at one without copying, check it, iterate it, build one, compress it.
/// Doors:     [RecordBatch], [RecordBatches], [BatchBuilder], [Record], [Compression], [ControlRecord].
/// Thread:    nothing here is shared: a view, an iterator or a builder belongs to whoever made it.
/// Holds:     whatever bytes come in, the only failure is [InvalidBatchException].
/// Knows not: sockets, files, partitions. Message formats v0 and v1 are refused (KIP-724).
@NullMarked
package io.moldau.records;

import org.jspecify.annotations.NullMarked;
