package io.moldau.broker;

import io.moldau.metadata.Controller;
import io.moldau.metadata.TopicDecisions;
import io.moldau.transactions.ProducerIds;
import java.util.concurrent.CompletableFuture;

/// Producer ids, reserved in blocks in the metadata log, so that a crash wastes some and repeats none.
final class ProducerIdBlocks implements ProducerIds {
    private static final int BLOCK = 1000;

    private final Controller controller;
    private final Object lock = new Object();
    private long next;
    private long end;
    private CompletableFuture<Void> reservation = CompletableFuture.completedFuture(null);

    ProducerIdBlocks(Controller controller) {
        this.controller = controller;
    }

    @Override
    public CompletableFuture<Long> next() {
        CompletableFuture<Void> awaited;
        synchronized (lock) {
            if (next < end) {
                return CompletableFuture.completedFuture(next++);
            }
            if (reservation.isDone()) {
                reservation = reserve();
            }
            awaited = reservation;
        }
        return awaited.thenCompose(done -> next());
    }

    private CompletableFuture<Void> reserve() {
        return controller
                .decide(image -> TopicDecisions.reserveProducerIds(image, BLOCK))
                .thenAccept(first -> {
                    synchronized (lock) {
                        next = first;
                        end = first + BLOCK;
                    }
                });
    }
}
