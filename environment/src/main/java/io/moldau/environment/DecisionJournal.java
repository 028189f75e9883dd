package io.moldau.environment;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What the node decided of its own accord, so that a person can ask why: rebalances, fencings, time-outs, deletions.
/// The newest of each subject, and those of the subjects noted last. Lost with the process: it explains, nothing
/// rests on it. Used from every thread; the lock is held for a few steps in memory.
public final class DecisionJournal {
    /// Decisions kept of one subject.
    public static final int MOST_OF_ONE = 64;

    /// Subjects kept.
    public static final int MOST_SUBJECTS = 1_000;

    /// Characters kept of one decision.
    public static final int MOST_CHARACTERS = 500;

    /// What decisions are about.
    public enum Kind {
        GROUP,
        TRANSACTION,
        TOPIC
    }

    private record Subject(Kind kind, String name) {}

    /// @param atMs since the epoch
    public record Decision(long atMs, String what) {}

    private final Clock clock;
    private final Map<Subject, Deque<Decision>> bySubject = new LinkedHashMap<>(16, 0.75f, true);

    public DecisionJournal(Clock clock) {
        this.clock = clock;
    }

    public void note(Kind kind, String name, String what) {
        var text = what.length() <= MOST_CHARACTERS ? what : what.substring(0, MOST_CHARACTERS - 1) + "…";
        var decision = new Decision(clock.wallMs(), text);
        synchronized (bySubject) {
            var decisions = bySubject.computeIfAbsent(new Subject(kind, name), subject -> new ArrayDeque<>());
            if (decisions.size() == MOST_OF_ONE) {
                decisions.removeFirst();
            }
            decisions.addLast(decision);
            if (bySubject.size() > MOST_SUBJECTS) {
                var oldest = bySubject.keySet().iterator();
                oldest.next();
                oldest.remove();
            }
        }
    }

    /// The oldest first; empty if nothing is known.
    public List<Decision> about(Kind kind, String name) {
        synchronized (bySubject) {
            var decisions = bySubject.get(new Subject(kind, name));
            return decisions == null ? List.of() : List.copyOf(decisions);
        }
    }
}
