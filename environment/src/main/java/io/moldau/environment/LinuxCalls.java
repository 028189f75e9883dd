package io.moldau.environment;

import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// Calls of the system that the JDK has no name for, where this is a Linux with them. Looking some up may take a tenth
/// of a second.
final class LinuxCalls {
    interface LookUp<T> {
        T by(Linker linker) throws Throwable;
    }

    private LinuxCalls() {}

    /// What was looked up; null where it is not there.
    static <T> @Nullable T find(LookUp<T> calls) {
        if (!System.getProperty("os.name", "").equals("Linux") || ValueLayout.ADDRESS.byteSize() != Long.BYTES) {
            return null;
        }
        try {
            return calls.by(Linker.nativeLinker());
        } catch (Throwable refused) {
            return null;
        }
    }
}
