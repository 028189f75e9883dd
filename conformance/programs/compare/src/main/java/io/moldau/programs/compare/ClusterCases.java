package io.moldau.programs.compare;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.DescribeQuorumRequestData;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData.ListPartitionReassignmentsTopics;
import org.apache.kafka.common.message.UnregisterBrokerRequestData;
import org.apache.kafka.common.message.UpdateFeaturesRequestData;
import org.apache.kafka.common.message.UpdateFeaturesRequestData.FeatureUpdateKey;
import org.apache.kafka.common.message.UpdateFeaturesRequestData.FeatureUpdateKeyCollection;

/// What one node says of its cluster.
final class ClusterCases {
    private static final byte UPGRADE = 1;
    private static final byte SAFE = 2;
    private static final byte UNSAFE = 3;

    private static final String LEVELS = "the levels of features go with the version of the node";
    private static final String LOGGERS = "levels of loggers cannot be seen or changed while the node runs";
    private static final int BROKER_LOGGER = 8;

    private ClusterCases() {}

    static void run(Comparison both, int nodeId) throws IOException {
        features(both);
        elections(both);
        reassignments(both, nodeId);
        configs(both);
        quorum(both);
        unregister(both, nodeId);
    }

    private static UpdateFeaturesRequestData features(boolean validateOnly, FeatureUpdateKey... updates) {
        var all = new FeatureUpdateKeyCollection();
        for (var update : updates) {
            all.mustAdd(update);
        }
        return new UpdateFeaturesRequestData()
                .setTimeoutMs(10_000)
                .setValidateOnly(validateOnly)
                .setFeatureUpdates(all);
    }

    private static FeatureUpdateKey feature(String name, int level, byte type) {
        return new FeatureUpdateKey()
                .setFeature(name)
                .setMaxVersionLevel((short) level)
                .setUpgradeType(type);
    }

    private static void features(Comparison both) throws IOException {
        for (int version = 1; version <= 2; version++) {
            both.same("UpdateFeatures: nothing", features(false), version);
            both.same("UpdateFeatures: unknown feature", features(false, feature("nonsense", 1, UPGRADE)), version);
            both.same(
                    "UpdateFeatures: the level it has", features(false, feature("group.version", 1, UPGRADE)), version);
            both.same(
                    "UpdateFeatures: above the highest",
                    features(false, feature("group.version", 9, UPGRADE)),
                    version);
            both.same(
                    "UpdateFeatures: metadata.version above the highest",
                    features(false, feature("metadata.version", 99, UPGRADE)),
                    version);
            both.same(
                    "UpdateFeatures: a negative level",
                    features(false, feature("group.version", -1, UPGRADE)),
                    version);
            both.same(
                    "UpdateFeatures: downgrade called upgrade",
                    features(false, feature("group.version", 0, UPGRADE)),
                    version);
            both.same("UpdateFeatures: no type", features(false, feature("group.version", 1, (byte) 0)), version);
            both.same(
                    "UpdateFeatures: a type that is none",
                    features(false, feature("group.version", 1, (byte) 7)),
                    version);
            both.same(
                    "UpdateFeatures: safe downgrade to the same",
                    features(true, feature("group.version", 1, SAFE)),
                    version);
            both.same(
                    "UpdateFeatures: one that can be and one that cannot",
                    features(true, feature("group.version", 1, UPGRADE), feature("nonsense", 1, UPGRADE)),
                    version);
            both.different(
                    "UpdateFeatures: safe downgrade",
                    LEVELS,
                    features(true, feature("group.version", 0, SAFE)),
                    version);
            both.different(
                    "UpdateFeatures: unsafe downgrade",
                    LEVELS,
                    features(true, feature("group.version", 0, UNSAFE)),
                    version);
            both.same(
                    "UpdateFeatures: safe downgrade of metadata.version",
                    features(true, feature("metadata.version", 7, SAFE)),
                    version);
            both.different(
                    "UpdateFeatures: kraft.version",
                    "Moldau has no KRaft",
                    features(true, feature("kraft.version", 1, UPGRADE)),
                    version);
        }
    }

    private static ElectLeadersRequestData elect(int type, String topic, List<Integer> partitions) {
        var topics = new ElectLeadersRequestData.TopicPartitionsCollection();
        topics.mustAdd(
                new ElectLeadersRequestData.TopicPartitions().setTopic(topic).setPartitions(partitions));
        return new ElectLeadersRequestData()
                .setElectionType((byte) type)
                .setTimeoutMs(10_000)
                .setTopicPartitions(topics);
    }

    private static void elections(Comparison both) throws IOException {
        for (int type = 0; type <= 1; type++) {
            var kind = type == 0 ? "preferred" : "unclean";
            both.same("ElectLeaders, " + kind + ": one that has its leader", elect(type, "orders", List.of(0)), 2);
            both.same("ElectLeaders, " + kind + ": unknown topic", elect(type, "nowhere", List.of(0)), 2);
            both.same("ElectLeaders, " + kind + ": unknown partition", elect(type, "orders", List.of(9)), 2);
            both.same("ElectLeaders, " + kind + ": no partition", elect(type, "orders", List.of()), 2);
            both.same(
                    "ElectLeaders, " + kind + ": all",
                    new ElectLeadersRequestData()
                            .setElectionType((byte) type)
                            .setTimeoutMs(10_000)
                            .setTopicPartitions(null),
                    2);
        }
        both.same("ElectLeaders: one that has its leader", elect(0, "orders", List.of(1)), 0);
        both.same("ElectLeaders: one that has its leader", elect(1, "orders", List.of(1)), 1);
    }

