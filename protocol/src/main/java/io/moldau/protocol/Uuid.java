package io.moldau.protocol;

import java.nio.ByteBuffer;
import java.util.Base64;

/// An id of 16 bytes, written as URL-safe base64 without padding, as Kafka shows topic ids.
public record Uuid(long mostSignificantBits, long leastSignificantBits) implements Comparable<Uuid> {
    public static final Uuid ZERO = new Uuid(0, 0);
    public static final Uuid ONE = new Uuid(0, 1);

    /// @throws IllegalArgumentException if the text is not 16 bytes in base64
    public static Uuid parse(String text) {
        byte[] bytes = text.length() <= 24 ? Base64.getUrlDecoder().decode(text) : new byte[0];
        if (bytes.length != 16) throw new IllegalArgumentException("'" + text + "' is not an id of 16 bytes in base64");
        var buffer = ByteBuffer.wrap(bytes);
        return new Uuid(buffer.getLong(), buffer.getLong());
    }

    @Override
    public int compareTo(Uuid other) {
        int most = Long.compare(mostSignificantBits, other.mostSignificantBits);
        return most != 0 ? most : Long.compare(leastSignificantBits, other.leastSignificantBits);
    }

    @Override
    public String toString() {
        var bytes = ByteBuffer.allocate(16)
                .putLong(mostSignificantBits)
                .putLong(leastSignificantBits)
                .array();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
