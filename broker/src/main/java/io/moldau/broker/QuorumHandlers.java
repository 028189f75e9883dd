package io.moldau.broker;

import io.moldau.broker.ApiVersionsAnswer.Feature;
import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.AddRaftVoterRequest;
import io.moldau.protocol.message.AddRaftVoterResponse;
import io.moldau.protocol.message.DescribeQuorumRequest;
import io.moldau.protocol.message.DescribeQuorumResponse;
import io.moldau.protocol.message.DescribeQuorumResponse.PartitionData;
import io.moldau.protocol.message.DescribeQuorumResponse.ReplicaState;
import io.moldau.protocol.message.DescribeQuorumResponse.TopicData;
import io.moldau.protocol.message.RemoveRaftVoterRequest;
import io.moldau.protocol.message.RemoveRaftVoterResponse;
import io.moldau.protocol.message.UnregisterBrokerRequest;
import io.moldau.protocol.message.UnregisterBrokerResponse;
import io.moldau.protocol.message.UpdateFeaturesRequest;
import io.moldau.protocol.message.UpdateFeaturesRequest.FeatureUpdateKey;
import io.moldau.protocol.message.UpdateFeaturesResponse;
import io.moldau.protocol.message.UpdateFeaturesResponse.UpdatableFeatureResult;
import java.util.List;
import java.util.Optional;

/// The requests on the cluster itself, as a lone node answers them: DescribeQuorum (key 55), UpdateFeatures (57),
/// UnregisterBroker (64), AddRaftVoter (80), RemoveRaftVoter (81). The node is the quorum; its features have the levels
/// of its version.
final class QuorumHandlers {
    private static final String METADATA_TOPIC = "__cluster_metadata";
    private static final String ALONE = "this node runs alone: its metadata are its own, there is no quorum to change";

    private static final short NAMES_NODES = 2;
    private static final short TYPES = 1;
    private static final short NO_RESULTS = 2;
    private static final byte UPGRADE = 1;
    private static final byte UNSAFE_DOWNGRADE = 3;

    private final NodeContext context;

    QuorumHandlers(NodeContext context) {
        this.context = context;
    }

    void register(ApiTable table) {
        table.with(ApiKey.DESCRIBE_QUORUM, DescribeQuorumRequest.class, this::describe);
        table.with(ApiKey.UPDATE_FEATURES, UpdateFeaturesRequest.class, this::update);
        table.with(ApiKey.UNREGISTER_BROKER, UnregisterBrokerRequest.class, this::unregister);
        table.with(
                ApiKey.ADD_RAFT_VOTER,
                AddRaftVoterRequest.class,
                (request, call) -> call.answer(AddRaftVoterResponse.builder()
                        .errorCode(ErrorCode.UNSUPPORTED_VERSION.code())
                        .errorMessage(ALONE)
                        .build()));
        table.with(
                ApiKey.REMOVE_RAFT_VOTER,
                RemoveRaftVoterRequest.class,
                (request, call) -> call.answer(RemoveRaftVoterResponse.builder()
                        .errorCode(ErrorCode.UNSUPPORTED_VERSION.code())
                        .errorMessage(ALONE)
                        .build()));
    }

    private void describe(DescribeQuorumRequest request, Call call) {
        long end = context.image().offset();
        long now = context.environment().clock().wallMs();
        var address = context.advertised().to(call.peer());
        call.answer(DescribeQuorumResponse.builder()
                .errorMessage(null)
                .topics(request.topics().stream()
                        .map(topic -> TopicData.builder()
                                .topicName(topic.topicName())
                                .partitions(topic.partitions().stream()
                                        .map(one -> partition(topic.topicName(), one.partitionIndex(), end, now))
                                        .toList())
                                .build())
                        .toList())
                .nodes(
                        call.version() < NAMES_NODES
                                ? List.of()
                                : List.of(new DescribeQuorumResponse.Node(
                                        context.nodeId(),
                                        List.of(new DescribeQuorumResponse.Listener(
                                                call.peer().listenerName(), address.host(), address.port())))))
                .build());
    }

    private PartitionData partition(String topic, int index, long end, long now) {
        var data = PartitionData.builder().partitionIndex(index);
        if (!topic.equals(METADATA_TOPIC) || index != 0) {
            return data.errorCode(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION.code())
                    .errorMessage("only " + METADATA_TOPIC + "-0 has a quorum")
                    .currentVoters(List.of())
                    .observers(List.of())
                    .build();
        }
        return data.errorMessage(null)
                .leaderId(context.nodeId())
                .leaderEpoch(1)
                .highWatermark(end)
                .currentVoters(List.of(ReplicaState.builder()
                        .replicaId(context.nodeId())
                        .replicaDirectoryId(Uuid.ZERO)
                        .logEndOffset(end)
                        .lastFetchTimestamp(now)
                        .lastCaughtUpTimestamp(now)
                        .build()))
                .observers(List.of())
                .build();
    }

    /// One that cannot be fails all, and nothing is said of the others (KIP-584, KIP-1022).
    private void update(UpdateFeaturesRequest request, Call call) {
        var problem = request.featureUpdates().stream()
                .map(wish -> problem(wish, call.version()))
                .flatMap(Optional::stream)
                .findFirst();
        var response = UpdateFeaturesResponse.builder();
        if (problem.isPresent()) {
            call.answer(response.errorCode(ErrorCode.INVALID_UPDATE_VERSION.code())
                    .errorMessage(problem.get())
                    .results(List.of())
                    .build());
            return;
        }
        call.answer(response.errorMessage(null)
                .results(
                        call.version() >= NO_RESULTS
                                ? List.of()
                                : request.featureUpdates().stream()
                                        .map(wish -> UpdatableFeatureResult.builder()
                                                .feature(wish.feature())
                                                .errorMessage(null)
                                                .build())
                                        .toList())
                .build());
    }

    private static Optional<String> problem(FeatureUpdateKey wish, short version) {
        var feature = Features.ALL.stream()
                .filter(one -> one.name().equals(wish.feature()))
                .findFirst();
        if (feature.isEmpty()) {
            return Optional.of("there is no feature \"" + wish.feature() + "\"; there are "
                    + Features.ALL.stream().map(Feature::name).toList());
        }
        if (version >= TYPES && (wish.upgradeType() < UPGRADE || wish.upgradeType() > UNSAFE_DOWNGRADE)) {
            return Optional.of("the feature " + wish.feature() + " was to be changed by type " + wish.upgradeType()
                    + "; there are 1, upgrade, 2, safe downgrade, and 3, unsafe downgrade");
        }
        int level = feature.get().finalized();
        return wish.maxVersionLevel() == level
                ? Optional.empty()
                : Optional.of("the feature " + wish.feature() + " is at level " + level
                        + ", which goes with this node's version and cannot be changed to " + wish.maxVersionLevel());
    }

    private void unregister(UnregisterBrokerRequest request, Call call) {
        boolean own = request.brokerId() == context.nodeId();
        call.answer(UnregisterBrokerResponse.builder()
                .errorCode((own ? ErrorCode.INVALID_REQUEST : ErrorCode.BROKER_ID_NOT_REGISTERED).code())
                .errorMessage(
                        own
                                ? "broker " + request.brokerId()
                                        + " is the one that answers: it runs, and is the only one"
                                : "there is no broker " + request.brokerId())
                .build());
    }
}
