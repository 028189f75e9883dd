package io.moldau.broker;

import io.moldau.environment.Clock;
import io.moldau.security.quotas.Quotas;
import io.moldau.security.quotas.Who;

/// How long one request keeps threads busy (KIP-124): from its arrival until its handler has returned or answered,
/// whichever comes first, and the writing of the answer. What others do for it meanwhile, as the flusher, is not
/// counted.
final class RequestMeter {
    private final Quotas quotas;
    private final Clock clock;
    private final long startNanos;
    private volatile boolean handled;
    private volatile long handledNanos;
    private long answeringNanos;

    RequestMeter(Quotas quotas, Clock clock) {
        this.quotas = quotas;
        this.clock = clock;
        this.startNanos = clock.nanos();
    }

    /// The handler has returned; the answer may come later.
    void handled() {
        handledNanos = clock.nanos();
        handled = true;
    }

    /// Counts what was done until now; returns the milliseconds to throttle.
    int answering(Who who) {
        answeringNanos = clock.nanos();
        return quotas.busy(who, (handled ? handledNanos : answeringNanos) - startNanos, answeringNanos);
    }

    /// The answer was written: whoever comes next waits for that, too.
    void wrote(Who who) {
        long now = clock.nanos();
        quotas.busy(who, now - answeringNanos, now);
    }
}
