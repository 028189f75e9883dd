package io.moldau.environment;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// What Linux knows about files and the JDK has no name for: `fallocate`, `sync_file_range` and `cachestat`. Looked up
/// at the first use. All are hints here: where they cannot be followed, nothing happens, or nothing is known.
final class LinuxFiles {
    private static final int WRITE_ONLY_CLOSED_ON_EXEC = 0x80001;
    private static final int KEEP_SIZE = 1;
    private static final int BEGIN_TO_WRITE = 2;
    private static final int READ_ONLY_CLOSED_ON_EXEC = 0x80000;
    /// Since Linux 6.5; the same on every architecture.
    private static final long CACHESTAT = 451;
    /// `struct cachestat_range`: offset and length; `struct cachestat`: five counts of pages, those in memory first.
    private static final long RANGE_BYTES = 16;
    private static final long COUNTS_BYTES = 40;

    private static final class Calls {
        static final @Nullable Calls FOUND = LinuxCalls.find(Calls::new);

        final MethodHandle open;
        final MethodHandle close;
        final MethodHandle fallocate;
        final MethodHandle syncFileRange;
        final MethodHandle cachestat;
        final int pageBytes;

        @SuppressWarnings("restricted")
        private Calls(Linker linker) throws Throwable {
            var names = linker.defaultLookup();
            var number = ValueLayout.JAVA_INT;
            var bytes = ValueLayout.JAVA_LONG;
            this.open = linker.downcallHandle(
                    names.findOrThrow("open"),
                    FunctionDescriptor.of(number, ValueLayout.ADDRESS, number),
                    Linker.Option.firstVariadicArg(2));
            this.close = linker.downcallHandle(names.findOrThrow("close"), FunctionDescriptor.of(number, number));
            this.fallocate = linker.downcallHandle(
                    names.findOrThrow("fallocate"), FunctionDescriptor.of(number, number, number, bytes, bytes));
            this.syncFileRange = linker.downcallHandle(
                    names.findOrThrow("sync_file_range"), FunctionDescriptor.of(number, number, bytes, bytes, number));
            this.cachestat = linker.downcallHandle(
                    names.findOrThrow("syscall"),
                    FunctionDescriptor.of(bytes, bytes, number, ValueLayout.ADDRESS, ValueLayout.ADDRESS, number),
                    Linker.Option.firstVariadicArg(1));
            this.pageBytes =
                    (int) linker.downcallHandle(names.findOrThrow("getpagesize"), FunctionDescriptor.of(number))
                            .invokeExact();
        }
    }

    private interface Use<T> {
        T of(Calls calls, int file, Arena arena) throws Throwable;
    }

    /// Whether something is in memory.
    enum Cached {
        YES,
        NO,
        UNKNOWN
    }

    private static final AtomicBoolean ASKED = new AtomicBoolean();
    private static volatile boolean looked;
    private static volatile boolean cachestatRefused;

    private LinuxFiles() {}

    /// Blocks for `bytes` from `from` on; the file's size stays.
    static void reserve(Path file, long from, long bytes) {
        open(file, WRITE_ONLY_CLOSED_ON_EXEC, -1, (calls, opened, arena) ->
                (int) calls.fallocate.invokeExact(opened, KEEP_SIZE, from, bytes));
    }

    /// Begins to write what was changed there, and does not wait for the disk if that has room for more.
    static void writeBack(Path file, long from, long bytes) {
        open(file, WRITE_ONLY_CLOSED_ON_EXEC, -1, (calls, opened, arena) ->
                (int) calls.syncFileRange.invokeExact(opened, from, bytes, BEGIN_TO_WRITE));
    }

    /// Whether all of a region is in memory. Does not wait until the calls are found: not known until then.
    static Cached cached(Path file, long from, long bytes) {
        if (!looked && ASKED.compareAndSet(false, true)) {
            Thread.ofPlatform().daemon().name("moldau-linux-files").start(() -> looked = Calls.FOUND != null);
        }
        return !looked || cachestatRefused
                ? Cached.UNKNOWN
                : open(file, READ_ONLY_CLOSED_ON_EXEC, Cached.UNKNOWN, (calls, opened, arena) -> {
                    var range = arena.allocate(RANGE_BYTES, Long.BYTES);
                    range.set(ValueLayout.JAVA_LONG, 0, from);
                    range.set(ValueLayout.JAVA_LONG, Long.BYTES, bytes);
                    var counts = arena.allocate(COUNTS_BYTES, Long.BYTES);
                    if ((long) calls.cachestat.invokeExact(CACHESTAT, opened, range, counts, 0) != 0) {
                        cachestatRefused = true;
                        return Cached.UNKNOWN;
                    }
                    long wanted = (from + bytes - 1) / calls.pageBytes - from / calls.pageBytes + 1;
                    return counts.get(ValueLayout.JAVA_LONG, 0) >= wanted ? Cached.YES : Cached.NO;
                });
    }

    /// What `use` says of the open file; `otherwise` if there is no such call or no such file.
    private static <T> T open(Path file, int flags, T otherwise, Use<T> use) {
        var calls = Calls.FOUND;
        if (calls == null) {
            return otherwise;
        }
        try (var arena = Arena.ofConfined()) {
            int opened = (int) calls.open.invokeExact(arena.allocateFrom(file.toString()), flags);
            if (opened < 0) {
                return otherwise;
            }
            try {
                return use.of(calls, opened, arena);
            } finally {
                int _ = (int) calls.close.invokeExact(opened);
            }
        } catch (Throwable failed) {
            throw new IllegalStateException("calling the system for " + file + " failed", failed);
        }
    }
}
