package io.moldau.groups.classic;

import io.moldau.groups.Caller;
import io.moldau.protocol.message.JoinGroupRequest;
import io.moldau.protocol.message.JoinGroupRequest.JoinGroupRequestProtocol;
import io.moldau.protocol.message.JoinGroupResponse;
import io.moldau.protocol.message.SyncGroupResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One member of a classic group, and the answers it is waiting for. Belongs to its group.
final class ClassicMember {
    static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

    final String id;
    final @Nullable String instanceId;
    final String clientId;
    final String clientHost;
    int rebalanceTimeoutMs;
    int sessionTimeoutMs;
    List<JoinGroupRequestProtocol> protocols;
    ByteBuffer assignment = NOTHING;
    Optional<Consumer<JoinGroupResponse>> awaitingJoin = Optional.empty();
    short joinVersion;
    Optional<Consumer<SyncGroupResponse>> awaitingSync = Optional.empty();

    ClassicMember(
            String id,
            @Nullable String instanceId,
            String clientId,
            String clientHost,
            int rebalanceTimeoutMs,
            int sessionTimeoutMs,
            List<JoinGroupRequestProtocol> protocols) {
        this.id = id;
        this.instanceId = instanceId;
        this.clientId = clientId;
        this.clientHost = clientHost;
        this.rebalanceTimeoutMs = rebalanceTimeoutMs;
        this.sessionTimeoutMs = sessionTimeoutMs;
        this.protocols = protocols;
    }

    /// A member as it asks to join.
    static ClassicMember of(String id, JoinGroupRequest request, Caller caller) {
        return new ClassicMember(
                id,
                request.groupInstanceId(),
                caller.clientId(),
                caller.host(),
                rebalanceTimeoutMs(request),
                request.sessionTimeoutMs(),
                copy(request.protocols()));
    }

    /// The member joins again, perhaps changed.
    void update(JoinGroupRequest request) {
        protocols = copy(request.protocols());
        sessionTimeoutMs = request.sessionTimeoutMs();
        rebalanceTimeoutMs = rebalanceTimeoutMs(request);
    }

    private static int rebalanceTimeoutMs(JoinGroupRequest request) {
        return request.rebalanceTimeoutMs() < 0 ? request.sessionTimeoutMs() : request.rebalanceTimeoutMs();
    }

    boolean isStatic() {
        return instanceId != null;
    }

    /// The member's data for a protocol; empty if it does not know the protocol.
    ByteBuffer metadata(String protocol) {
        for (var one : protocols) {
            if (one.name().equals(protocol)) {
                return one.metadata();
            }
        }
        return NOTHING;
    }

    boolean supports(String protocol) {
        return protocols.stream().anyMatch(one -> one.name().equals(protocol));
    }

    boolean sameProtocols(List<JoinGroupRequestProtocol> others) {
        return protocols.equals(others);
    }

    static JoinGroupRequestProtocol protocol(String name, ByteBuffer metadata) {
        return JoinGroupRequestProtocol.builder()
                .name(name)
                .metadata(copy(metadata))
                .build();
    }

    private static List<JoinGroupRequestProtocol> copy(List<JoinGroupRequestProtocol> protocols) {
        return protocols.stream()
                .map(one -> protocol(one.name(), one.metadata()))
                .toList();
    }

    /// The bytes outlive the request's frame, so they leave it.
    static ByteBuffer copy(ByteBuffer bytes) {
        var copy = ByteBuffer.allocate(bytes.remaining());
        return copy.put(bytes.duplicate()).flip();
    }
}
