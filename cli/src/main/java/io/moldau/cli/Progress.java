package io.moldau.cli;

import io.moldau.environment.Clock;

/// A line on stderr that counts, where a person watches.
final class Progress {
    private static final long EVERY_NANOS = 250_000_000L;

    private final Clock clock;
    private final String what;
    private final boolean shown = System.console() != null && System.console().isTerminal();
    private long lastNanos;
    private boolean dirty;

    Progress(Clock clock, String what) {
        this.clock = clock;
        this.what = what;
        this.lastNanos = clock.nanos();
    }

    void at(long count) {
        if (shown && clock.nanos() - lastNanos > EVERY_NANOS) {
            lastNanos = clock.nanos();
            dirty = true;
            System.err.print("\r" + count + " " + what);
        }
    }

    void end() {
        if (dirty) {
            System.err.print("\r\u001b[K");
        }
    }
}
