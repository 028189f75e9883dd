package io.moldau.environment;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/// An open file, read and written at positions (bytes from its start). Safe for use by several threads.
public interface DiskFile extends AutoCloseable {
    /// Reads into `target` from `position` until it is full or the file ends; the number of bytes read, 0 at the end.
    int read(ByteBuffer target, long position) throws IOException;

    /// Writes all of `source` at `position`.
    void write(ByteBuffer source, long position) throws IOException;

    /// Writes all of `sources` one after the other at `position`.
    void write(ByteBuffer[] sources, long position) throws IOException;

    /// Sends up to `count` bytes from `position` without copying through this process; the number sent.
    long transferTo(long position, long count, WritableByteChannel target) throws IOException;

    /// True if the system has these bytes in memory just now, or had them a moment ago, so that reading or sending them
    /// waits for no disk. False where that cannot be told. They must lie in the file.
    default boolean isResident(long position, long count) throws IOException {
        return false;
    }

    /// Waits until the system has these bytes in memory, and asks the disk for no more than them. An ordinary
    /// read of old data makes the system read far ahead (8 MiB and more on some machines), and every sync waits
    /// behind that. Does nothing where there is no such distinction, and for what lies behind the file's end.
    default void load(long position, int count) throws IOException {}

    /// Makes what was written survive power loss (data, and the size where it grew).
    void sync() throws IOException;

    void truncate(long sizeBytes) throws IOException;

    long sizeBytes() throws IOException;

    @Override
    void close() throws IOException;
}
