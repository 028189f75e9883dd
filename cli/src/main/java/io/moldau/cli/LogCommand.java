package io.moldau.cli;

import io.moldau.environment.Disk;
import io.moldau.environment.DiskFile;
import io.moldau.metadata.LocalMetadataLog;
import io.moldau.records.RecordBatch;
import io.moldau.storage.FileDump;
import io.moldau.storage.Verification;
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
        subcommands = {LogCommand.Dump.class, LogCommand.Verify.class})
final class LogCommand {
    @Command(
            name = "verify",
            description = {
                "Reads everything in a data directory that no node uses, and says what is damaged.",
                "Exit code 0: all is well; 1: something is damaged."
            },
            mixinStandardHelpOptions = true)
    static final class Verify implements Callable<Integer> {
        @Parameters(paramLabel = "DIR", description = "A data directory.")
        private Path directory = Path.of("");

        @Option(names = "--json", description = "Write JSON, for programs.")
        private boolean json;

        @Override
        public Integer call() throws IOException {
            var report = Verification.run(Disk.real(), directory, folder -> {});
            var problems = new Table("file", "problem");
            report.problems().forEach(one -> problems.row(one.file().toString(), one.text()));
            if (!report.problems().isEmpty() || json) {
                problems.print(System.out, json);
            }
            System.err.println("Read " + report.logs() + " partitions, " + report.segments() + " segments, "
                    + report.batches() + " batches, " + report.bytes() + " bytes; the last stop was "
                    + (report.clean() ? "clean" : "not clean, the journal has " + report.journalEntries() + " entries")
                    + ". "
                    + (report.problems().isEmpty()
                            ? "All is well."
                            : report.problems().size() + " problems were found."));
            return report.problems().isEmpty() ? 0 : 1;
        }
    }

    @Command(
            name = "dump",
            description = "What a file of a data directory says: batches and records of a segment, or the entries of an"
                    + " index, a snapshot, the journal, the checkpoint, the metadata log.",
            mixinStandardHelpOptions = true)
    static final class Dump implements Callable<Integer> {
        @Parameters(paramLabel = "FILE", description = "Such as 00000000000000000000.log, or checkpoint.")
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
            var name = String.valueOf(file.getFileName());
            if (name.equals("metadata.log")) {
                var table = new Table("record");
                LocalMetadataLog.read(disk, file).forEach(record -> table.row(record.toString()));
                table.print(System.out, json);
                return 0;
            }
            if (!name.endsWith(".log")) {
                var dump = FileDump.of(disk, file);
                var table = new Table(dump.columns().toArray(new String[0]));
                dump.rows().forEach(row -> table.row(row.toArray()));
                table.print(System.out, json);
                return 0;
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
