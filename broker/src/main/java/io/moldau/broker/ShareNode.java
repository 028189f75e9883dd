package io.moldau.broker;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.replication.Partition;
import io.moldau.shares.ShareKey;
import io.moldau.shares.SharePartitions;
import io.moldau.shares.SharePartitions.Found;
import java.util.function.Consumer;

/// What the requests of share consumers have in common.
record ShareNode(NodeContext context, SharePartitions partitions, ShareSessions sessions, ShareGroupRules rules) {
    /// The share-partition that a member names; told once, on any thread.
    void find(String group, ShareSession.Key key, Consumer<Found> answer) {
        var topic = context.topic(key.topic());
        if (topic.isEmpty()) {
            answer.accept(new Found.Refused(ErrorCode.UNKNOWN_TOPIC_ID, "there is no topic " + key.topic()));
            return;
        }
        var partition = context.partition(topic.get().name(), key.partition());
        if (partition.isEmpty()) {
            answer.accept(new Found.Refused(
                    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
                    "topic " + topic.get().name() + " has no partition " + key.partition()));
            return;
        }
        find(group, key.topic(), partition.get(), answer);
    }

    private void find(String group, Uuid topic, Partition partition, Consumer<Found> answer) {
        var refusal = partition.refusal();
        if (refusal.isPresent()) {
            answer.accept(new Found.Refused(refusal.get().error(), refusal.get().reason()));
            return;
        }
        partitions.find(new ShareKey(group, topic, partition.id().partition()), partition, answer);
    }
}
