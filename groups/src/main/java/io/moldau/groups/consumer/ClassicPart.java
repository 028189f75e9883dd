package io.moldau.groups.consumer;

import io.moldau.groups.EmbeddedProtocol;
import io.moldau.groups.MigratingGroup;
import io.moldau.protocol.data.ConsumerGroupMemberMetadataValue.ClassicMemberMetadata;
import io.moldau.protocol.data.ConsumerGroupMemberMetadataValue.ClassicProtocol;
import io.moldau.protocol.data.ConsumerProtocolSubscription;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a member of a consumer group says in the classic protocol, which it speaks still (KIP-848).
///
/// @param protocols with the member's subscription in each, the one it likes best first; never empty
record ClassicPart(int sessionTimeoutMs, List<MigratingGroup.Protocol> protocols) {
    static @Nullable ClassicPart of(@Nullable ClassicMemberMetadata stored) {
        return stored == null
                ? null
                : new ClassicPart(
                        stored.sessionTimeoutMs(),
                        stored.supportedProtocols().stream()
                                .map(one -> new MigratingGroup.Protocol(one.name(), copy(one.metadata())))
                                .toList());
    }

    static @Nullable ClassicMemberMetadata stored(@Nullable ClassicPart part) {
        return part == null
                ? null
                : ClassicMemberMetadata.builder()
                        .sessionTimeoutMs(part.sessionTimeoutMs)
                        .supportedProtocols(part.protocols.stream()
                                .map(one -> ClassicProtocol.builder()
                                        .name(one.name())
                                        .metadata(one.metadata().duplicate())
                                        .build())
                                .toList())
                        .build();
    }

    /// The bytes outlive the frame or the log's buffer that they come from.
    static ByteBuffer copy(ByteBuffer bytes) {
        return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
    }

    /// The protocol that the member is told it is in.
    MigratingGroup.Protocol first() {
        return protocols.getFirst();
    }

    ConsumerProtocolSubscription subscription() {
        return EmbeddedProtocol.subscription(first().metadata())
                .orElseThrow(() -> new IllegalStateException("the subscription was readable when the member joined"));
    }

    boolean speaks(String protocol) {
        return protocols.stream().anyMatch(one -> one.name().equals(protocol));
    }
}
