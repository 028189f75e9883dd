package io.moldau.groups;

import io.moldau.coordination.CoordinatedState.Schedule;
import io.moldau.coordination.Effects;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/// How soon after one target assignment a group's next is computed (KIP-1263): members that come and go within
/// `assignment.interval.ms` are one rebalance then, and a group whose members come and go all the time keeps nobody
/// else from his answers. The group's epoch rises at once all the same; only the assignment comes later.
///
/// A group in which nobody has anything yet is not paced: its first members would wait for nothing.
public final class AssignmentPace {
    private final String setting;
    private final ToIntFunction<String> intervalMs;
    private final Schedule schedule;
    private final Explanations explanations;
    private final Set<String> awaited = new HashSet<>();

    /// @param setting the setting's name
    /// @param intervalMs of a group, as it is now
    public AssignmentPace(
            String setting, ToIntFunction<String> intervalMs, Schedule schedule, Explanations explanations) {
        this.setting = setting;
        this.intervalMs = intervalMs;
        this.schedule = schedule;
        this.explanations = explanations;
    }

    private long waitMs(String groupId, long assignedMs) {
        long interval = intervalMs.applyAsInt(groupId);
        long since = schedule.nowMs() - assignedMs;
        // A clock that was set back makes nobody wait for longer than the interval.
        return since < 0 ? interval : Math.max(0, interval - since);
    }

    /// Whether the next assignment has to wait; then `assign` runs when the time has come.
    ///
    /// @param assignedMs when the last was computed
    public boolean mustWait(String groupId, long assignedMs, Consumer<Effects> assign) {
        long waitMs = waitMs(groupId, assignedMs);
        if (waitMs == 0) {
            return false;
        }
        if (awaited.add(groupId)) {
            explanations.note(groupId, "the next assignment is computed in " + waitMs + " ms (" + setting + ")");
            schedule.after(timer(groupId), waitMs, effects -> {
                awaited.remove(groupId);
                assign.accept(effects);
            });
        }
        return true;
    }

    public boolean isAwaited(String groupId) {
        return awaited.contains(groupId);
    }

    /// An assignment was computed: none is waited for.
    public void assigned(String groupId) {
        if (awaited.remove(groupId)) {
            schedule.cancel(timer(groupId));
        }
    }

    /// When a member shall come again: as usual, or as soon as the assignment that it waits for is there.
    ///
    /// @param assignedMs when the last assignment was computed
    public int heartbeatMs(String groupId, long assignedMs, int usualMs) {
        return isAwaited(groupId) ? Math.clamp(waitMs(groupId, assignedMs), 1, usualMs) : usualMs;
    }

    private String timer(String groupId) {
        return setting + "/" + groupId;
    }
}
