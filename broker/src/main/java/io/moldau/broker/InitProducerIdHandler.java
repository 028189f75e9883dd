package io.moldau.broker;

import io.moldau.metadata.TopicDecisions;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.InitProducerIdRequest;
import io.moldau.protocol.message.InitProducerIdResponse;
import java.util.concurrent.CompletableFuture;

/// InitProducerId (key 22), versions 0–5, for idempotent producers: a producer id that was never given out before,
/// epoch 0. Ids are reserved in blocks in the metadata log, so that a crash wastes some and repeats none.
/// Left out: transactional ids.
final class InitProducerIdHandler implements ApiHandler<InitProducerIdRequest> {
    private static final int BLOCK = 1000;

    private final NodeContext context;
    private final Object lock = new Object();
    private long next;
    private long end;
    private CompletableFuture<Void> reservation = CompletableFuture.completedFuture(null);

    InitProducerIdHandler(NodeContext context) {
        this.context = context;
    }

    @Override
    public void handle(InitProducerIdRequest request, Call call) {
        if (request.transactionalId() != null) {
            // The protocol has no text here, and this code is final for the client.
            call.answer(InitProducerIdResponse.builder()
                    .errorCode(ErrorCode.INVALID_REQUEST.code())
                    .producerId(-1)
                    .producerEpoch((short) -1)
                    .build());
            return;
        }
        give(call);
    }

    private void give(Call call) {
        long id = -1;
        CompletableFuture<Void> awaited;
        synchronized (lock) {
            if (next < end) {
                id = next++;
            } else if (reservation.isDone()) {
                reservation = reserve();
            }
            awaited = reservation;
        }
        if (id >= 0) {
            call.answer(InitProducerIdResponse.builder()
                    .producerId(id)
                    .producerEpoch((short) 0)
                    .build());
            return;
        }
        awaited.whenComplete((done, failure) -> {
            if (failure != null) {
                call.fail(failure);
            } else {
                give(call);
            }
        });
    }

    private CompletableFuture<Void> reserve() {
        return context.controller()
                .decide(image -> TopicDecisions.reserveProducerIds(image, BLOCK))
                .thenAccept(first -> {
                    synchronized (lock) {
                        next = first;
                        end = first + BLOCK;
                    }
                });
    }
}
