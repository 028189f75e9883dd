package io.moldau.groups;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.groups.GroupsFixture.Answer;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.JoinGroupRequest;
import io.moldau.protocol.message.JoinGroupRequest.JoinGroupRequestProtocol;
import io.moldau.protocol.message.JoinGroupResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/// No group has more members than the broker allows: `group.max.size`, `group.consumer.max.size`. (Share and streams
/// groups: their own tests.)
class GroupSizeTest {
    private static final short WITHOUT_MEMBER_ID = 3;

    private static GroupsFixture node(int maxSize, int consumerMaxSize) throws IOException {
        var defaults = GroupSettings.DEFAULTS;
        var node = new GroupsFixture(
                1,
                new GroupSettings(
                        defaults.minSessionTimeoutMs(),
                        defaults.maxSessionTimeoutMs(),
                        defaults.initialRebalanceDelayMs(),
                        maxSize,
                        defaults.offsetMetadataMaxBytes(),
                        defaults.consumerSessionTimeoutMs(),
                        defaults.consumerHeartbeatIntervalMs(),
                        consumerMaxSize,
                        defaults.consumerAssignors(),
                        defaults.offsetsRetentionMs(),
                        defaults.offsetsRetentionCheckMs(),
                        defaults.migration()));
        node.topic("orders", 4);
        return node;
    }

    @Test
    void aConsumerGroupAtItsSizeRefusesOnlyThoseWhoAreNotInIt() throws IOException {
        var node = node(Integer.MAX_VALUE, 2);
        var a = new ConsumerClient(node, "a", null).reading("orders");
        var b = new ConsumerClient(node, "b", null).reading("orders");
        var c = new ConsumerClient(node, "c", null).reading("orders");
        assertThat(a.join()).isEqualTo(ErrorCode.NONE);
        assertThat(b.join()).isEqualTo(ErrorCode.NONE);
        assertThat(c.join()).isEqualTo(ErrorCode.GROUP_MAX_SIZE_REACHED);
        assertThat(a.join()).isEqualTo(ErrorCode.NONE);
        assertThat(node.describedConsumer("c").members()).hasSize(2);
        assertThat(b.leave(-1)).isEqualTo(ErrorCode.NONE);
        assertThat(c.join()).isEqualTo(ErrorCode.NONE);
    }

    @Test
    void aClassicGroupAtItsSizeRefusesOneMore() throws IOException {
        var node = node(2, Integer.MAX_VALUE);
        var first = join(node);
        assertThat(first.get().errorCode()).isZero();
        var second = join(node);
        assertThat(join(node).get().errorCode()).isEqualTo(ErrorCode.GROUP_MAX_SIZE_REACHED.code());
        node.pass(60_000);
        assertThat(second.get().errorCode()).isZero();
    }

    private static Answer<JoinGroupResponse> join(GroupsFixture node) {
        var answer = new Answer<JoinGroupResponse>();
        var request = JoinGroupRequest.builder()
                .groupId("g")
                .sessionTimeoutMs(30_000)
                .rebalanceTimeoutMs(30_000)
                .protocolType("consumer")
                .protocols(List.of(JoinGroupRequestProtocol.builder()
                        .name("range")
                        .metadata(ByteBuffer.allocate(0))
                        .build()))
                .build();
        node.members().join(request, new Caller("app", "/127.0.0.1", WITHOUT_MEMBER_ID), answer);
        node.settle();
        return answer;
    }
}
