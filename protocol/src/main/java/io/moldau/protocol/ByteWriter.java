package io.moldau.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes the protocol's primitives, growing as needed, in one pass. Large payloads are not copied:
/// the result is a list of parts, of which some are the payloads themselves.
/// `compact` says which of the two forms of length to write (flexible versions are compact).
public final class ByteWriter {
    private static final int FIRST_CAPACITY = 256;
    private static final int NESTED_CAPACITY = 64;
    /// Payloads in memory up to this size are copied: cheaper than a part of their own.
    private static final int COPIED_BYTES = 512;

    private static final int MAX_STRING_BYTES = Short.MAX_VALUE;

    private final boolean framed;
    private final List<Payload> sealed = new ArrayList<>(4);
    private int sealedBytes;
    private @Nullable ByteBuffer head;
    private ByteBuffer buffer;
    /// Where in the buffer the part being written begins; what lies before is sealed.
    private int start;

    public ByteWriter() {
        this(FIRST_CAPACITY, false);
    }

    public ByteWriter(int capacity) {
        this(capacity, false);
    }

    private ByteWriter(int capacity, boolean framed) {
        this.buffer = ByteBuffer.allocate(capacity);
        this.framed = framed;
        if (framed) buffer.putInt(0);
    }

    /// A writer whose first four bytes say how many follow, filled in when the parts are taken.
    public static ByteWriter frame() {
        return new ByteWriter(FIRST_CAPACITY, true);
    }

    /// Writes one element of a list.
    @FunctionalInterface
    public interface Element<T> {
        void write(ByteWriter out, T value);
    }

    /// All bytes written, the frame's length included.
    public int sizeBytes() {
        return Math.addExact(sealedBytes, buffer.position() - start);
    }

    /// What was written, in order.
    public List<Payload> parts() {
        seal();
        if (framed && head != null) head.putInt(0, sizeBytes() - Integer.BYTES);
        return List.copyOf(sealed);
    }

    /// What was written as one buffer; copies if there are payloads in it.
    public ByteBuffer toBuffer() {
        var parts = parts();
        if (parts.size() == 1) return parts.getFirst().buffer();
        var whole = ByteBuffer.allocate(sizeBytes());
        for (var part : parts) whole.put(part.buffer());
        return whole.flip();
    }

    private void seal() {
        int length = buffer.position() - start;
        if (length == 0) return;
        var part = buffer.slice(start, length);
        if (head == null) head = part;
        add(new BufferPayload(part));
        start = buffer.position();
    }

    private void add(Payload part) {
        sealedBytes = Math.addExact(sealedBytes, part.sizeBytes());
        sealed.add(part);
    }

    private ByteBuffer room(int sizeBytes) {
        if (buffer.remaining() < sizeBytes) {
            int open = buffer.position() - start;
            int capacity = Math.max(
                    Math.addExact(open, sizeBytes), Math.max(FIRST_CAPACITY, (int) Math.min(2L * open, 1 << 30)));
            buffer = ByteBuffer.allocate(capacity).put(buffer.slice(start, open));
            start = 0;
        }
        return buffer;
    }

    public void int8(int value) {
        room(1).put((byte) value);
    }

    public void int16(int value) {
        room(2).putShort((short) value);
    }

    public void uint16(int value) {
        if (value < 0 || value > 0xffff) throw new IllegalArgumentException(value + " does not fit into a uint16");
        int16(value);
    }

    public void int32(int value) {
        room(4).putInt(value);
    }

    public void uint32(long value) {
        if (value < 0 || value > 0xffff_ffffL) {
            throw new IllegalArgumentException(value + " does not fit into a uint32");
        }
        int32((int) value);
    }

    public void int64(long value) {
        room(8).putLong(value);
    }

    public void float64(double value) {
        room(8).putDouble(value);
    }

    public void bool(boolean value) {
        int8(value ? 1 : 0);
    }

    public void uuid(Uuid value) {
        room(16).putLong(value.mostSignificantBits()).putLong(value.leastSignificantBits());
    }

