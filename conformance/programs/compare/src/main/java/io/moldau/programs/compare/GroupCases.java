package io.moldau.programs.compare;

import io.moldau.programs.Checks;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ShareGroupDescribeRequestData;
import org.apache.kafka.common.message.ShareGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ShareGroupHeartbeatResponseData;
import org.apache.kafka.common.message.StreamsGroupDescribeRequestData;
import org.apache.kafka.common.protocol.ApiMessage;

/// Groups of the newer kinds, from one state to the next.
final class GroupCases {
    private static final String STREAMS = "word-count";
    private static final String SHARE = "workers";

    private GroupCases() {}

    static void run(Comparison both, int nodeId) throws IOException {
        streams(both);
        shares(both);
        others(both);
    }

    private static StreamsGroupDescribeRequestData streamsGroups(String... groups) {
        return new StreamsGroupDescribeRequestData().setGroupIds(List.of(groups));
    }

    private static ShareGroupDescribeRequestData shareGroups(String... groups) {
        return new ShareGroupDescribeRequestData().setGroupIds(List.of(groups));
    }

    /// One at each.
    private static List<StreamsMember> members(Comparison both, String group, String id) {
        return both.all().stream()
                .map(wire -> new StreamsMember(wire, group, id))
                .toList();
    }

    private static void streams(Comparison both) throws IOException {
        both.same("StreamsGroupDescribe: unknown", streamsGroups("nobody"), 0);
        both.same("StreamsGroupDescribe: no name", streamsGroups(""), 0);
        both.same("StreamsGroupDescribe: a group of another type", streamsGroups("simple"), 0);
        both.same("StreamsGroupDescribe: none", streamsGroups(), 0);
        both.same("StreamsGroupDescribe: twice the same", streamsGroups("nobody", "nobody"), 0);
        var lost = members(both, "lost", "a");
        for (var member : lost) {
            member.join("nowhere");
        }
        both.same("StreamsGroupDescribe: a source topic is missing", streamsGroups("lost"), 0);
        for (var member : lost) {
            member.leave();
        }
        both.same("StreamsGroupDescribe: it left, the topic is still missing", streamsGroups("lost"), 0);
        var first = members(both, STREAMS, "a");
        var second = members(both, STREAMS, "b");
        for (var member : first) {
            member.join("orders");
        }
        both.same("StreamsGroupDescribe: one member joined", streamsGroups(STREAMS), 0);
        for (var member : first) {
            member.settle();
        }
        both.same("StreamsGroupDescribe: one member has all", streamsGroups(STREAMS), 0);
        for (var member : second) {
            member.join("orders");
        }
        both.same("StreamsGroupDescribe: a second one joined", streamsGroups(STREAMS), 0);
        for (var member : first) {
            member.beat();
        }
        both.same("StreamsGroupDescribe: the first is to give up", streamsGroups(STREAMS), 0);
        for (var member : first) {
            member.settle();
        }
        both.same("StreamsGroupDescribe: the first gave up", streamsGroups(STREAMS), 0);
        for (var member : second) {
            member.settle();
        }
        both.same("StreamsGroupDescribe: both have their part", streamsGroups(STREAMS), 0);
        both.same(
                "ConsumerGroupDescribe: a streams group",
                new ConsumerGroupDescribeRequestData().setGroupIds(List.of(STREAMS)),
                1);
        both.same("ShareGroupDescribe: a streams group", shareGroups(STREAMS), 1);
        for (var member : first) {
            member.leave();
        }
        both.same("StreamsGroupDescribe: the first left", streamsGroups(STREAMS), 0);
        for (var member : second) {
            member.settle();
        }
        both.same("StreamsGroupDescribe: the second has all", streamsGroups(STREAMS), 0);
        for (var member : second) {
            member.leave();
        }
        both.same("StreamsGroupDescribe: empty", streamsGroups(STREAMS), 0);
    }

    private static ShareGroupHeartbeatRequestData shareBeat(String group, String member, int epoch) {
        return new ShareGroupHeartbeatRequestData()
                .setGroupId(group)
                .setMemberId(member)
                .setMemberEpoch(epoch)
                .setSubscribedTopicNames(epoch == 0 ? List.of("orders") : null);
    }

    private static void shares(Comparison both) throws IOException {
        both.same("ShareGroupDescribe: unknown", shareGroups("nobody"), 1);
        both.same("ShareGroupDescribe: no name", shareGroups(""), 1);
        both.same("ShareGroupDescribe: a group of another type", shareGroups("simple"), 1);
        both.same("ShareGroupDescribe: none", shareGroups(), 1);
        both.same("ShareGroupDescribe: twice the same", shareGroups("nobody", "nobody"), 1);
        for (var wire : both.all()) {
            settleShare(wire, "m");
        }
        both.same("ShareGroupDescribe: one member", shareGroups(SHARE), 1);
        both.same("StreamsGroupDescribe: a share group", streamsGroups(SHARE), 0);
        for (var wire : both.all()) {
            wire.ask(shareBeat(SHARE, "m", -1), 1);
        }
        both.same("ShareGroupDescribe: empty", shareGroups(SHARE), 1);
    }

    /// Until the member has partitions, which Kafka makes ready after its first heartbeat.
    private static void settleShare(Wire wire, String member) throws IOException {
        int epoch = 0;
        boolean assigned = false;
        for (int i = 0; i < 200 && !assigned; i++) {
            var answer = (ShareGroupHeartbeatResponseData) wire.ask(shareBeat(SHARE, member, epoch), 1);
            if (answer.errorCode() != 0) {
                throw new IllegalStateException("a heartbeat was refused: " + answer);
            }
            epoch = answer.memberEpoch();
            assigned = answer.assignment() != null
                    && !answer.assignment().topicPartitions().isEmpty();
            if (!assigned) {
                Checks.during(Duration.ofMillis(50));
            }
        }
    }

    private static void others(Comparison both) throws IOException {
        both.same("ConsumerGroupDescribe: no name", new ConsumerGroupDescribeRequestData().setGroupIds(List.of("")), 1);
        ApiMessage simple = new ConsumerGroupDescribeRequestData().setGroupIds(List.of("simple", "nobody", SHARE));
        both.same("ConsumerGroupDescribe: classic, unknown, share", simple, 1);
    }
}
