package io.moldau.environment;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Linux' `fallocate`, which the JDK has no name for. Looked up at its first use.
final class BlockAllocation {
    private static final int WRITE_ONLY_CLOSED_ON_EXEC = 0x80001;
    private static final int KEEP_SIZE = 1;

    private static final class Calls {
        static final @Nullable Calls FOUND = find();

        final MethodHandle open;
        final MethodHandle fallocate;
        final MethodHandle close;

        @SuppressWarnings("restricted")
        private Calls(Linker linker) {
            this.open = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("open"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                    Linker.Option.firstVariadicArg(2));
            this.fallocate = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("fallocate"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG));
            this.close = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("close"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
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

    private BlockAllocation() {}

    /// Blocks for `bytes` from `from` on; the file's size stays. Does nothing if that cannot be had.
    static void reserve(Path file, long from, long bytes) {
        var calls = Calls.FOUND;
        if (calls == null) {
            return;
        }
        try (var arena = Arena.ofConfined()) {
            int opened = (int) calls.open.invokeExact(arena.allocateFrom(file.toString()), WRITE_ONLY_CLOSED_ON_EXEC);
            if (opened >= 0) {
                int _ = (int) calls.fallocate.invokeExact(opened, KEEP_SIZE, from, bytes);
                int _ = (int) calls.close.invokeExact(opened);
            }
        } catch (Throwable failed) {
            throw new IllegalStateException("reserving blocks for " + file + " failed", failed);
        }
    }
}
