package io.moldau.cli;

import io.moldau.environment.DiskFile;
import io.moldau.environment.Environment;
import io.moldau.records.InvalidBatchException;
import io.moldau.records.RecordBatch;
import io.moldau.records.RecordBatches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `moldau log`.
@Command(
        name = "log",
        description = "Looks into the files of a log.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class LogCommand {
    private static final int LENGTH_AT = 8;
    private static final int LENGTH_OVERHEAD_BYTES = 12;

    @Command(description = "Shows the batches of a segment, checking each.", mixinStandardHelpOptions = true)
    int dump(
            @Mixin Output output,
            @Parameters(paramLabel = "FILE") Path file,
            @Option(names = "--records", description = "Show the records in them.") boolean withRecords)
            throws IOException {
        var batches = new Table(
                "POSITION", "BASE OFFSET", "LAST OFFSET", "RECORDS", "BYTES", "CODEC", "EPOCH", "PRODUCER", "SEQUENCE",
                "MAX TIMESTAMP");
        var records = new Table("OFFSET", "TIMESTAMP", "KEY", "VALUE", "HEADERS");
        long position = 0;
        String damage = "";
        try (var opened = Environment.real().disk().openForReading(file)) {
            long size = opened.sizeBytes();
            while (position < size && damage.isEmpty()) {
                try {
                    var batch = batchAt(opened, position, size);
                    if (batch == null) {
                        break;
                    }
                    batches.row(
                            position,
                            batch.baseOffset(),
                            batch.lastOffset(),
                            batch.recordCount(),
                            batch.sizeBytes(),
                            batch.compression().configName() + (batch.isControl() ? " control" : ""),
                            batch.partitionLeaderEpoch(),
                            batch.hasProducerId() ? batch.producerId() + "/" + batch.producerEpoch() : null,
                            batch.hasProducerId() ? (Object) batch.baseSequence() : null,
                            batch.maxTimestamp());
                    if (withRecords) {
                        rows(batch, records);
                    }
                    position += batch.sizeBytes();
                } catch (InvalidBatchException broken) {
                    damage = "at position " + position + ": " + broken.getMessage();
                }
            }
        }
        output.print(withRecords ? records : batches, "There are no batches in " + file + ".");
        if (!damage.isEmpty()) {
            System.err.println("moldau: " + damage);
            return Moldau.FAILED;
        }
        return Moldau.OK;
    }

    private static @Nullable RecordBatch batchAt(DiskFile file, long position, long size)
            throws IOException {
        var head = ByteBuffer.allocate(LENGTH_OVERHEAD_BYTES);
        if (file.read(head, position) < LENGTH_OVERHEAD_BYTES) {
            throw new CommandFailure("at position " + position + ": the file ends inside a batch");
        }
        int length = head.getInt(LENGTH_AT);
        if (length == 0 && head.getLong(0) == 0) {
            // Space that was laid out and not written yet.
            return null;
        }
        if (length <= 0 || length > size - position - LENGTH_OVERHEAD_BYTES) {
            throw new CommandFailure("at position " + position + ": the file ends inside a batch, or is no segment");
        }
        var bytes = ByteBuffer.allocate(length + LENGTH_OVERHEAD_BYTES);
        if (file.read(bytes, position) < bytes.capacity()) {
            throw new CommandFailure("at position " + position + ": the file ends inside a batch");
        }
        return RecordBatches.split(bytes.flip()).getFirst();
    }

    private static void rows(RecordBatch batch, Table table) {
        try (var records = batch.records()) {
            while (records.hasNext()) {
                var record = records.next();
                table.row(
                        record.offset(),
                        record.timestamp(),
                        RecordFormat.text(record.key()),
                        RecordFormat.text(record.value()),
                        record.headers().size());
            }
        }
    }
}
