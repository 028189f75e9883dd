package io.moldau.transactions;

import io.moldau.coordination.Entry;
import io.moldau.protocol.ByteReader;
import io.moldau.protocol.ByteWriter;
import io.moldau.protocol.Message;
import io.moldau.protocol.data.TransactionLogKey;
import io.moldau.protocol.data.TransactionLogValue;
import io.moldau.protocol.data.TransactionLogValue.PartitionsSchema;
import io.moldau.storage.PartitionId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A transactional id as a record of `__transaction_state`, as Kafka writes it: the key is `0 (int16)` and the
/// id, the value is `version (int16)` and the value in that version.
final class TransactionRecords {
    private static final short KEY_VERSION = 0;
    private static final short VALUE_VERSION = 1;

    private TransactionRecords() {}

    static Entry entry(Transaction transaction) {
        var byTopic = new LinkedHashMap<String, List<Integer>>();
        for (var partition : transaction.partitions()) {
            byTopic.computeIfAbsent(partition.topic(), topic -> new ArrayList<>())
                    .add(partition.partition());
        }
        var partitions = byTopic.entrySet().stream()
                .map(topic -> PartitionsSchema.builder()
                        .topic(topic.getKey())
                        .partitionIds(topic.getValue())
                        .build())
                .toList();
        var value = TransactionLogValue.builder()
                .producerId(transaction.producer().id())
                .producerEpoch(transaction.producer().epoch())
                .previousProducerId(transaction.previousProducerId())
                .nextProducerId(transaction.nextProducerId())
                .transactionTimeoutMs(transaction.timeoutMs())
                .transactionStatus(transaction.state().id())
                .transactionPartitions(transaction.state() == TransactionState.EMPTY ? null : partitions)
                .transactionStartTimestampMs(transaction.startMs())
                .transactionLastUpdateTimestampMs(transaction.lastUpdateMs())
                .clientTransactionVersion(transaction.version())
                .build();
        return new Entry(key(transaction.id()), bytes(VALUE_VERSION, value));
    }

    static Entry tombstone(String transactionalId) {
        return new Entry(key(transactionalId), null);
    }

    private static ByteBuffer key(String transactionalId) {
        return bytes(
                KEY_VERSION,
                TransactionLogKey.builder().transactionalId(transactionalId).build());
    }

    private static ByteBuffer bytes(short version, Message message) {
        var out = new ByteWriter();
        out.int16(version);
        message.write(out, version);
        return out.toBuffer();
    }

    /// The transactional id; empty for a key of another kind.
    static Optional<String> id(ByteBuffer key) {
        var in = new ByteReader(key.duplicate());
        return in.int16() == KEY_VERSION
                ? Optional.of(TransactionLogKey.read(in, KEY_VERSION).transactionalId())
                : Optional.empty();
    }

    /// Empty for a tombstone, and for a transactional id that is dead.
    static Optional<Transaction> value(String transactionalId, @Nullable ByteBuffer bytes) {
        if (bytes == null) {
            return Optional.empty();
        }
        var in = new ByteReader(bytes.duplicate());
        var value = TransactionLogValue.read(in, in.int16());
        var state = TransactionState.of(value.transactionStatus())
                .orElseThrow(() -> new IllegalStateException("transactional id \"" + transactionalId + "\" is in state "
                        + value.transactionStatus() + ", which this version does not know"));
        if (state == TransactionState.DEAD) {
            return Optional.empty();
        }
        var partitions = new LinkedHashSet<PartitionId>();
        var topics = value.transactionPartitions();
        if (topics != null) {
            for (var topic : topics) {
                topic.partitionIds().forEach(index -> partitions.add(new PartitionId(topic.topic(), index)));
            }
        }
        return Optional.of(new Transaction(
                transactionalId,
                new Producer(value.producerId(), value.producerEpoch()),
                value.previousProducerId(),
                value.nextProducerId(),
                value.transactionTimeoutMs(),
                state,
                partitions,
                value.transactionStartTimestampMs(),
                value.transactionLastUpdateTimestampMs(),
                value.clientTransactionVersion()));
    }
}
