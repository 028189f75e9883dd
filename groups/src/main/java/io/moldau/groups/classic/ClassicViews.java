package io.moldau.groups.classic;

import io.moldau.protocol.message.DescribeGroupsResponse.DescribedGroup;
import io.moldau.protocol.message.DescribeGroupsResponse.DescribedGroupMember;

/// A classic group as DescribeGroups shows it.
final class ClassicViews {
    private ClassicViews() {}

    /// Members' data are shown when they are settled only: before, nobody knows which protocol will win.
    static DescribedGroup describe(ClassicGroup group) {
        boolean settled = group.state == ClassicGroup.State.STABLE;
        var type = group.protocolType;
        var protocol = group.protocol;
        return DescribedGroup.builder()
                .groupId(group.id)
                .groupState(group.state.text())
                .protocolType(type == null ? "" : type)
                .protocolData(settled && protocol != null ? protocol : "")
                .members(group.members.values().stream()
                        .map(member -> DescribedGroupMember.builder()
                                .memberId(member.id)
                                .groupInstanceId(member.instanceId)
                                .clientId(member.clientId)
                                .clientHost(member.clientHost)
                                .memberMetadata(
                                        settled && protocol != null
                                                ? member.metadata(protocol).duplicate()
                                                : ClassicMember.NOTHING.duplicate())
                                .memberAssignment(
                                        settled ? member.assignment.duplicate() : ClassicMember.NOTHING.duplicate())
                                .build())
                        .toList())
                .build();
    }
}
