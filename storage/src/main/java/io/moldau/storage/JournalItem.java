package io.moldau.storage;

import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// What an entry of the journal holds, one after the other.
sealed interface JournalItem {
    byte APPEND = 1;
    byte CREATE = 2;
    byte DELETE = 3;
    byte LOG_START = 4;
    /// An append of which whole blocks lie apart from the entry's other items.
    byte APPEND_APART = 5;
    /// Type, topic id, partition, length.
    int HEADER_BYTES = 1 + 16 + 4 + 4;
    /// Bytes of the batches before those that lie apart, and of these.
    int APART_BYTES = 4 + 4;

    UuidBits topicId();

    int partition();

    /// Batches that were appended, with their offsets.
    record Append(UuidBits topicId, int partition, ByteBuffer batches) implements JournalItem {}

    record Create(UuidBits topicId, int partition, String topic) implements JournalItem {}

    record Delete(UuidBits topicId, int partition) implements JournalItem {}

    record LogStart(UuidBits topicId, int partition, long offset) implements JournalItem {}

    /// Bytes after the item's header.
    default int bodyBytes() {
        return switch (this) {
            case Append append -> append.batches.remaining();
            case Create create -> create.topic.getBytes(StandardCharsets.UTF_8).length;
            case Delete delete -> 0;
            case LogStart start -> 8;
        };
    }

    default void write(ByteBuffer out) {
        byte type = switch (this) {
            case Append append -> APPEND;
            case Create create -> CREATE;
            case Delete delete -> DELETE;
            case LogStart start -> LOG_START;
        };
        writeHeader(out, type, topicId(), partition(), bodyBytes());
        switch (this) {
            case Append append -> out.put(append.batches.duplicate());
            case Create create -> out.put(create.topic.getBytes(StandardCharsets.UTF_8));
            case Delete delete -> {}
            case LogStart start -> out.putLong(start.offset);
        }
    }

    /// What stands before the batches of an [Append].
    static void writeAppendHeader(ByteBuffer out, UuidBits topicId, int partition, int sizeBytes) {
        writeHeader(out, APPEND, topicId, partition, sizeBytes);
    }

    /// The batches of an [Append], of which `apart` will be written elsewhere.
    ///
    /// @param headBytes what lies before it
    static void writeAppend(
            ByteBuffer out, UuidBits topicId, int partition, ByteBuffer batches, int headBytes, int apartBytes) {
        int size = batches.remaining();
        int from = batches.position();
        int tailBytes = size - headBytes - apartBytes;
        writeHeader(out, APPEND_APART, topicId, partition, APART_BYTES + headBytes + tailBytes);
        out.putInt(headBytes).putInt(apartBytes);
        out.put(batches.slice(from, headBytes)).put(batches.slice(from + headBytes + apartBytes, tailBytes));
    }

    private static void writeHeader(ByteBuffer out, byte type, UuidBits topicId, int partition, int sizeBytes) {
        out.put(type).putLong(topicId.mostSignificant()).putLong(topicId.leastSignificant());
        out.putInt(partition).putInt(sizeBytes);
    }

    /// Null if what lies apart is not what was written: the entry's checksum does not cover it, its batch's does.
    ///
    /// @param apart blocks of the entry's items that lie apart, from this item's on
    static @Nullable JournalItem read(ByteBuffer in, ByteBuffer apart) throws IOException {
        byte type = in.get();
        var topicId = new UuidBits(in.getLong(), in.getLong());
        int partition = in.getInt();
        int size = in.getInt();
        var body = in.slice(in.position(), size);
        in.position(in.position() + size);
        return switch (type) {
            case APPEND -> new Append(topicId, partition, body);
            case APPEND_APART -> {
                var batch = whole(body, apart);
                if (!RecordBatch.of(batch).checkCrc()) {
                    yield null;
                }
                yield new Append(topicId, partition, batch);
            }
            case CREATE ->
                new Create(
                        topicId, partition, StandardCharsets.UTF_8.decode(body).toString());
            case DELETE -> new Delete(topicId, partition);
            case LOG_START -> new LogStart(topicId, partition, body.getLong());
            default -> throw new IOException("journal item of unknown type " + type + ": written by a newer Moldau?");
        };
    }

    private static ByteBuffer whole(ByteBuffer body, ByteBuffer apart) {
        int headBytes = body.getInt();
        int apartBytes = body.getInt();
        var all = ByteBuffer.allocate(body.remaining() + apartBytes);
        all.put(body.slice(body.position(), headBytes));
        all.put(apart.slice(apart.position(), apartBytes));
        apart.position(apart.position() + apartBytes);
        return all.put(body.position(body.position() + headBytes)).flip();
    }
}
