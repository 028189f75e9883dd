package io.moldau.groups.classic;

import io.moldau.coordination.Entry;
import io.moldau.groups.RecordFormat;
import io.moldau.protocol.data.GroupMetadataKey;
import io.moldau.protocol.data.GroupMetadataValue;
import io.moldau.protocol.data.GroupMetadataValue.MemberMetadata;
import java.nio.ByteBuffer;
import java.util.Map;

/// A classic group as a record of `__consumer_offsets`.
final class ClassicRecords {
    private static final short VALUE_VERSION = 3;

    private ClassicRecords() {}

    static Entry metadata(ClassicGroup group, Map<String, ByteBuffer> assignments) {
        var protocol = group.protocol;
        var members = group.members.values().stream()
                .map(member -> MemberMetadata.builder()
                        .memberId(member.id)
                        .groupInstanceId(member.instanceId)
                        .clientId(member.clientId)
                        .clientHost(member.clientHost)
                        .rebalanceTimeout(member.rebalanceTimeoutMs)
                        .sessionTimeout(member.sessionTimeoutMs)
                        .subscription(member.metadata(protocol == null ? "" : protocol)
                                .duplicate())
                        .assignment(assignments
                                .getOrDefault(member.id, ClassicMember.NOTHING)
                                .duplicate())
                        .build())
                .toList();
        var protocolType = group.protocolType;
        var value = GroupMetadataValue.builder()
                .protocolType(protocolType == null ? "" : protocolType)
                .generation(group.generation)
                .protocol(protocol)
                .leader(group.leader)
                .currentStateTimestamp(group.stateTimestampMs)
                .members(members)
                .build();
        return RecordFormat.entry(GroupMetadataKey.RECORD_TYPE, key(group.id), value, VALUE_VERSION);
    }

    static Entry tombstone(String groupId) {
        return RecordFormat.tombstone(GroupMetadataKey.RECORD_TYPE, key(groupId));
    }

    private static GroupMetadataKey key(String groupId) {
        return GroupMetadataKey.builder().group(groupId).build();
    }
}