    private static AlterPartitionReassignmentsRequestData reassign(
            String topic, int partition, List<Integer> replicas) {
        return new AlterPartitionReassignmentsRequestData()
                .setTimeoutMs(10_000)
                .setTopics(List.of(new ReassignableTopic()
                        .setName(topic)
                        .setPartitions(List.of(new ReassignablePartition()
                                .setPartitionIndex(partition)
                                .setReplicas(replicas)))));
    }

    private static void reassignments(Comparison both, int nodeId) throws IOException {
        for (int version = 0; version <= 1; version++) {
            both.same("AlterPartitionReassignments: where it is", reassign("orders", 0, List.of(nodeId)), version);
            both.same("AlterPartitionReassignments: elsewhere", reassign("orders", 0, List.of(99)), version);
            both.same(
                    "AlterPartitionReassignments: also elsewhere", reassign("orders", 0, List.of(nodeId, 99)), version);
            both.same("AlterPartitionReassignments: nowhere", reassign("orders", 0, List.of()), version);
            both.same(
                    "AlterPartitionReassignments: twice here", reassign("orders", 0, List.of(nodeId, nodeId)), version);
            both.same("AlterPartitionReassignments: broker -1", reassign("orders", 0, List.of(-1)), version);
            both.same("AlterPartitionReassignments: take back", reassign("orders", 0, null), version);
            both.same("AlterPartitionReassignments: unknown topic", reassign("nowhere", 0, List.of(nodeId)), version);
            both.same(
                    "AlterPartitionReassignments: unknown partition", reassign("orders", 9, List.of(nodeId)), version);
            both.same("AlterPartitionReassignments: take back, unknown topic", reassign("nowhere", 0, null), version);
        }
        both.same("AlterPartitionReassignments: nothing", new AlterPartitionReassignmentsRequestData(), 0);
        var fixed = reassign("orders", 0, List.of(nodeId, 99)).setAllowReplicationFactorChange(false);
        both.same("AlterPartitionReassignments: more replicas, not allowed", fixed, 1);
        both.same(
                "ListPartitionReassignments: all",
                new ListPartitionReassignmentsRequestData().setTimeoutMs(10_000).setTopics(null),
                0);
        both.same(
                "ListPartitionReassignments: one",
                new ListPartitionReassignmentsRequestData()
                        .setTimeoutMs(10_000)
                        .setTopics(List.of(new ListPartitionReassignmentsTopics()
                                .setName("orders")
                                .setPartitionIndexes(List.of(0)))),
                0);
        both.same(
                "ListPartitionReassignments: unknown topic",
                new ListPartitionReassignmentsRequestData()
                        .setTimeoutMs(10_000)
                        .setTopics(List.of(new ListPartitionReassignmentsTopics()
                                .setName("nowhere")
                                .setPartitionIndexes(List.of(0)))),
                0);
    }

    private static void configs(Comparison both) throws IOException {
        both.same("ListConfigResources: client metrics", new ListConfigResourcesRequestData(), 0);
        for (int type : new int[] {0, 1, 2, 4, 16, 32, 64, 99, -1}) {
            both.same("ListConfigResources: type " + type, types(type), 1);
        }
        both.same("ListConfigResources: groups and brokers", types(32, 4), 1);
        both.same("ListConfigResources: brokers and what is none", types(4, 64), 1);
        both.different("ListConfigResources: type 8", LOGGERS, types(BROKER_LOGGER), 1);
        both.different("ListConfigResources: all", LOGGERS, new ListConfigResourcesRequestData(), 1);
        both.same("ListConfigResources: all but loggers", types(2, 4, 16, 32), 1);
    }

    private static ListConfigResourcesRequestData types(int... types) {
        var all = new ArrayList<Byte>();
        for (int type : types) {
            all.add((byte) type);
        }
        return new ListConfigResourcesRequestData().setResourceTypes(all);
    }

    private static DescribeQuorumRequestData quorum(String topic, int... partitions) {
        var all = new ArrayList<DescribeQuorumRequestData.PartitionData>();
        for (int partition : partitions) {
            all.add(new DescribeQuorumRequestData.PartitionData().setPartitionIndex(partition));
        }
        return new DescribeQuorumRequestData()
                .setTopics(List.of(new DescribeQuorumRequestData.TopicData()
                        .setTopicName(topic)
                        .setPartitions(all)));
    }

    private static void quorum(Comparison both) throws IOException {
        for (int version = 0; version <= 1; version++) {
            both.same("DescribeQuorum: the metadata", quorum("__cluster_metadata", 0), version);
            both.same("DescribeQuorum: another topic", quorum("orders", 0), version);
            both.same("DescribeQuorum: another partition", quorum("__cluster_metadata", 1), version);
            both.same("DescribeQuorum: nothing", new DescribeQuorumRequestData(), version);
        }
        both.different(
                "DescribeQuorum: the metadata",
                "the node has no listener for controllers, and names the one that was asked",
                quorum("__cluster_metadata", 0),
                2);
    }

    private static void unregister(Comparison both, int nodeId) throws IOException {
        both.same("UnregisterBroker: unknown", new UnregisterBrokerRequestData().setBrokerId(99), 0);
        both.same("UnregisterBroker: -1", new UnregisterBrokerRequestData().setBrokerId(-1), 0);
        both.different(
                "UnregisterBroker: itself",
                "a node that answers is not forgotten",
                new UnregisterBrokerRequestData().setBrokerId(nodeId),
                0);
    }
}
