package io.moldau.cli;

import io.moldau.environment.Disk;
import io.moldau.environment.DiskFile;
import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "log",
        description = "Looks into the files of a log.",
        mixinStandardHelpOptions = true,
        subcommands = LogCommand.Dump.class)
final class LogCommand {
    @Command(name = "dump", description = "Batches and records of a segment file.", mixinStandardHelpOptions = true)
    static final class Dump implements Callable<Integer> {
        @Parameters(paramLabel = "FILE", description = "A segment, such as 00000000000000000000.log.")
        private Path file = Path.of("");

        @Option(names = "--records", description = "Also the records of each batch.")
        private boolean records;

        @Option(names = "--json", description = "Write JSON, for programs.")
        private boolean json;

        @Override
        public Integer call() throws IOException {
            var disk = Disk.real();
            if (!disk.exists(file)) {
                throw new NoSuchFileException("There is no file " + file + ".");
            }
            try (var open = disk.open(file)) {
                return dump(open, disk.sizeBytes(file));
            }
        }

        private int dump(DiskFile open, long sizeBytes) throws IOException {
            var batches = new Table(
                    "position",
                    "size",
                    "first offset",
                    "last offset",
                    "records",
                    "codec",
                    "producer",
                    "epoch",
                    "sequence",
                    "control",
                    "crc ok");
            var contents = new Table("offset", "timestamp", "key", "value", "headers");
            long position = 0;
            while (position + RecordBatch.HEADER_BYTES <= sizeBytes) {
                var header = ByteBuffer.allocate(RecordBatch.HEADER_BYTES);
                open.read(header, position);
                long length = header.getInt(Long.BYTES) + (long) RecordBatch.LENGTH_OVERHEAD_BYTES;
                if (length < RecordBatch.HEADER_BYTES || position + length > sizeBytes) {
                    break;
                }
                var bytes = ByteBuffer.allocate((int) length);
                open.read(bytes, position);
                var batch = RecordBatch.of(bytes.flip());
                batches.row(
                        position,
                        length,
                        batch.baseOffset(),
                        batch.lastOffset(),
                        batch.recordCount(),
                        batch.compression().configName(),
                        batch.producerId(),
                        (int) batch.producerEpoch(),
                        batch.baseSequence(),
                        batch.isControl(),
                        batch.checkCrc());
                if (records) {
                    add(batch, contents);
                }
                position += length;
            }
            batches.print(System.out, json);
            if (records) {
                System.out.println();
                contents.print(System.out, json);
            }
            if (position < sizeBytes) {
                System.err.println("From byte " + position + " on there are " + (sizeBytes - position)
                        + " bytes that are no batch.");
            }
            return 0;
        }

        private static void add(RecordBatch batch, Table contents) {
            try (var each = batch.records()) {
                while (each.hasNext()) {
                    var record = each.next();
                    contents.row(
                            record.offset(),
                            record.timestamp(),
                            RecordPrinter.text(record.key()),
                            RecordPrinter.text(record.value()),
                            record.headers().stream()
                                    .map(header -> header.key() + "=" + RecordPrinter.text(header.value()))
                                    .toList());
                }
            }
        }
    }
}
