package io.moldau.benchmarks;

import io.moldau.protocol.ApiKey;
import io.moldau.protocol.message.FetchResponse;
import java.io.IOException;
import java.util.Arrays;

/// One consumer that reads partitions from their beginning as fast as it goes, with a Java consumer's sizes
/// (`fetch.max.bytes`=50 MiB, `max.partition.fetch.bytes`=1 MiB), looking at batch headers only.
final class CatchUp {
    /// @param endNanos when it was through
    record Outcome(long bytes, double seconds, long endNanos) {
        double megabytesPerSecond() {
            return bytes / 1e6 / seconds;
        }
    }

    private CatchUp() {}

    /// Reads until `endOffsets` are reached or `stop` says so.
    static Outcome run(int port, String topic, long[] endOffsets, java.util.function.BooleanSupplier stop)
            throws IOException {
        long[] offsets = new long[endOffsets.length];
        long bytes = 0;
        long started = System.nanoTime();
        try (var wire = Wire.open(port)) {
            while (!Arrays.equals(offsets, endOffsets) && !stop.getAsBoolean()) {
                wire.send(Wire.frame(PacedLoad.fetch(topic, offsets, 0, 1 << 20, 50 << 20), PacedLoad.FETCH_VERSION));
                var answer = wire.receive();
                bytes += answer.remaining();
                var body = Wire.body(answer, ApiKey.FETCH, PacedLoad.FETCH_VERSION);
                for (var partition : FetchResponse.read(body, PacedLoad.FETCH_VERSION)
                        .responses()
                        .getFirst()
                        .partitions()) {
                    int p = partition.partitionIndex();
                    offsets[p] = PacedLoad.endOf(partition, offsets[p]);
                }
            }
        }
        long ended = System.nanoTime();
        return new Outcome(bytes, (ended - started) / 1e9, ended);
    }
}
