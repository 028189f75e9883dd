package io.moldau.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the protocol's primitives from a buffer. Every length is checked against what remains
/// before anything is allocated; whatever is wrong ends in a [MalformedMessageException].
/// `compact` says which of the two forms of length is on the wire (flexible versions are compact).
public final class ByteReader {
    private static final int MAX_STRING_BYTES = Short.MAX_VALUE;
    private static final int MAX_FIRST_CAPACITY = 256;

    private final ByteBuffer buffer;

    /// Reads the buffer's remaining bytes and leaves its position alone.
    public ByteReader(ByteBuffer buffer) {
        this.buffer = buffer.slice();
    }

    /// Reads one element of a list.
    @FunctionalInterface
    public interface Element<T> {
        T read(ByteReader in);
    }

    /// Reads one structure of a list.
    @FunctionalInterface
    public interface Structure<T> {
        T read(ByteReader in, short version);
    }

    public int remaining() {
        return buffer.remaining();
    }

    /// The count of bytes read so far.
    public int position() {
        return buffer.position();
    }

    private void need(int sizeBytes, String what) {
        if (sizeBytes > buffer.remaining()) {
            throw new MalformedMessageException(what + " needs " + sizeBytes + " bytes at position " + buffer.position()
                    + ", but " + buffer.remaining() + " remain");
        }
    }

    private MalformedMessageException bad(String what) {
        return new MalformedMessageException(what + " before position " + buffer.position());
    }

    public byte int8() {
        need(1, "an int8");
        return buffer.get();
    }

    public short int16() {
        need(2, "an int16");
        return buffer.getShort();
    }

    public int uint16() {
        return Short.toUnsignedInt(int16());
    }

    public int int32() {
        need(4, "an int32");
        return buffer.getInt();
    }

    public long uint32() {
        return Integer.toUnsignedLong(int32());
    }

    public long int64() {
        need(8, "an int64");
        return buffer.getLong();
    }

    public double float64() {
        need(8, "a float64");
        return buffer.getDouble();
    }

    public boolean bool() {
        return int8() != 0;
    }

    public Uuid uuid() {
        need(16, "a uuid");
        long most = buffer.getLong();
        long least = buffer.getLong();
        return most == 0 && least == 0 ? Uuid.ZERO : new Uuid(most, least);
    }

