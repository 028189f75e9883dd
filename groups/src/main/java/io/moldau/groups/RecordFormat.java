package io.moldau.groups;

import io.moldau.coordination.Entry;
import io.moldau.protocol.ByteReader;
import io.moldau.protocol.ByteWriter;
import io.moldau.protocol.Message;
import java.nio.ByteBuffer;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/// The framing of coordinator records, as Kafka writes it: a key is `type (int16)` and the key message in version 0
/// (offset commits: version 1 is type 1); a value is `version (int16)` and the value message in that version.
public final class RecordFormat {
    private RecordFormat() {}

    public static Entry entry(short type, Message key, @Nullable Message value, short valueVersion) {
        return new Entry(bytes(type, key, (short) 0), value == null ? null : bytes(valueVersion, value, valueVersion));
    }

    public static Entry tombstone(short type, Message key) {
        return entry(type, key, null, (short) 0);
    }

    private static ByteBuffer bytes(short prefix, Message message, short version) {
        var out = new ByteWriter();
        out.int16(prefix);
        message.write(out, version);
        return out.toBuffer();
    }

    /// The type of a key.
    public static short type(ByteBuffer key) {
        return key.getShort(key.position());
    }

    public static <T> T key(ByteBuffer key, BiFunction<ByteReader, Short, T> read) {
        var in = new ByteReader(key.duplicate());
        in.int16();
        return read.apply(in, (short) 0);
    }

    public static <T> T value(ByteBuffer value, BiFunction<ByteReader, Short, T> read) {
        var in = new ByteReader(value.duplicate());
        short version = in.int16();
        return read.apply(in, version);
    }
}
