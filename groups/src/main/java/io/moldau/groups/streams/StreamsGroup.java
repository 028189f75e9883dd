package io.moldau.groups.streams;

import io.moldau.groups.Topics;
import io.moldau.groups.streams.StreamsMember.Part;
import io.moldau.groups.streams.Tasks.Task;
import io.moldau.protocol.data.StreamsGroupTopologyValue;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// One streams group, as its records say. Changed by the replay of records only, but for what is marked.
final class StreamsGroup {
    final String id;
    int epoch;
    long metadataHash;
    int targetEpoch;
    /// When the target was computed, in milliseconds since the epoch; 0 if nobody knows.
    long assignedMs;
    Optional<StreamsGroupTopologyValue> topology = Optional.empty();
    final SortedMap<String, StreamsMember> members = new TreeMap<>();
    final Map<String, Tasks> targets = new HashMap<>();

    /// Not in any record: counts the changes of who answers queries for what.
    int endpointEpoch = 1;
    /// Not in any record: no assignment is made before, so that more members can come.
    long assignNotBeforeMs;
    /// Not in any record: who asked for the whole application to be shut down.
    Optional<String> shutdownAskedBy = Optional.empty();
    /// Not in any record: 0 if no rebalance is under way.
    long rebalancingSinceMs;

    StreamsGroup(String id) {
        this.id = id;
    }

    ConfiguredTopology configured(Topics topics) {
        return ConfiguredTopology.of(topology, topics);
    }

    /// States as Kafka's tools show them.
    String state(Topics topics) {
        if (members.isEmpty()) {
            return "Empty";
        }
        if (!configured(topics).isReady()) {
            return "NotReady";
        }
        if (epoch > targetEpoch) {
            return "Assigning";
        }
        boolean settled = members.values().stream()
                .allMatch(member -> member.state() == StreamsMember.State.STABLE && member.epoch() == targetEpoch);
        return settled ? "Stable" : "Reconciling";
    }

    /// Whether somebody is to have something.
    boolean isAssigned() {
        return targets.values().stream().anyMatch(target -> !target.isEmpty());
    }

    Tasks target(String memberId) {
        return targets.getOrDefault(memberId, Tasks.NONE);
    }

    /// Whether a member may begin with a task: nobody works on it as active, and nobody in the same process has its
    /// state directory.
    boolean isFree(Part part, Task task, StreamsMember member) {
        for (var other : members.values()) {
            if (other.id().equals(member.id())) {
                continue;
            }
            boolean active = other.assigned().active().contains(task)
                    || other.revoking().active().contains(task);
            boolean sameProcess = other.processId().equals(member.processId())
                    && (other.assigned().has(task) || other.revoking().has(task));
            if (active && part == Part.ACTIVE || sameProcess) {
                return false;
            }
        }
        return true;
    }

    /// A number that changes when topics that matter are created, deleted or given more partitions.
    long hashOf(Topics topics) {
        long hash = 17;
        for (var name : ConfiguredTopology.names(topology)) {
            var id = topics.id(name);
            if (id.isPresent()) {
                hash = hash * 31 + name.hashCode();
                hash = hash * 31 + id.get().hashCode();
                hash = hash * 31 + topics.partitions(name);
            }
        }
        return hash;
    }
}