    /// 32 bits in at most 5 bytes; values of 2^31 and more come out negative.
    public int unsignedVarint() {
        int value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            byte next = int8();
            value |= (next & 0x7f) << shift;
            if (next >= 0) return value;
        }
        throw bad("a varint is longer than 5 bytes");
    }

    /// Zigzag.
    public int varint() {
        int value = unsignedVarint();
        return (value >>> 1) ^ -(value & 1);
    }

    /// Zigzag, at most 10 bytes.
    public long varlong() {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            byte next = int8();
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) return (value >>> 1) ^ -(value & 1);
        }
        throw bad("a varlong is longer than 10 bytes");
    }

    public String string() {
        return string(false);
    }

    public @Nullable String nullableString() {
        return nullableString(false);
    }

    public String compactString() {
        return string(true);
    }

    public @Nullable String compactNullableString() {
        return nullableString(true);
    }

    public String string(boolean compact) {
        var value = nullableString(compact);
        if (value == null) throw bad("a string is null where it must not be");
        return value;
    }

    public @Nullable String nullableString(boolean compact) {
        int length = compact ? unsignedVarint() - 1 : int16();
        if (length == -1) return null;
        if (length < 0 || length > MAX_STRING_BYTES) throw bad("a string has the impossible length " + length);
        need(length, "a string");
        int start = buffer.position();
        buffer.position(start + length);
        if (buffer.hasArray()) return new String(buffer.array(), buffer.arrayOffset() + start, length, UTF_8);
        var bytes = new byte[length];
        buffer.get(start, bytes);
        return new String(bytes, UTF_8);
    }

    /// A slice of the buffer; nothing is copied.
    public ByteBuffer bytes(boolean compact) {
        var value = nullableBytes(compact);
        if (value == null) throw bad("bytes are null where they must not be");
        return value;
    }

    public @Nullable ByteBuffer nullableBytes(boolean compact) {
        int length = compact ? unsignedVarint() - 1 : int32();
        if (length == -1) return null;
        if (length < 0) throw bad("bytes have the impossible length " + length);
        return slice(length, "a field of bytes");
    }

    private ByteBuffer slice(int length, String what) {
        need(length, what);
        var slice = buffer.slice(buffer.position(), length);
        buffer.position(buffer.position() + length);
        return slice;
    }

    /// The next bytes, however many, as a slice.
    public ByteBuffer slice(int length) {
        if (length < 0) throw bad("the impossible length " + length);
        return slice(length, "a slice");
    }

    /// Record batches: a payload around a slice of the buffer.
    public Payload records(boolean compact) {
        return new BufferPayload(bytes(compact));
    }

    public @Nullable Payload nullableRecords(boolean compact) {
        var bytes = nullableBytes(compact);
        return bytes == null ? null : new BufferPayload(bytes);
    }

    /// The byte in front of a structure that may be null.
    public boolean present() {
        return int8() >= 0;
    }

    /// The same inside a tagged field, where null is 0.
    public boolean taggedPresent() {
        return int8() > 0;
    }

    /// The count of a list's elements, -1 for null. Every element takes at least a byte in some
    /// version, and a count above what remains is refused, so that a forged one costs nothing.
    public int nullableArrayLength(boolean compact) {
        int count = compact ? unsignedVarint() - 1 : int32();
        if (count < -1) throw bad("a list has the impossible count " + count);
        if (count > buffer.remaining()) {
            throw bad("a list claims " + count + " elements, but " + buffer.remaining() + " bytes remain");
        }
        return count;
    }

    public int arrayLength(boolean compact) {
        int count = nullableArrayLength(compact);
        if (count < 0) throw bad("a list is null where it must not be");
        return count;
    }

    public <T> List<T> list(boolean compact, Element<T> element) {
        return elements(arrayLength(compact), element);
    }

    public <T> @Nullable List<T> nullableList(boolean compact, Element<T> element) {
        int count = nullableArrayLength(compact);
        return count < 0 ? null : elements(count, element);
    }

    public <T> List<T> list(boolean compact, short version, Structure<T> structure) {
        return structures(arrayLength(compact), version, structure);
    }

    public <T> @Nullable List<T> nullableList(boolean compact, short version, Structure<T> structure) {
        int count = nullableArrayLength(compact);
        return count < 0 ? null : structures(count, version, structure);
    }

    public List<String> strings(boolean compact) {
        return list(compact, compact ? ByteReader::compactString : ByteReader::string);
    }

    public @Nullable List<String> nullableStrings(boolean compact) {
        return nullableList(compact, compact ? ByteReader::compactString : ByteReader::string);
    }

    private <T> List<T> elements(int count, Element<T> element) {
        if (count == 0) return List.of();
        var list = new ArrayList<T>(Math.min(count, MAX_FIRST_CAPACITY));
        for (int i = 0; i < count; i++) list.add(element.read(this));
        return Collections.unmodifiableList(list);
    }

    private <T> List<T> structures(int count, short version, Structure<T> structure) {
        if (count == 0) return List.of();
        var list = new ArrayList<T>(Math.min(count, MAX_FIRST_CAPACITY));
        for (int i = 0; i < count; i++) list.add(structure.read(this, version));
        return Collections.unmodifiableList(list);
    }

    /// The count of tagged fields that follow.
    public int taggedCount() {
        int count = unsignedVarint();
        if (count < 0 || count > buffer.remaining()) throw bad("a message claims " + count + " tagged fields");
        return count;
    }

    /// The content of the next tagged field, whose tag was read.
    public ByteReader taggedField() {
        int size = unsignedVarint();
        if (size < 0) throw bad("a tagged field has the impossible size " + size);
        return new ByteReader(slice(size, "a tagged field"));
    }

    /// Skips a section of tagged fields of which none is known.
    public void skipTaggedFields() {
        int count = taggedCount();
        for (int i = 0; i < count; i++) {
            unsignedVarint();
            int size = unsignedVarint();
            if (size < 0) throw bad("a tagged field has the impossible size " + size);
            need(size, "a tagged field");
            buffer.position(buffer.position() + size);
        }
    }

    /// Nothing may be left.
    public void end() {
        if (buffer.hasRemaining()) throw bad(buffer.remaining() + " bytes are left over");
    }
}
