package io.moldau.environment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The machine's file system.
final class RealDisk implements Disk {
    /// A file system with less room than this is full: blocks are handed out in pages.
    private static final long FULL_BYTES = 64 << 10;
    /// Less than that is copied into one piece: cheaper than telling the system where each part lies.
    private static final int GATHERED_FROM_BYTES = 16 << 10;

    private static final Path LIMITS = Path.of("/proc/self/limits");
    /// O_DIRECT has a name in the JDK's unsupported classes only, which a compiler that warns of them refuses.
    private static final @Nullable OpenOption DIRECT = direct();

    private static @Nullable OpenOption direct() {
        try {
            for (var option :
                    Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants()) {
                if (option instanceof OpenOption found && String.valueOf(option).equals("DIRECT")) {
                    return found;
                }
            }
            return null;
        } catch (ClassNotFoundException absent) {
            return null;
        }
    }

    /// The system's "no space" comes as a text only, in the machine's language.
    private static IOException named(Path path, IOException failure) {
        var text = String.valueOf(failure.getMessage());
        boolean full = text.contains("No space left") || text.contains("quota exceeded");
        if (!full) {
            var folder = path.toAbsolutePath().getParent();
            full = folder != null && folder.toFile().exists() && folder.toFile().getUsableSpace() < FULL_BYTES;
        }
        return full ? new DiskFullException(path, failure) : failure;
    }

    @Override
    public DiskFile open(Path file) throws IOException {
        try {
            return new RealFile(
                    FileChannel.open(
                            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                    file);
        } catch (IOException failure) {
            throw named(file, failure);
        }
    }

    @Override
    public DiskFile openForBlocks(Path file) throws IOException {
        var usual = open(file);
        if (DIRECT == null) {
            return usual;
        }
        try {
            if (Files.getFileStore(file).getBlockSize() > BLOCK_BYTES) {
                return usual;
            }
            var direct = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, DIRECT);
            usual.close();
            return new RealFile(direct, file);
        } catch (IOException | UnsupportedOperationException unable) {
            // tmpfs and some network file systems cannot.
            return usual;
        }
    }

    @Override
    public void reserve(Path file, long from, long bytes) {
        LinuxFiles.reserve(file, from, bytes);
    }

    @Override
    public void writeBack(Path file, long from, long bytes) {
        LinuxFiles.writeBack(file, from, bytes);
    }

    @Override
    public boolean exists(Path path) {
        return Files.exists(path);
    }

    @Override
    public long sizeBytes(Path file) throws IOException {
        return Files.size(file);
    }

    @Override
    public long sizeIfExists(Path file) {
        var known = file.toFile();
        long size = known.length();
        return size > 0 || known.exists() ? size : -1;
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        if (!directory.toFile().mkdir()) {
            try {
                Files.createDirectories(directory);
            } catch (IOException failure) {
                throw named(directory, failure);
            }
        }
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failure) {
            throw named(to, failure);
        }
    }

    @Override
    public void deleteIfExists(Path path) throws IOException {
        Files.deleteIfExists(path);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public long usableBytes(Path directory) {
        return directory.toFile().getUsableSpace();
    }

    @Override
    public long totalBytes(Path directory) {
        return directory.toFile().getTotalSpace();
    }

    /// The JVM has raised its limit to the highest that it is allowed by now.
    @Override
    public long mostOpenFiles() {
        try (var lines = Files.lines(LIMITS)) {
            return lines.filter(line -> line.startsWith("Max open files"))
                    .map(line -> line.split("\\s+", -1)[3])
                    .filter(word -> !word.equals("unlimited"))
                    .mapToLong(Long::parseLong)
                    .findFirst()
                    .orElse(Long.MAX_VALUE);
        } catch (IOException | UncheckedIOException | NumberFormatException notLinux) {
            return Long.MAX_VALUE;
        }
    }

    @Override
    public AutoCloseable lock(Path file) throws IOException {
        var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException alreadyOurs) {
            lock = null;
        }
        if (lock == null) {
            channel.close();
            throw new IOException("another process holds the lock " + file);
        }
        return channel;
    }

    private record RealFile(FileChannel channel, Path path, Residency residency) implements DiskFile, Residency.Asked {
        RealFile(FileChannel channel, Path path) {
            this(channel, path, new Residency());
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            int total = 0;
            while (target.hasRemaining()) {
                int count = channel.read(target, position + total);
                if (count <= 0) {
                    break;
                }
                total += count;
            }
            return total;
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            long at = position;
            try {
                while (source.hasRemaining()) {
                    at += channel.write(source, at);
                }
            } catch (IOException failure) {
                throw named(path, failure);
            }
        }

        @Override
        public void write(ByteBuffer[] sources, long position) throws IOException {
            int size = 0;
            for (var source : sources) {
                size += source.remaining();
            }
            if (size <= GATHERED_FROM_BYTES || !sources[0].isDirect()) {
                var all = ByteBuffer.allocate(size);
                for (var source : sources) {
                    all.put(source);
                }
                write(all.flip(), position);
            } else {
                gather(sources, size, position);
            }
        }

        /// The channel's own position is used for nothing else.
        private synchronized void gather(ByteBuffer[] sources, int size, long position) throws IOException {
            try {
                channel.position(position);
                for (long left = size; left > 0; ) {
                    left -= channel.write(sources);
                }
            } catch (IOException failure) {
                throw named(path, failure);
            }
        }

        @Override
        public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
            return channel.transferTo(position, count, target);
        }

        @Override
        public boolean isResident(long position, long count) throws IOException {
            return count <= 0 || residency.isResident(position, count, System.nanoTime(), this);
        }

        /// A mapping that is not touched takes no memory; it is gone before anything can happen to the file.
        @Override
        public boolean allInMemory(long position, long count) throws IOException {
            var known = LinuxFiles.cached(path, position, count);
            if (known != LinuxFiles.Cached.UNKNOWN) {
                return known == LinuxFiles.Cached.YES;
            }
            try (var arena = Arena.ofConfined()) {
                return channel.map(FileChannel.MapMode.READ_ONLY, position, count, arena)
                        .isLoaded();
            }
        }

        @Override
        public void load(long position, int count) throws IOException {
            long there = Math.min(count, channel.size() - position);
            if (there > 0) {
                try (var arena = Arena.ofConfined()) {
                    channel.map(FileChannel.MapMode.READ_ONLY, position, there, arena)
                            .load();
                }
            }
        }

        @Override
        public void sync() throws IOException {
            channel.force(false);
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            channel.truncate(sizeBytes);
        }

        @Override
        public long sizeBytes() throws IOException {
            return channel.size();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
