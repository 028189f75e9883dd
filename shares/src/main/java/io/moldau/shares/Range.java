package io.moldau.shares;

/// Offsets that share one fate.
///
/// @param now what holds until the next save is done
/// @param next what will hold then; the same as `now` if nothing is decided
/// @param holder the member that has them, else ""
/// @param deadlineMs when the member's lock runs out
/// @param unsaved `now` is not kept yet, and rests on the log alone: it may be kept with the next save
/// @param save the save that is under way for it, else 0
record Range(
        long first,
        long last,
        Delivery now,
        Delivery next,
        String holder,
        long deadlineMs,
        boolean unsaved,
        long save) {
    static Range of(long first, long last, Delivery delivery) {
        return new Range(first, last, delivery, delivery, "", 0, false, 0);
    }

    /// Decided by looking at the log: there is no record for anybody.
    static Range passed(long first, long last, Delivery before) {
        return new Range(first, last, before.archived(), before.archived(), "", 0, true, 0);
    }

    boolean isSettling() {
        return !now.equals(next);
    }

    boolean isAvailable() {
        return now.state() == Delivery.State.AVAILABLE && !isSettling();
    }

    /// Whether a member has them and nothing else is decided.
    boolean isHeld() {
        return now.state() == Delivery.State.ACQUIRED && !isSettling();
    }

    boolean isHeldBy(String member) {
        return isHeld() && holder.equals(member);
    }

    boolean isDone() {
        return now.isFinal();
    }

    long count() {
        return last - first + 1;
    }

    Range within(long from, long to) {
        return new Range(from, to, now, next, holder, deadlineMs, unsaved, save);
    }

    Range heldBy(String member, long until) {
        var acquired = now.acquired();
        return new Range(first, last, acquired, acquired, member, until, unsaved, save);
    }

    Range renewed(long until) {
        return new Range(first, last, now, next, holder, until, unsaved, save);
    }

    /// Not part of a save that is under way, which has another state of it.
    Range decided(Delivery delivery) {
        return new Range(first, last, now, delivery, holder, deadlineMs, unsaved, 0);
    }

    Range inSave(long number) {
        return new Range(first, last, now, next, holder, deadlineMs, unsaved, number);
    }

    Range saved() {
        return isSettling()
                ? new Range(first, last, next, next, "", 0, false, 0)
                : new Range(first, last, now, next, holder, deadlineMs, false, 0);
    }

    /// The save failed: the member has them as before.
    Range notSaved() {
        return new Range(first, last, now, now, holder, deadlineMs, unsaved, 0);
    }

    boolean continuesAs(Range other) {
        return last + 1 == other.first
                && now.equals(other.now)
                && next.equals(other.next)
                && holder.equals(other.holder)
                && deadlineMs == other.deadlineMs
                && unsaved == other.unsaved
                && save == other.save;
    }

    StateBatch kept() {
        return new StateBatch(first, last, next.keptState(), (short) Math.min(Short.MAX_VALUE, next.count()));
    }
}
