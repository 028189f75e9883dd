package io.moldau.security.quotas;

import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/// The counters of one kind, at most so many. When there are more, the idle ones go, which changes nothing; if that
/// is not enough, the half that was used longest ago: who is in it begins anew.
final class Counters<C extends Counter> {
    private final int most;
    private final Map<Who, C> counters = new ConcurrentHashMap<>();

    Counters(int most) {
        this.most = most;
    }

    C of(Who who, long nowNanos, Supplier<C> fresh) {
        var known = counters.get(who);
        if (known != null) {
            return known;
        }
        if (counters.size() >= most) {
            makeRoom(nowNanos);
        }
        return counters.computeIfAbsent(who, missing -> fresh.get());
    }

    int size() {
        return counters.size();
    }

    private synchronized void makeRoom(long nowNanos) {
        if (counters.size() < most) {
            return;
        }
        counters.values().removeIf(counter -> counter.isIdle(nowNanos));
        if (counters.size() < most) {
            return;
        }
        record Use(Who who, long agoNanos) {}
        counters.entrySet().stream()
                .map(entry ->
                        new Use(entry.getKey(), nowNanos - entry.getValue().usedNanos()))
                .sorted(Comparator.comparingLong(Use::agoNanos).reversed())
                .limit(Math.max(1, most / 2))
                .forEach(use -> counters.remove(use.who()));
    }
}
