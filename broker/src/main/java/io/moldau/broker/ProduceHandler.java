package io.moldau.broker;

import io.moldau.metadata.TopicImage;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.ProduceRequest;
import io.moldau.protocol.message.ProduceRequest.PartitionProduceData;
import io.moldau.protocol.message.ProduceResponse;
import io.moldau.protocol.message.ProduceResponse.BatchIndexAndErrorMessage;
import io.moldau.protocol.message.ProduceResponse.PartitionProduceResponse;
import io.moldau.protocol.message.ProduceResponse.TopicProduceResponse;
import io.moldau.records.BatchError;
import io.moldau.records.Compression;
import io.moldau.records.InvalidBatchException;
import io.moldau.records.RecordBatch;
import io.moldau.records.RecordBatches;
import io.moldau.replication.AppendListener;
import io.moldau.replication.AppendOutcome;
import io.moldau.replication.ErrorCodes;
import io.moldau.security.quotas.QuotaKey;
import io.moldau.storage.Append;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// Produce (key 0), versions 3–13.
/// - v7  zstd (KIP-110)
/// - v8  error texts, and which records are to blame (KIP-467)
/// - v9  flexible encoding
/// - v12 partitions join the transaction implicitly (KIP-890)
/// - v13 topics by id (KIP-516)
///
/// acks=1 and acks=all are answered when the topic's durability is kept; acks=0 is not answered, and where such a
/// request fails the connection is closed, which is the only sign a client can get.
/// Left out: magic 0 and 1 batches (KIP-724).
final class ProduceHandler implements ApiHandler<ProduceRequest> {
    private static final short ZSTD_SINCE = 7;
    private static final short TOPIC_IDS_SINCE = 13;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final NodeContext context;
    private final TransactionAdmission admission;

    ProduceHandler(NodeContext context, TransactionAdmission admission) {
        this.context = context;
        this.admission = admission;
    }

    @Override
    public void handle(ProduceRequest request, Call call) {
        int count = 0;
        for (var topic : request.topicData()) {
            count += topic.partitionData().size();
        }
        var collected = new Collected(request, call, count, throttled(call));
        if (count == 0) {
            collected.finish();
            return;
        }
        int slot = 0;
        for (var topicData : request.topicData()) {
            var topic = call.version() >= TOPIC_IDS_SINCE
                    ? context.image().topic(topicData.topicId()).orElse(null)
                    : context.image().topic(topicData.name()).orElse(null);
            for (var data : topicData.partitionData()) {
                produce(collected, topic, data, new Part(collected, slot++));
            }
        }
    }

    /// Counted on arrival, so that a client over its quota is not listened to before its next request is taken,
    /// which may have come together with this one.
    private int throttled(Call call) {
        if (!context.quotas().limit(QuotaKey.PRODUCER_BYTE_RATE)) {
            return 0;
        }
        int throttleMs = context.quotas().produced(call.who(), call.requestBytes(), context.nowNanos());
        if (throttleMs > 0) {
            call.mute(throttleMs);
        }
        return throttleMs;
    }

    private void produce(
            Collected collected, @Nullable TopicImage topic, PartitionProduceData data, AppendListener part) {
        var request = collected.request;
        var call = collected.call;
        short acks = request.acks();
        if (acks < -1 || acks > 1) {
            part.done(new AppendOutcome.Refused(
                    ErrorCode.INVALID_REQUIRED_ACKS, "acks is 0, 1 or -1 (all), not " + acks));
            return;
        }
        if (topic == null) {
            part.done(new AppendOutcome.Refused(
                    call.version() >= TOPIC_IDS_SINCE
                            ? ErrorCode.UNKNOWN_TOPIC_ID
                            : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
                    "there is no such topic (any more)"));
            return;
        }
        var partition = context.partition(topic.name(), data.index()).orElse(null);
        if (partition == null) {
            part.done(new AppendOutcome.Refused(
                    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
                    "topic \"" + topic.name() + "\" has " + topic.partitions().size() + " partitions, and "
                            + data.index() + " was asked for"));
            return;
        }
        if (topic.internal() && !call.clientId().equals("__admin_client")) {
            part.done(new AppendOutcome.Refused(
                    ErrorCode.INVALID_TOPIC_EXCEPTION,
                    "\"" + topic.name() + "\" is written by the broker itself only"));
            return;
        }
        var records = data.records();
        var bytes = records == null ? NOTHING : records.buffer();
        var rules = partition.log().settings();
        RecordBatch batch;
        try {
            batch = checked(bytes, rules.maxMessageBytes(), call.version());
        } catch (InvalidBatchException invalid) {
            part.done(new AppendOutcome.Refused(ErrorCodes.of(invalid.error()), String.valueOf(invalid.getMessage())));
            return;
        }
        var known = topic.partitions();
        int isr = data.index() < known.size() ? known.get(data.index()).isr().size() : 1;
        var arrival = new Arrival(
                rules, isr, acks == -1, context.environment().clock().wallMs());
        switch (arrival.of(batch)) {
            case Arrival.Accepted(var kept) -> {
                if (kept.isTransactional()) {
                    admission.append(partition, kept, request, call, part);
                } else if (partition.arrive(new Append(kept.buffer(), call.loan()), acks != 0, part)) {
                    call.atEndOfPass(partition::appendArrived);
                }
            }
            case Arrival.Turned(var refusal) -> part.done(refusal);
        }
    }

