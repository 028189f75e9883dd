package io.moldau.environment;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// What Linux knows about files and the JDK has no name for: `fallocate` and `sync_file_range`. Looked up at the first
/// use. Both are hints here: where they cannot be followed, nothing happens.
final class LinuxFiles {
    private static final int WRITE_ONLY_CLOSED_ON_EXEC = 0x80001;
    private static final int KEEP_SIZE = 1;
    private static final int BEGIN_TO_WRITE = 2;

    private static final class Calls {
        static final @Nullable Calls FOUND = find();

        final MethodHandle open;
        final MethodHandle close;
        final MethodHandle fallocate;
        final MethodHandle syncFileRange;

        @SuppressWarnings("restricted")
        private Calls(Linker linker) {
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
        }

        private static @Nullable Calls find() {
            if (!System.getProperty("os.name", "").equals("Linux") || ValueLayout.ADDRESS.byteSize() != Long.BYTES) {
                return null;
            }
            try {
                return new Calls(Linker.nativeLinker());
            } catch (RuntimeException | Error refused) {
                return null;
            }
        }
    }

    private interface Use {
        void of(Calls calls, int file) throws Throwable;
    }

    private LinuxFiles() {}

    /// Blocks for `bytes` from `from` on; the file's size stays.
    static void reserve(Path file, long from, long bytes) {
        open(file, (calls, opened) -> {
            int _ = (int) calls.fallocate.invokeExact(opened, KEEP_SIZE, from, bytes);
        });
    }

    /// Begins to write what was changed there, and does not wait for the disk if that has room for more.
    static void writeBack(Path file, long from, long bytes) {
        open(file, (calls, opened) -> {
            int _ = (int) calls.syncFileRange.invokeExact(opened, from, bytes, BEGIN_TO_WRITE);
        });
    }

    private static void open(Path file, Use use) {
        var calls = Calls.FOUND;
        if (calls == null) {
            return;
        }
        try (var arena = Arena.ofConfined()) {
            int opened = (int) calls.open.invokeExact(arena.allocateFrom(file.toString()), WRITE_ONLY_CLOSED_ON_EXEC);
            if (opened >= 0) {
                use.of(calls, opened);
                int _ = (int) calls.close.invokeExact(opened);
            }
        } catch (Throwable failed) {
            throw new IllegalStateException("calling the system for " + file + " failed", failed);
        }
    }
}
