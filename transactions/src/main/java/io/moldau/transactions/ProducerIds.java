package io.moldau.transactions;

import java.util.concurrent.CompletableFuture;

/// Gives producer ids that were never given before, also not before a crash.
public interface ProducerIds {
    CompletableFuture<Long> next();
}
