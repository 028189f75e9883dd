package io.moldau.storage;

import io.moldau.environment.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;

/// The file `partition.metadata` of a log: the topic id, in Kafka's text form. Not synced when written: until a
/// checkpoint the journal knows the log too.
final class PartitionMetadata {
    private PartitionMetadata() {}

    static void write(Disk disk, Path log, UuidBits topicId) throws IOException {
        var bits = ByteBuffer.allocate(16).putLong(topicId.mostSignificant()).putLong(topicId.leastSignificant());
        var text = "version: 0\ntopic_id: "
                + Base64.getUrlEncoder().withoutPadding().encodeToString(bits.array()) + "\n";
        try (var file = disk.open(log.resolve(LogDirectory.METADATA_FILE))) {
            file.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
        }
    }

    static void sync(Disk disk, Path log) throws IOException {
        try (var file = disk.open(log.resolve(LogDirectory.METADATA_FILE))) {
            file.sync();
        }
    }

    static Optional<UuidBits> read(Disk disk, Path log) throws IOException {
        var path = log.resolve(LogDirectory.METADATA_FILE);
        if (!disk.exists(path)) {
            return Optional.empty();
        }
        var text = new String(AtomicFile.read(disk, path), StandardCharsets.UTF_8);
        int at = text.indexOf("topic_id: ");
        if (at < 0 || text.length() < at + 10 + 22) {
            return Optional.empty();
        }
        try {
            var bits = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text.substring(at + 10, at + 32)));
            return Optional.of(new UuidBits(bits.getLong(), bits.getLong()));
        } catch (IllegalArgumentException torn) {
            return Optional.empty();
        }
    }
}
