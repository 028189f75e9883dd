package io.moldau.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// A whole entry of the journal, as it was read.
final class JournalEntry {
    static final int HEADER_BYTES = 36;
    static final int MAGIC = 0x4d4a524e;
    static final int CHECKED_FROM = 8;

    /// What an entry begins with.
    ///
    /// @param payloadBytes items, behind the header
    /// @param apartBytes parts of items, whole pages, from the next page on
    record Header(long generation, long sequence, int payloadBytes, long apartBytes) {
        /// Null if there is none, or none of a size that fits.
        static @Nullable Header read(ByteBuffer in, int at, long roomBytes) {
            if (in.getInt(at) != MAGIC) {
                return null;
            }
            var header = new Header(in.getLong(at + 8), in.getLong(at + 16), in.getInt(at + 24), in.getLong(at + 28));
            long most = Math.min(roomBytes, Integer.MAX_VALUE);
            boolean fits = header.payloadBytes >= 0
                    && header.payloadBytes <= most - HEADER_BYTES
                    && header.apartBytes >= 0
                    && header.apartBytes <= most
                    && header.apartBytes % Journal.PAGE_BYTES == 0
                    && (header.apartBytes == 0 || header.sizeBytes() <= most);
            return fits ? header : null;
        }

        void write(ByteBuffer out) {
            out.putInt(0, MAGIC);
            out.putLong(8, generation);
            out.putLong(16, sequence);
            out.putInt(24, payloadBytes);
            out.putLong(28, apartBytes);
        }

        /// Of the entry in the journal, its last page included.
        long sizeBytes() {
            return apartAt() + apartBytes;
        }

        private long apartAt() {
            return Journal.pages(HEADER_BYTES + payloadBytes);
        }
    }

    private final Header header;
    private final List<JournalItem> items;

    private JournalEntry(Header header, List<JournalItem> items) {
        this.header = header;
        this.items = items;
    }

    /// The entry that lies there; null if it is not whole.
    static @Nullable JournalEntry of(ByteBuffer bytes, int at) throws IOException {
        var header = Header.read(bytes, at, bytes.limit() - at);
        if (header == null) {
            return null;
        }
        int checked = HEADER_BYTES - CHECKED_FROM + header.payloadBytes;
        if (bytes.getInt(at + 4) != checksum(bytes.slice(at + CHECKED_FROM, checked))) {
            return null;
        }
        var payload = bytes.slice(at + HEADER_BYTES, header.payloadBytes);
        var apart = bytes.slice(header.apartBytes == 0 ? 0 : at + (int) header.apartAt(), (int) header.apartBytes);
        var items = new ArrayList<JournalItem>();
        while (payload.hasRemaining()) {
            var item = JournalItem.read(payload, apart);
            if (item == null) {
                return null;
            }
            items.add(item);
        }
        return new JournalEntry(header, items);
    }

    /// @param entry from [#CHECKED_FROM] to the end of its payload
    static int checksum(ByteBuffer entry) {
        var crc = new CRC32C();
        crc.update(entry.duplicate());
        return (int) crc.getValue();
    }

    Header header() {
        return header;
    }

    List<JournalItem> items() {
        return items;
    }
}
