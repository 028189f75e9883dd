package io.moldau.security.quotas;

import io.moldau.metadata.Controller;
import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.MetadataRecord;
import java.net.InetAddress;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Counts what clients use, and says for how long one who used more than his quota is not to be listened to.
///
/// While no quota of a kind is set, asking for it costs one volatile read, and nothing is counted.
public final class Quotas implements Controller.Listener {
    /// Counters of each kind; see [Counters].
    private static final int MOST_COUNTERS = 10_000;
    /// A single request of a great many bytes could otherwise silence its client for years.
    private static final double MOST_MS = 3_600_000;

    private static final double PERCENT_SECONDS_PER_NANO = 100 / 1e9;

    private final Windows windows;
    private final Windows controllerWindows;
    private final Map<QuotaKey, Counters<Rate>> rates = new EnumMap<>(QuotaKey.class);
    private final Counters<TokenBucket> buckets = new Counters<>(MOST_COUNTERS);
    /// The kinds that have quotas.
    private volatile Map<QuotaKey, Limits> limits;

    public Quotas(Windows windows, Windows controllerWindows, MetadataImage image) {
        this.windows = windows;
        this.controllerWindows = controllerWindows;
        for (var key : QuotaKey.values()) {
            rates.put(key, new Counters<>(MOST_COUNTERS));
        }
        this.limits = limits(image);
    }

    private static Map<QuotaKey, Limits> limits(MetadataImage image) {
        var all = new EnumMap<QuotaKey, Limits>(QuotaKey.class);
        for (var key : QuotaKey.values()) {
            var limits = Limits.of(image, key);
            if (!limits.isEmpty()) {
                all.put(key, limits);
            }
        }
        return all;
    }

    @Override
    public void changed(List<MetadataRecord> records, MetadataImage image) {
        if (records.stream().anyMatch(MetadataRecord.QuotaChanged.class::isInstance)) {
            limits = limits(image);
        }
    }

    /// Whether anybody has such a quota.
    public boolean limit(QuotaKey key) {
        return limits.containsKey(key);
    }

    private Optional<Limits.Limit> limit(QuotaKey key, Who who) {
        var all = limits.get(key);
        return all == null ? Optional.empty() : all.of(who);
    }

    private Rate rate(QuotaKey key, Limits.Limit limit, long nowNanos) {
        var counters = rates.get(key);
        if (counters == null) {
            throw new IllegalStateException("there are no counters for " + key);
        }
        return counters.of(limit.counted(), nowNanos, () -> new Rate(windows, nowNanos));
    }

    /// Counts a produce request; returns the milliseconds to throttle.
    public int produced(Who who, long bytes, long nowNanos) {
        return limit(QuotaKey.PRODUCER_BYTE_RATE, who)
                .map(limit -> wholeMs(
                        rate(QuotaKey.PRODUCER_BYTE_RATE, limit, nowNanos).add((double) bytes, limit.most(), nowNanos)))
                .orElse(0);
    }

    /// Counts an answer with records that is about to be given. Milliseconds to throttle: then it must not be
    /// given, and was not counted.
    public int fetching(Who who, long bytes, long nowNanos) {
        return limit(QuotaKey.CONSUMER_BYTE_RATE, who)
                .map(limit -> wholeMs(rate(QuotaKey.CONSUMER_BYTE_RATE, limit, nowNanos)
                        .addIfWithin((double) bytes, limit.most(), nowNanos)))
                .orElse(0);
    }

    /// Counts an answer with records that cannot be held back; returns the milliseconds to throttle.
    public int fetched(Who who, long bytes, long nowNanos) {
        return limit(QuotaKey.CONSUMER_BYTE_RATE, who)
                .map(limit -> wholeMs(
                        rate(QuotaKey.CONSUMER_BYTE_RATE, limit, nowNanos).add((double) bytes, limit.most(), nowNanos)))
                .orElse(0);
    }

    /// The most bytes that one fetch answer may have without being over the quota by itself; at least one.
    public int mostFetched(Who who) {
        return limit(QuotaKey.CONSUMER_BYTE_RATE, who)
                .map(limit -> (int) Math.clamp(limit.most() * windows.fullSeconds(), 1, Integer.MAX_VALUE))
                .orElse(Integer.MAX_VALUE);
    }

    /// Counts the time that a request kept threads busy; returns the milliseconds to throttle, at most one window.
    public int busy(Who who, long nanos, long nowNanos) {
        return limit(QuotaKey.REQUEST_PERCENTAGE, who)
                .map(limit -> atMostAWindow(rate(QuotaKey.REQUEST_PERCENTAGE, limit, nowNanos)
                        .add(nanos * PERCENT_SECONDS_PER_NANO, limit.most(), nowNanos)))
                .orElse(0);
    }

    /// Counts a connection; milliseconds to throttle, at most one window: then it must be closed, and was not counted.
    public int connected(InetAddress address, long nowNanos) {
        var all = limits.get(QuotaKey.CONNECTION_CREATION_RATE);
        if (all == null) {
            return 0;
        }
        return all.ofAddress(address.getHostAddress())
                .map(limit -> atMostAWindow(rate(QuotaKey.CONNECTION_CREATION_RATE, limit, nowNanos)
                        .addIfWithin(1, limit.most(), nowNanos)))
                .orElse(0);
    }

    /// What one request may create or delete.
    ///
    /// @param strict the client understands THROTTLING_QUOTA_EXCEEDED
    public MutationBudget mutations(Who who, boolean strict, long nowNanos) {
        var limit = limit(QuotaKey.CONTROLLER_MUTATION_RATE, who);
        var bucket = limit.map(one ->
                buckets.of(one.counted(), nowNanos, () -> new TokenBucket(controllerWindows, one.most(), nowNanos)));
        return new MutationBudget(limit, bucket, strict, nowNanos);
    }

    private int atMostAWindow(double waitMs) {
        return wholeMs(Math.min(waitMs, windows.seconds() * 1_000.0));
    }

    /// At least one where there is anything to wait for.
    static int wholeMs(double waitMs) {
        return waitMs > 0 ? (int) Math.max(1, Math.round(Math.min(waitMs, MOST_MS))) : 0;
    }
}
