package io.moldau.shares;

/// What became of a record so far.
///
/// @param count how often it was given to a member
record Delivery(State state, int count) {
    enum State {
        /// To be given to the next member that asks.
        AVAILABLE,
        /// A member has it, until its lock runs out.
        ACQUIRED,
        /// A member has done its work with it.
        ACKNOWLEDGED,
        /// It is not given to anybody any more: rejected, given too often, or no record at all.
        ARCHIVED;

        boolean isFinal() {
            return switch (this) {
                case AVAILABLE, ACQUIRED -> false;
                case ACKNOWLEDGED, ARCHIVED -> true;
            };
        }
    }

    static final Delivery NEW = new Delivery(State.AVAILABLE, 0);

    boolean isFinal() {
        return state.isFinal();
    }

    Delivery acquired() {
        return new Delivery(State.ACQUIRED, count + 1);
    }

    Delivery acknowledged() {
        return new Delivery(State.ACKNOWLEDGED, count);
    }

    Delivery archived() {
        return new Delivery(State.ARCHIVED, count);
    }

    /// Given back, or taken back when its lock ran out: once too often is the last time.
    Delivery released(int limit) {
        return new Delivery(count >= limit ? State.ARCHIVED : State.AVAILABLE, count);
    }

    /// Taken back from a member that is gone: it may not even have looked at it, so this delivery does not count.
    Delivery undelivered() {
        return new Delivery(State.AVAILABLE, Math.max(0, count - 1));
    }

    static Delivery of(StateBatch kept) {
        var state = switch (kept.state()) {
            case StateBatch.ACKNOWLEDGED -> State.ACKNOWLEDGED;
            case StateBatch.ARCHIVED -> State.ARCHIVED;
            default -> State.AVAILABLE;
        };
        return new Delivery(state, kept.deliveries());
    }

    /// As it is kept. That somebody has a record is not kept: his lock would not survive the node anyway.
    byte keptState() {
        return switch (state) {
            case AVAILABLE, ACQUIRED -> StateBatch.AVAILABLE;
            case ACKNOWLEDGED -> StateBatch.ACKNOWLEDGED;
            case ARCHIVED -> StateBatch.ARCHIVED;
        };
    }
}
