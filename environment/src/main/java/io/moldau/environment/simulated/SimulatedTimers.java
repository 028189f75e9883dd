package io.moldau.environment.simulated;

import io.moldau.environment.Timers;
import java.util.Map;
import java.util.TreeMap;

/// Timers that fire while the clock is stepped, in the order of their times, ties in the order of scheduling.
public final class SimulatedTimers implements Timers {
    private record Due(long timeMs, long number) {}

    private final SimulatedClock clock;
    private final TreeMap<Due, Runnable> due = new TreeMap<>(
            (a, b) -> a.timeMs != b.timeMs ? Long.compare(a.timeMs, b.timeMs) : Long.compare(a.number, b.number));
    private long scheduled;

    public SimulatedTimers(SimulatedClock clock) {
        this.clock = clock;
    }

    @Override
    public synchronized Timer schedule(long delayMs, Runnable task) {
        var at = new Due(clock.wallMs() + Math.max(0, delayMs), scheduled++);
        due.put(at, task);
        return () -> {
            synchronized (this) {
                return due.remove(at) != null;
            }
        };
    }

    /// Moves the clock on by `ms` and runs what falls due on the way, each at its time.
    public void advance(long ms) {
        long end = clock.wallMs() + ms;
        for (var next = take(end); next != null; next = take(end)) {
            clock.moveTo(Math.max(clock.wallMs(), next.getKey().timeMs));
            next.getValue().run();
        }
        clock.moveTo(end);
    }

    private synchronized Map.@org.jspecify.annotations.Nullable Entry<Due, Runnable> take(long end) {
        var first = due.firstEntry();
        if (first == null || first.getKey().timeMs > end) {
            return null;
        }
        due.remove(first.getKey());
        return first;
    }

    /// Forgets everything, as a crash does.
    public synchronized void clear() {
        due.clear();
    }
}
