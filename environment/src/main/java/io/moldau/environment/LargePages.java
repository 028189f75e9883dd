package io.moldau.environment;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Memory on the processor's large pages, where Linux gives them to who asks (`transparent_hugepage` is `madvise` or
/// `always`): what is written past the page cache from there costs the system half, since it looks up and hands on each
/// page. The first call looks the system's calls up, which may take a tenth of a second.
final class LargePages {
    static final int PAGE_BYTES = 2 << 20;

    private static final int READ_AND_WRITE = 3;
    private static final int PRIVATE_WITHOUT_A_FILE = 0x22;
    private static final int LARGE_PAGES_PLEASE = 14;

    private static final class Calls {
        static final @Nullable Calls FOUND = LinuxCalls.find(Calls::new);

        final MethodHandle map;
        final MethodHandle unmap;
        final MethodHandle advise;

        @SuppressWarnings("restricted")
        private Calls(Linker linker) {
            var names = linker.defaultLookup();
            var number = ValueLayout.JAVA_INT;
            var bytes = ValueLayout.JAVA_LONG;
            this.map = linker.downcallHandle(
                    names.findOrThrow("mmap"),
                    FunctionDescriptor.of(bytes, bytes, bytes, number, number, number, bytes));
            this.unmap =
                    linker.downcallHandle(names.findOrThrow("munmap"), FunctionDescriptor.of(number, bytes, bytes));
            this.advise = linker.downcallHandle(
                    names.findOrThrow("madvise"), FunctionDescriptor.of(number, bytes, bytes, number));
        }
    }

    private LargePages() {}

    /// Memory that begins with a large page, whether the system gives such pages or not, and that is there: nobody
    /// waits for it at the first use. Null where the system cannot be asked.
    ///
    /// @param bytes a multiple of [#PAGE_BYTES]
    @SuppressWarnings("restricted")
    static @Nullable ByteBuffer allocate(int bytes) {
        var calls = Calls.FOUND;
        if (calls == null) {
            return null;
        }
        try {
            long mapped = (long) bytes + PAGE_BYTES;
            long from = (long) calls.map.invokeExact(0L, mapped, READ_AND_WRITE, PRIVATE_WITHOUT_A_FILE, -1, 0L);
            if (from == -1) {
                return null;
            }
            long aligned = Math.ceilDiv(from, (long) PAGE_BYTES) * PAGE_BYTES;
            // Refused by a system without large pages: it is memory like any other then.
            int _ = (int) calls.advise.invokeExact(aligned, (long) bytes, LARGE_PAGES_PLEASE);
            var memory = MemorySegment.ofAddress(aligned)
                    .reinterpret(bytes, Arena.ofAuto(), _ -> unmap(calls, from, mapped))
                    .asByteBuffer();
            for (int at = 0; at < bytes; at += Disk.BLOCK_BYTES) {
                memory.put(at, (byte) 0);
            }
            return memory;
        } catch (Throwable failed) {
            throw new IllegalStateException("asking the system for memory failed", failed);
        }
    }

    private static void unmap(Calls calls, long from, long bytes) {
        try {
            int _ = (int) calls.unmap.invokeExact(from, bytes);
        } catch (Throwable failed) {
            throw new IllegalStateException("giving memory back to the system failed", failed);
        }
    }
}
