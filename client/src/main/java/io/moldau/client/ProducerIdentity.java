package io.moldau.client;

import io.moldau.records.RecordBatch;

/// Producer id and epoch, by which a broker recognises what it has seen before (KIP-98).
record ProducerIdentity(long id, short epoch) {
    static final ProducerIdentity NONE =
            new ProducerIdentity(RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH);

    boolean isPresent() {
        return id != RecordBatch.NO_PRODUCER_ID;
    }
}
