package io.moldau.broker;

import io.moldau.metadata.PartitionImage;
import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.AlterPartitionReassignmentsRequest;
import io.moldau.protocol.message.AlterPartitionReassignmentsRequest.ReassignablePartition;
import io.moldau.protocol.message.AlterPartitionReassignmentsResponse;
import io.moldau.protocol.message.AlterPartitionReassignmentsResponse.ReassignablePartitionResponse;
import io.moldau.protocol.message.AlterPartitionReassignmentsResponse.ReassignableTopicResponse;
import io.moldau.protocol.message.ElectLeadersRequest;
import io.moldau.protocol.message.ElectLeadersResponse;
import io.moldau.protocol.message.ElectLeadersResponse.PartitionResult;
import io.moldau.protocol.message.ElectLeadersResponse.ReplicaElectionResult;
import io.moldau.protocol.message.ListPartitionReassignmentsRequest;
import io.moldau.protocol.message.ListPartitionReassignmentsResponse;
import java.util.List;
import java.util.Optional;

/// ElectLeaders (key 43), AlterPartitionReassignments (45) and ListPartitionReassignments (46) on a lone node: every
/// partition is led by its one replica, and nothing can move. What would change nothing is done; the rest is refused.
final class ReassignmentHandlers {
    private static final byte UNCLEAN = 1;

    private final NodeContext context;

    ReassignmentHandlers(NodeContext context) {
        this.context = context;
    }

    void register(ApiTable table) {
        table.with(ApiKey.ELECT_LEADERS, ElectLeadersRequest.class, this::elect);
        table.with(ApiKey.ALTER_PARTITION_REASSIGNMENTS, AlterPartitionReassignmentsRequest.class, this::alter);
        table.with(
                ApiKey.LIST_PARTITION_REASSIGNMENTS,
                ListPartitionReassignmentsRequest.class,
                (request, call) -> call.answer(ListPartitionReassignmentsResponse.builder()
                        .errorMessage(null)
                        .topics(List.of())
                        .build()));
    }

    private Optional<PartitionImage> partition(String topic, int index) {
        return context.image()
                .topic(topic)
                .flatMap(found -> found.partitions().stream()
                        .filter(one -> one.index() == index)
                        .findFirst());
    }

    /// Asked for all partitions, those that need no election are left out: all of them. Their topics are named.
    private void elect(ElectLeadersRequest request, Call call) {
        var response = ElectLeadersResponse.builder();
        if (call.version() >= 1 && (request.electionType() < 0 || request.electionType() > UNCLEAN)) {
            call.answer(response.errorCode(ErrorCode.INVALID_REQUEST.code())
                    .replicaElectionResults(List.of())
                    .build());
            return;
        }
        var wanted = request.topicPartitions();
        call.answer(response.replicaElectionResults(
                        wanted == null
                                ? context.image().topics().keySet().stream()
                                        .map(topic -> ReplicaElectionResult.builder()
                                                .topic(topic)
                                                .partitionResult(List.of())
                                                .build())
                                        .toList()
                                : wanted.stream()
                                        .map(topic -> ReplicaElectionResult.builder()
                                                .topic(topic.topic())
                                                .partitionResult(topic.partitions().stream()
                                                        .map(index -> elected(topic.topic(), index))
                                                        .toList())
                                                .build())
                                        .toList())
                .build());
    }

    private PartitionResult elected(String topic, int index) {
        boolean known = partition(topic, index).isPresent();
        return PartitionResult.builder()
                .partitionId(index)
                .errorCode((known ? ErrorCode.ELECTION_NOT_NEEDED : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION).code())
                .errorMessage(
                        known
                                ? "the partition is led by its only replica, on broker " + context.nodeId()
                                : "there is no partition " + topic + "-" + index)
                .build();
    }

    private void alter(AlterPartitionReassignmentsRequest request, Call call) {
        call.answer(AlterPartitionReassignmentsResponse.builder()
                .allowReplicationFactorChange(request.allowReplicationFactorChange())
                .errorMessage(null)
                .responses(request.topics().stream()
                        .map(topic -> ReassignableTopicResponse.builder()
                                .name(topic.name())
                                .partitions(topic.partitions().stream()
                                        .map(partition -> altered(topic.name(), partition))
                                        .toList())
                                .build())
                        .toList())
                .build());
    }

    private ReassignablePartitionResponse altered(String topic, ReassignablePartition wish) {
        var response = ReassignablePartitionResponse.builder().partitionIndex(wish.partitionIndex());
        var partition = partition(topic, wish.partitionIndex());
        var replicas = wish.replicas();
        if (partition.isEmpty()) {
            return response.errorCode(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION.code())
                    .errorMessage("there is no partition " + topic + "-" + wish.partitionIndex())
                    .build();
        }
        if (replicas == null) {
            return response.errorCode(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS.code())
                    .errorMessage("the partition is not being reassigned: there is nothing to take back")
                    .build();
        }
        if (!replicas.equals(partition.get().replicas())) {
            return response.errorCode(ErrorCode.INVALID_REPLICA_ASSIGNMENT.code())
                    .errorMessage("replicas " + replicas + " were asked for; broker " + context.nodeId()
                            + " is the only one, and has the partition")
                    .build();
        }
        return response.errorMessage(null).build();
    }
}
