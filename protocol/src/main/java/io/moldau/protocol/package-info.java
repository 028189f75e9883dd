/// The messages of every API key and version, and the primitives they are made of.
/// Doors:     [ApiKey], [Message], [ByteReader], [ByteWriter], [Payload], [Uuid], [ErrorCode]; the records
///            in `message` (wire) and `data` (contents of records), generated from Kafka's schemas.
/// Thread:    messages are immutable; a reader or writer belongs to one thread at a time.
/// Holds:     what is read was checked against what is there; nothing is allocated for bytes that are not.
/// Knows not: sockets, files, what a message means.
@NullMarked
package io.moldau.protocol;

import org.jspecify.annotations.NullMarked;