    private static RecordBatch checked(ByteBuffer bytes, int maxBatchBytes, short version) {
        List<RecordBatch> batches = RecordBatches.split(bytes, maxBatchBytes);
        if (batches.size() != 1) {
            throw new InvalidBatchException(
                    BatchError.INVALID_RECORD,
                    "a produce request carries exactly one record batch for a partition, this one " + batches.size());
        }
        var batch = batches.getFirst();
        if (batch.compression() == Compression.ZSTD && version < ZSTD_SINCE) {
            throw new InvalidBatchException(
                    BatchError.UNSUPPORTED_COMPRESSION_TYPE,
                    "zstd needs Produce version " + ZSTD_SINCE + " or newer (KIP-110)");
        }
        if (batch.isControl()) {
            throw new InvalidBatchException(BatchError.INVALID_RECORD, "clients must not write control batches");
        }
        return batch;
    }

    private record Part(Collected collected, int slot) implements AppendListener {
        @Override
        public void done(AppendOutcome outcome) {
            collected.accept(slot, outcome);
        }
    }

    /// Gathers the partitions' outcomes, which come on any thread, and answers after the last.
    private static final class Collected {
        private final ProduceRequest request;
        private final Call call;
        private final int throttleMs;
        private final AtomicReferenceArray<AppendOutcome> outcomes;
        private final AtomicInteger missing;

        Collected(ProduceRequest request, Call call, int count, int throttleMs) {
            this.request = request;
            this.call = call;
            this.throttleMs = throttleMs;
            this.outcomes = new AtomicReferenceArray<>(count);
            this.missing = new AtomicInteger(count);
        }

        void accept(int slot, AppendOutcome outcome) {
            outcomes.set(slot, outcome);
            if (missing.decrementAndGet() == 0) {
                finish();
            }
        }

        void finish() {
            if (request.acks() == 0) {
                withoutAnswer();
                return;
            }
            var topics = new ArrayList<TopicProduceResponse>(request.topicData().size());
            int slot = 0;
            for (var topic : request.topicData()) {
                var partitions = new ArrayList<PartitionProduceResponse>(
                        topic.partitionData().size());
                for (var data : topic.partitionData()) {
                    partitions.add(response(data.index(), outcomes.get(slot++)));
                }
                topics.add(TopicProduceResponse.builder()
                        .name(topic.name())
                        .topicId(topic.topicId())
                        .partitionResponses(partitions)
                        .build());
            }
            call.answer(ProduceResponse.builder().responses(topics).build(), throttleMs);
        }

        private void withoutAnswer() {
            for (int slot = 0; slot < outcomes.length(); slot++) {
                if (outcomes.get(slot) instanceof AppendOutcome.Refused(var error, var reason, var records)) {
                    call.refuse("its produce request with acks=0 failed with " + error + ": " + reason);
                    return;
                }
            }
            call.noAnswer(throttleMs);
        }

        private static PartitionProduceResponse response(int index, AppendOutcome outcome) {
            var response = PartitionProduceResponse.builder().index(index);
            switch (outcome) {
                case AppendOutcome.Acknowledged(long base, long last, long timeMs, long start) ->
                    response.baseOffset(base).logAppendTimeMs(timeMs).logStartOffset(start);
                case AppendOutcome.Refused(var error, var reason, var records) ->
                    response.errorCode(error.code())
                            .errorMessage(reason)
                            .recordErrors(records.stream()
                                    .map(record -> BatchIndexAndErrorMessage.builder()
                                            .batchIndex(record.index())
                                            .batchIndexErrorMessage(record.message())
                                            .build())
                                    .toList())
                            .baseOffset(-1)
                            .logAppendTimeMs(-1)
                            .logStartOffset(-1);
            }
            return response.build();
        }
    }
}
