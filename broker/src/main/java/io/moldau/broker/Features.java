package io.moldau.broker;

import io.moldau.broker.ApiVersionsAnswer.Feature;
import java.util.List;

/// The features that clients may count on, in Kafka 4.3's levels. Only what is answered for real is finalized.
final class Features {
    static final List<Feature> ALL = List.of(
            new Feature("metadata.version", (short) 7, (short) 30, (short) 30),
            new Feature("group.version", (short) 0, (short) 1, (short) 1),
            // 1: __transaction_state may have tagged fields; 2: an epoch for each transaction (KIP-890).
            new Feature("transaction.version", (short) 0, (short) 2, (short) 2),
            new Feature("streams.version", (short) 0, (short) 1, (short) 1),
            new Feature("share.version", (short) 0, (short) 1, (short) 1));

    private Features() {}
}