    public void unsignedVarint(int value) {
        var to = room(5);
        int rest = value;
        while ((rest & ~0x7f) != 0) {
            to.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        to.put((byte) rest);
    }

    /// Zigzag.
    public void varint(int value) {
        unsignedVarint((value << 1) ^ (value >> 31));
    }

    /// Zigzag.
    public void varlong(long value) {
        var to = room(10);
        long rest = (value << 1) ^ (value >> 63);
        while ((rest & ~0x7fL) != 0) {
            to.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        to.put((byte) rest);
    }

    public void string(String value) {
        string(value, false);
    }

    public void nullableString(@Nullable String value) {
        nullableString(value, false);
    }

    public void compactString(String value) {
        string(value, true);
    }

    public void compactNullableString(@Nullable String value) {
        nullableString(value, true);
    }

    public void string(String value, boolean compact) {
        var bytes = value.getBytes(UTF_8);
        if (bytes.length > MAX_STRING_BYTES) {
            throw new IllegalArgumentException(
                    "a string of " + bytes.length + " bytes is too long: at most " + MAX_STRING_BYTES);
        }
        if (compact) unsignedVarint(bytes.length + 1);
        else int16(bytes.length);
        room(bytes.length).put(bytes);
    }

    public void nullableString(@Nullable String value, boolean compact) {
        if (value != null) string(value, compact);
        else if (compact) unsignedVarint(0);
        else int16(-1);
    }

    public void bytes(ByteBuffer value, boolean compact) {
        length(value.remaining(), compact);
        raw(value);
    }

    public void nullableBytes(@Nullable ByteBuffer value, boolean compact) {
        if (value != null) bytes(value, compact);
        else length(-1, compact);
    }

    /// The bytes alone, without a length; the buffer's position stays.
    public void raw(ByteBuffer value) {
        room(value.remaining()).put(value.duplicate());
    }

    public void records(Payload value, boolean compact) {
        length(value.sizeBytes(), compact);
        payload(value);
    }

    public void nullableRecords(@Nullable Payload value, boolean compact) {
        if (value != null) records(value, compact);
        else length(-1, compact);
    }

    /// The payload's bytes alone, without a length, by reference if they are many or not in memory.
    public void payload(Payload value) {
        if (value.sizeBytes() == 0) return;
        if (value.sizeBytes() <= COPIED_BYTES && value instanceof BufferPayload) {
            raw(value.buffer());
        } else {
            seal();
            add(value);
        }
    }

    /// The byte in front of a structure that may be null.
    public void present(boolean present) {
        int8(present ? 1 : -1);
    }

    /// The same inside a tagged field, where null is 0.
    public void taggedPresent(boolean present) {
        int8(present ? 1 : 0);
    }

    /// The count in front of a list or the length in front of bytes; -1 for null.
    public void length(int length, boolean compact) {
        if (compact) unsignedVarint(length + 1);
        else int32(length);
    }

    public <T> void list(List<T> values, boolean compact, Element<T> element) {
        length(values.size(), compact);
        for (var value : values) element.write(this, value);
    }

    public <T> void nullableList(@Nullable List<T> values, boolean compact, Element<T> element) {
        if (values != null) list(values, compact, element);
        else length(-1, compact);
    }

    public void list(List<? extends Message> values, boolean compact, short version) {
        length(values.size(), compact);
        for (var value : values) value.write(this, version);
    }

    public void nullableList(@Nullable List<? extends Message> values, boolean compact, short version) {
        if (values != null) list(values, compact, version);
        else length(-1, compact);
    }

    public void strings(List<String> values, boolean compact) {
        length(values.size(), compact);
        for (var value : values) string(value, compact);
    }

    public void nullableStrings(@Nullable List<String> values, boolean compact) {
        if (values != null) strings(values, compact);
        else length(-1, compact);
    }

    /// A writer for the content of a tagged field, whose size must be known before it is put in.
    public ByteWriter nested() {
        return new ByteWriter(NESTED_CAPACITY, false);
    }

    /// Tag, size and content of a tagged field.
    public void tagged(int tag, ByteWriter content) {
        unsignedVarint(tag);
        unsignedVarint(content.sizeBytes());
        for (var part : content.parts()) payload(part);
    }
}
