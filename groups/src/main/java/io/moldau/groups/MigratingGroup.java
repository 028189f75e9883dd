package io.moldau.groups;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A group on its way between the classic and the consumer protocol: its members of the classic one, as one kind of
/// group hands them to the other (KIP-848).
///
/// @param generation of the classic protocol, the epoch of the other
public record MigratingGroup(String id, int generation, List<Member> members) {
    /// @param protocols that the member can speak, with its subscription in each, the one it likes best first
    /// @param assignment in the bytes of [EmbeddedProtocol]
    public record Member(
            String id,
            @Nullable String instanceId,
            String clientId,
            String clientHost,
            int rebalanceTimeoutMs,
            int sessionTimeoutMs,
            List<Protocol> protocols,
            ByteBuffer assignment) {}

    public record Protocol(String name, ByteBuffer metadata) {}
}
