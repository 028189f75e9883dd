package io.moldau.groups;

import io.moldau.protocol.ByteReader;
import io.moldau.protocol.ByteWriter;
import io.moldau.protocol.MalformedMessageException;
import io.moldau.protocol.data.ConsumerProtocolAssignment;
import io.moldau.protocol.data.ConsumerProtocolSubscription;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What consumers write into the bytes of the classic protocol, where the protocol type is "consumer":
/// `version (int16)`, and a subscription or an assignment in that version. A newer version begins as the newest known.
public final class EmbeddedProtocol {
    /// The protocol type of consumers.
    public static final String TYPE = "consumer";

    private EmbeddedProtocol() {}

    /// Empty if the bytes are something else.
    public static Optional<ConsumerProtocolSubscription> subscription(ByteBuffer metadata) {
        try {
            var in = new ByteReader(metadata.duplicate());
            short version = in.int16();
            short known = (short) Math.min(version, ConsumerProtocolSubscription.HIGHEST_VERSION);
            return version < 0 ? Optional.empty() : Optional.of(ConsumerProtocolSubscription.read(in, known));
        } catch (MalformedMessageException notASubscription) {
            return Optional.empty();
        }
    }

    /// The topics subscribed to; none if the bytes are something else.
    public static List<String> topics(ByteBuffer metadata) {
        return subscription(metadata).map(ConsumerProtocolSubscription::topics).orElse(List.of());
    }

    /// No bytes are an assignment of nothing. Empty if the bytes are something else.
    public static Optional<ConsumerProtocolAssignment> assignment(ByteBuffer bytes) {
        if (!bytes.hasRemaining()) {
            return Optional.of(ConsumerProtocolAssignment.builder()
                    .assignedPartitions(List.of())
                    .userData(null)
                    .build());
        }
        try {
            var in = new ByteReader(bytes.duplicate());
            short version = in.int16();
            short known = (short) Math.min(version, ConsumerProtocolAssignment.HIGHEST_VERSION);
            return version < 0 ? Optional.empty() : Optional.of(ConsumerProtocolAssignment.read(in, known));
        } catch (MalformedMessageException notAnAssignment) {
            return Optional.empty();
        }
    }

    /// An assignment that whoever wrote `metadata` understands.
    public static ByteBuffer assignment(Map<String, ? extends Collection<Integer>> partitions, ByteBuffer metadata) {
        int theirs = metadata.remaining() < Short.BYTES ? 0 : metadata.getShort(metadata.position());
        short version = (short) Math.clamp(theirs, 0, ConsumerProtocolAssignment.HIGHEST_VERSION);
        var out = new ByteWriter();
        out.int16(version);
        ConsumerProtocolAssignment.builder()
                .assignedPartitions(partitions.entrySet().stream()
                        .map(entry -> ConsumerProtocolAssignment.TopicPartition.builder()
                                .topic(entry.getKey())
                                .partitions(List.copyOf(entry.getValue()))
                                .build())
                        .toList())
                .userData(null)
                .build()
                .write(out, version);
        return out.toBuffer();
    }
}
