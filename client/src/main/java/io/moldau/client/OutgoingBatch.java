package io.moldau.client;

import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// Records on their way to one partition. Once encoded, its bytes, producer id and sequence stay what they are
/// however often it is sent, so that the broker can tell a repetition.
final class OutgoingBatch {
    private record Waiting(CompletableFuture<Sent> future, long timestampMs) {}

    final TopicPartition partition;
    final long createdMs;
    private final List<Waiting> waiting = new ArrayList<>();
    private final BatchBuilder builder;
    private @Nullable ByteBuffer bytes;
    int sizeBytes;
    boolean sealed;
    int attempts;
    long notBeforeMs;

    OutgoingBatch(TopicPartition partition, Compression compression, long nowMs) {
        this.partition = partition;
        this.createdMs = nowMs;
        this.builder = new BatchBuilder(compression);
    }

    int recordCount() {
        return waiting.size();
    }

    CompletableFuture<Sent> append(long timestampMs, OutgoingRecord record, int atMostBytes) {
        builder.append(timestampMs, record.key(), record.value(), record.headers());
        sizeBytes += atMostBytes;
        var future = new CompletableFuture<Sent>();
        waiting.add(new Waiting(future, timestampMs));
        return future;
    }

    boolean encoded() {
        return bytes != null;
    }

    void identify(long producerId, short producerEpoch, int sequence) {
        builder.producer(producerId, producerEpoch, sequence);
    }

    ByteBuffer encode() {
        if (bytes == null) {
            bytes = builder.build();
        }
        return bytes.duplicate();
    }

    void succeed(long baseOffset, OptionalLong logAppendTimeMs) {
        for (int index = 0; index < waiting.size(); index++) {
            var each = waiting.get(index);
            long offset = baseOffset < 0 ? -1 : baseOffset + index;
            each.future().complete(new Sent(partition, offset, logAppendTimeMs.orElse(each.timestampMs())));
        }
    }

    void fail(Throwable why) {
        for (var each : waiting) {
            each.future().completeExceptionally(why);
        }
    }
}
