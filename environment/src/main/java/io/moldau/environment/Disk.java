package io.moldau.environment;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/// The file system. Everything that touches files goes through here, so that a simulated twin can lose, tear
/// and refuse writes. What fails for want of room throws [DiskFullException].
public interface Disk {
    /// The machine's file system.
    static Disk real() {
        return new RealDisk();
    }

    /// What is written past the page cache starts and ends at multiples of this, in memory and in the file.
    int BLOCK_BYTES = 4096;

    /// Memory that may be written past the page cache, at least `bytes` of it, a multiple of [#BLOCK_BYTES].
    static ByteBuffer blocks(int bytes) {
        int whole = Math.ceilDiv(bytes, BLOCK_BYTES) * BLOCK_BYTES;
        return ByteBuffer.allocateDirect(whole + BLOCK_BYTES)
                .alignedSlice(BLOCK_BYTES)
                .slice(0, whole);
    }

    /// The same for what is written over and over: large pages of the processor, where the system has them, since each
    /// page of a write costs. The first call may take a tenth of a second.
    ///
    /// @param bytes a multiple of 2 MiB
    static ByteBuffer largeBlocks(int bytes) {
        var large = LargePages.allocate(bytes);
        return large == null ? blocks(bytes) : large;
    }

    /// Opens for reading and writing, creating the file if it is missing.
    DiskFile open(Path file) throws IOException;

    /// Opens for writing whole blocks of [#blocks] memory past the page cache, where the file system can do that: what
    /// is written over and over and hardly ever read need not be copied once more.
    default DiskFile openForBlocks(Path file) throws IOException {
        return open(file);
    }

    /// Asks for blocks for bytes behind a file's end that will be written soon; its size stays. A hint: does nothing
    /// where it cannot be, and for a file that is not there any more.
    default void reserve(Path file, long from, long bytes) {}

    /// Asks that bytes which were written are brought to the disk soon. A hint, as [#reserve]: only a sync makes them
    /// survive a power cut.
    default void writeBack(Path file, long from, long bytes) {}

    boolean exists(Path path) throws IOException;

    /// Size of a file in bytes.
    long sizeBytes(Path file) throws IOException;

    /// Size of a file in bytes, -1 if there is none: one system call, no exception.
    long sizeIfExists(Path file) throws IOException;

    /// Names of what a directory holds, sorted.
    List<String> list(Path directory) throws IOException;

    void createDirectories(Path directory) throws IOException;

    /// Renames atomically, replacing the target. Durable only after [#syncDirectory] of the parent.
    void rename(Path from, Path to) throws IOException;

    void deleteIfExists(Path path) throws IOException;

    /// Makes creations, renames and deletions in this directory survive power loss.
    void syncDirectory(Path directory) throws IOException;

    /// Bytes that may still be written on the file system of `directory`. Cheap: one system call.
    long usableBytes(Path directory) throws IOException;

    /// Size of the file system of `directory`.
    long totalBytes(Path directory) throws IOException;

    /// How many files this process may have open at once, where that is known.
    default long mostOpenFiles() {
        return Long.MAX_VALUE;
    }

    /// Locks `file` for this process until closed; throws [IOException] with a clear text if another holds it.
    AutoCloseable lock(Path file) throws IOException;
}
