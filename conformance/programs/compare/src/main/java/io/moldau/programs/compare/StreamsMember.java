package io.moldau.programs.compare;

import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData.Subtopology;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData.TaskIds;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData.Topology;
import org.apache.kafka.common.message.StreamsGroupHeartbeatResponseData;

/// A member of a streams group at one broker, which does at once what it is told.
final class StreamsMember {
    private final Wire wire;
    private final String group;
    private final String id;
    private int epoch;
    private List<TaskIds> active = List.of();

    StreamsMember(Wire wire, String group, String id) {
        this.wire = wire;
        this.group = group;
        this.id = id;
    }

    private StreamsGroupHeartbeatRequestData heartbeat() {
        return new StreamsGroupHeartbeatRequestData()
                .setGroupId(group)
                .setMemberId(id)
                .setMemberEpoch(epoch)
                .setActiveTasks(active)
                .setStandbyTasks(List.of())
                .setWarmupTasks(List.of());
    }

    static StreamsGroupHeartbeatRequestData joining(String group, String id, String topic) {
        return new StreamsGroupHeartbeatRequestData()
                .setGroupId(group)
                .setMemberId(id)
                .setMemberEpoch(0)
                .setActiveTasks(List.of())
                .setStandbyTasks(List.of())
                .setWarmupTasks(List.of())
                .setProcessId("process of " + id)
                .setRebalanceTimeoutMs(60_000)
                .setClientTags(List.of())
                .setTopology(new Topology()
                        .setEpoch(0)
                        .setSubtopologies(
                                List.of(new Subtopology().setSubtopologyId("0").setSourceTopics(List.of(topic)))));
    }

    StreamsMember join(String topic) throws IOException {
        take((StreamsGroupHeartbeatResponseData) wire.ask(joining(group, id, topic), 0));
        return this;
    }

    /// Says what it works on, until nothing new comes.
    StreamsMember settle() throws IOException {
        for (int quiet = 0; quiet < 2; ) {
            var before = active;
            int beforeEpoch = epoch;
            take((StreamsGroupHeartbeatResponseData) wire.ask(heartbeat(), 0));
            quiet = before.equals(active) && beforeEpoch == epoch ? quiet + 1 : 0;
        }
        return this;
    }

    StreamsMember beat() throws IOException {
        take((StreamsGroupHeartbeatResponseData) wire.ask(heartbeat(), 0));
        return this;
    }

    void leave() throws IOException {
        epoch = -1;
        wire.ask(heartbeat().setActiveTasks(null).setStandbyTasks(null).setWarmupTasks(null), 0);
    }

    private void take(StreamsGroupHeartbeatResponseData answer) {
        if (answer.errorCode() != 0) {
            throw new IllegalStateException("a heartbeat of " + id + " was refused: " + answer);
        }
        epoch = answer.memberEpoch();
        if (answer.activeTasks() != null) {
            active = answer.activeTasks().stream()
                    .map(task ->
                            new TaskIds().setSubtopologyId(task.subtopologyId()).setPartitions(task.partitions()))
                    .toList();
        }
    }
}
