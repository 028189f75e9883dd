package io.moldau.broker;

import io.moldau.broker.settings.BrokerSettings;
import io.moldau.storage.CleanerSettings;

/// What the node's settings say about compaction.
final class CleanerRules {
    /// Whatever log.cleaner.dedupe.buffer.size says: the rest of the node needs memory too.
    private static final int HEAP_PART = 8;

    private CleanerRules() {}

    static CleanerSettings of(BrokerSettings settings) {
        var defaults = CleanerSettings.DEFAULTS;
        return new CleanerSettings(
                settings.bool("log.cleaner.enable") ? settings.int32("log.cleaner.threads") : 0,
                Math.min(
                        settings.int64("log.cleaner.dedupe.buffer.size"),
                        Runtime.getRuntime().maxMemory() / HEAP_PART),
                settings.float64("log.cleaner.io.max.bytes.per.second"),
                settings.int64("log.cleaner.backoff.ms"),
                defaults.stepBytes());
    }
}
