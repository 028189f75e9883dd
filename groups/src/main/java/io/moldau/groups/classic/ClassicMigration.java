package io.moldau.groups.classic;

import io.moldau.coordination.Effects;
import io.moldau.groups.EmbeddedProtocol;
import io.moldau.groups.MigratingGroup;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Optional;

/// A classic group whose members go over to the consumer protocol, or come back from it (KIP-848).
final class ClassicMigration {
    private ClassicMigration() {}

    static Optional<String> whyNot(ClassicGroup group, int maxSize) {
        if (!EmbeddedProtocol.TYPE.equals(group.protocolType)) {
            return Optional.of("its members are no consumers but of the type \"" + group.protocolType + "\"");
        }
        if (group.members.size() >= maxSize) {
            return Optional.of(
                    "it has " + group.members.size() + " members, as many as group.consumer.max.size allows");
        }
        for (var member : group.members.values()) {
            var assignment = EmbeddedProtocol.assignment(member.assignment);
            boolean readable = assignment.isPresent()
                    && member.protocols.stream()
                            .allMatch(one -> EmbeddedProtocol.subscription(one.metadata())
                                    .isPresent());
            if (!readable) {
                return Optional.of("the subscription or assignment of its member " + member.id + " cannot be read");
            }
            var userData = assignment.get().userData();
            if (userData != null && userData.hasRemaining()) {
                return Optional.of("its assignor gives members data of its own, which would be lost: first choose an"
                        + " assignor that comes with Kafka's clients");
            }
        }
        return Optional.empty();
    }

    static MigratingGroup release(ClassicGroup group) {
        return new MigratingGroup(
                group.id,
                group.generation,
                group.members.values().stream()
                        .map(member -> new MigratingGroup.Member(
                                member.id,
                                member.instanceId,
                                member.clientId,
                                member.clientHost,
                                member.rebalanceTimeoutMs,
                                member.sessionTimeoutMs,
                                member.protocols.stream()
                                        .map(one -> new MigratingGroup.Protocol(one.name(), one.metadata()))
                                        .toList(),
                                member.assignment))
                        .toList());
    }

    /// @param group new, without members
    static void adopt(ClassicGroup group, MigratingGroup migrating, Effects effects) {
        group.protocolType = EmbeddedProtocol.TYPE;
        group.generation = migrating.generation();
        var assignments = new HashMap<String, ByteBuffer>();
        for (var one : migrating.members()) {
            var member = new ClassicMember(
                    one.id(),
                    one.instanceId(),
                    one.clientId(),
                    one.clientHost(),
                    one.rebalanceTimeoutMs(),
                    one.sessionTimeoutMs(),
                    one.protocols().stream()
                            .map(protocol -> ClassicMember.protocol(protocol.name(), protocol.metadata()))
                            .toList());
            member.assignment = ClassicMember.copy(one.assignment());
            group.putSettled(member);
            assignments.put(member.id, member.assignment);
            group.alive(member);
        }
        // Without a leader in its record: should the node be killed now, the next start rebalances.
        group.protocol = ProtocolVote.winner(group.members.values());
        group.to(ClassicGroup.State.STABLE);
        effects.append(ClassicRecords.metadata(group, assignments));
        group.rebalance.prepare(effects, "the last member of the consumer protocol is gone: a classic group again");
    }
}
