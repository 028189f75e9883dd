package io.moldau.storage;

import io.moldau.environment.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A segment file, open or not: [OpenFiles] closes it when others are used more.
final class PooledFile implements DiskFile {
    private interface Operation<T> {
        T on(DiskFile file) throws IOException;
    }

    private final OpenFiles pool;
    volatile Path path;
    volatile boolean gone;
    volatile boolean used;
    volatile boolean dirty;
    volatile boolean kept;
    private volatile @Nullable DiskFile file;
    /// How many operations are under way; -1 while the file is closed.
    final AtomicInteger users = new AtomicInteger(-1);

    PooledFile(OpenFiles pool, Path path) {
        this.pool = pool;
        this.path = path;
    }

    /// With the pool's monitor, like [#leave].
    void opened(DiskFile now, int usersNow) {
        file = now;
        used = true;
        users.set(usersNow);
    }

    /// Lets go of the handle if nobody is at it and nothing in it is unsynced; the caller closes it.
    boolean leave(ClosingFiles closing) {
        if (dirty || kept || !users.compareAndSet(0, -1)) {
            return false;
        }
        if (dirty) {
            // Written to between the two looks.
            users.set(0);
            return false;
        }
        var last = file;
        file = null;
        if (last != null) {
            closing.add(last);
        }
        return true;
    }

    private <T> T with(Operation<T> operation) throws IOException {
        while (true) {
            int count = users.get();
            if (count < 0) {
                if (pool.reopen(this)) {
                    break;
                }
            } else if (users.compareAndSet(count, count + 1)) {
                break;
            }
        }
        try {
            if (!used) {
                used = true;
            }
            var opened = file;
            if (opened == null) {
                throw new IllegalStateException(path + " is in use and closed");
            }
            return operation.on(opened);
        } finally {
            users.decrementAndGet();
        }
    }

    @Override
    public boolean isResident(long position, long count) throws IOException {
        return with(opened -> opened.isResident(position, count));
    }

    @Override
    public void load(long position, int count) throws IOException {
        with(opened -> {
            opened.load(position, count);
            return count;
        });
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        return with(opened -> opened.read(target, position));
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
        with(opened -> {
            dirty = true;
            opened.write(source, position);
            return true;
        });
    }

    @Override
    public void write(ByteBuffer[] sources, long position) throws IOException {
        with(opened -> {
            dirty = true;
            opened.write(sources, position);
            return true;
        });
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
        return with(opened -> opened.transferTo(position, count, target));
    }

    @Override
    public void sync() throws IOException {
        with(this::sync);
    }

    private boolean sync(DiskFile opened) throws IOException {
        dirty = false;
        try {
            opened.sync();
        } catch (IOException failed) {
            dirty = true;
            throw failed;
        }
        return true;
    }

    void syncIfOpen() throws IOException {
        int count = users.get();
        while (count >= 0 && !users.compareAndSet(count, count + 1)) {
            count = users.get();
        }
        if (count < 0) {
            return;
        }
        try {
            var opened = file;
            if (dirty && opened != null) {
                sync(opened);
            }
        } finally {
            users.decrementAndGet();
        }
    }

    @Override
    public void truncate(long sizeBytes) throws IOException {
        with(opened -> {
            dirty = true;
            opened.truncate(sizeBytes);
            return true;
        });
    }

    @Override
    public long sizeBytes() throws IOException {
        return with(DiskFile::sizeBytes);
    }

    @Override
    public void close() {
        pool.closed(this);
    }
}
