package io.moldau.security.quotas;

import io.moldau.security.quotas.Limits.Limit;
import java.util.Optional;

/// How many partitions one request may still create or delete (KIP-599). Strict towards clients that understand a
/// refusal; from others it takes everything, and lets them wait afterwards.
public final class MutationBudget {
    private final Optional<Limit> limit;
    private final Optional<TokenBucket> bucket;
    private final boolean strict;
    private final long nowNanos;
    private double waitMs;

    MutationBudget(Optional<Limit> limit, Optional<TokenBucket> bucket, boolean strict, long nowNanos) {
        this.limit = limit;
        this.bucket = bucket;
        this.strict = strict;
        this.nowNanos = nowNanos;
    }

    /// False: nothing may be created or deleted now; [#throttleMs] says for how long.
    public boolean take(int partitions) {
        if (bucket.isEmpty() || limit.isEmpty()) {
            return true;
        }
        double most = limit.get().most();
        if (strict) {
            waitMs = Math.max(waitMs, bucket.get().takeIfNothingIsOwed(partitions, most, nowNanos));
            return waitMs == 0;
        }
        waitMs = bucket.get().take(partitions, most, nowNanos);
        return true;
    }

    public int throttleMs() {
        return Quotas.wholeMs(waitMs);
    }
}
