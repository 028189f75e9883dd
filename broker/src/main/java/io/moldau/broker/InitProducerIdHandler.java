package io.moldau.broker;

import io.moldau.protocol.message.InitProducerIdRequest;
import io.moldau.protocol.message.InitProducerIdResponse;
import io.moldau.transactions.ProducerIds;
import io.moldau.transactions.TransactionsApi;

/// InitProducerId (key 22), versions 0–5: for idempotent producers a producer id that was never given out before,
/// epoch 0; for transactional ones, what the transaction coordinator says.
/// - v3 the producer says who it was (KIP-360)
/// - v4 PRODUCER_FENCED
/// Left out: two-phase commit (v6, KIP-939).
final class InitProducerIdHandler implements ApiHandler<InitProducerIdRequest> {
    private final TransactionsApi transactions;
    private final ProducerIds producerIds;

    InitProducerIdHandler(TransactionsApi transactions, ProducerIds producerIds) {
        this.transactions = transactions;
        this.producerIds = producerIds;
    }

    @Override
    public void handle(InitProducerIdRequest request, Call call) {
        if (request.transactionalId() != null) {
            transactions.initialise(request, call.version(), call::answer);
            return;
        }
        producerIds.next().whenComplete((id, failure) -> {
            if (failure != null) {
                call.fail(failure);
            } else {
                call.answer(InitProducerIdResponse.builder()
                        .producerId(id)
                        .producerEpoch((short) 0)
                        .build());
            }
        });
    }
}
