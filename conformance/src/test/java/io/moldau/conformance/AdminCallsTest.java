package io.moldau.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RaftVoterEndpoint;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.admin.UserScramCredentialAlteration;
import org.apache.kafka.clients.admin.UserScramCredentialDeletion;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.BrokerIdNotRegisteredException;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.IllegalSaslStateException;
import org.apache.kafka.common.errors.InvalidGroupIdException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidUpdateVersionException;
import org.apache.kafka.common.errors.NoReassignmentInProgressException;
import org.apache.kafka.common.errors.ResourceNotFoundException;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.apache.kafka.common.errors.UnacceptableCredentialException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedByAuthenticationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The official admin client's calls about the cluster, which one node answers for itself.
class AdminCallsTest {
    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);
    private static final TopicPartition NOWHERE = new TopicPartition("nowhere", 0);

    @TempDir
    static Path directory;

    private static final List<AutoCloseable> OPEN = new ArrayList<>();

    private static Admin admin() {
        return (Admin) OPEN.getFirst();
    }

    @BeforeAll
    static void start() throws Exception {
        var node = RunningNode.in(directory);
        var admin = Admin.create(Map.<String, Object>of("bootstrap.servers", node.bootstrap()));
        OPEN.addAll(List.of(admin, node));
        admin.createTopics(List.of(new NewTopic("orders", 2, (short) 1))).all().get();
    }

    @AfterAll
    static void stop() throws Exception {
        for (var one : OPEN) {
            one.close();
        }
    }

    private static String bootstrap() {
        return ((RunningNode) OPEN.getLast()).bootstrap();
    }

    private static int nodeId() throws Exception {
        return admin().describeCluster().controller().get().id();
    }

    private static void assertFails(@Nullable KafkaFuture<?> future, Class<? extends Throwable> with) {
        assertThatThrownBy(() -> Objects.requireNonNull(future).get()).cause().isInstanceOf(with);
    }

    @Test
    void leadersNeedNoElection() throws Exception {
        for (var type : ElectionType.values()) {
            var results = admin().electLeaders(type, Set.of(ORDERS, NOWHERE))
                    .partitions()
                    .get();
            assertThat(results.getOrDefault(ORDERS, Optional.empty()).orElseThrow())
                    .isInstanceOf(ElectionNotNeededException.class);
            assertThat(results.getOrDefault(NOWHERE, Optional.empty()).orElseThrow())
                    .isInstanceOf(UnknownTopicOrPartitionException.class);
        }
    }

    @Test
    void partitionsStayWhereTheyAre() throws Exception {
        var there = Optional.of(new NewPartitionReassignment(List.of(nodeId())));
        admin().alterPartitionReassignments(Map.of(ORDERS, there)).all().get();
        var elsewhere = Optional.of(new NewPartitionReassignment(List.of(nodeId() + 1)));
        assertFails(
                admin().alterPartitionReassignments(Map.of(ORDERS, elsewhere)).all(),
                InvalidReplicaAssignmentException.class);
        assertFails(
                admin().alterPartitionReassignments(Map.of(ORDERS, Optional.empty()))
                        .all(),
                NoReassignmentInProgressException.class);
        assertFails(
                admin().alterPartitionReassignments(Map.of(NOWHERE, there)).all(),
                UnknownTopicOrPartitionException.class);
        assertThat(admin().listPartitionReassignments().reassignments().get()).isEmpty();
    }

    @Test
    void theQuorumIsTheNode() throws Exception {
        var quorum = admin().describeMetadataQuorum().quorumInfo().get();
        assertThat(quorum.leaderId()).isEqualTo(nodeId());
        assertThat(quorum.voters()).singleElement().satisfies(voter -> {
            assertThat(voter.replicaId()).isEqualTo(quorum.leaderId());
            assertThat(voter.logEndOffset()).isEqualTo(quorum.highWatermark());
        });
        assertThat(quorum.highWatermark()).isPositive();
        assertThat(quorum.nodes()).containsOnlyKeys(nodeId());
        var endpoint = Set.of(new RaftVoterEndpoint("CONTROLLER", "127.0.0.1", 1));
        assertFails(admin().addRaftVoter(7, Uuid.randomUuid(), endpoint).all(), UnsupportedVersionException.class);
        assertFails(admin().removeRaftVoter(7, Uuid.randomUuid()).all(), UnsupportedVersionException.class);
        assertFails(admin().unregisterBroker(99).all(), BrokerIdNotRegisteredException.class);
    }

    @Test
    void featuresHaveTheLevelsOfTheVersion() throws Exception {
        var features = admin().describeFeatures().featureMetadata().get().finalizedFeatures();
        assertThat(features).containsKeys("streams.version", "group.version", "metadata.version");
        var same = new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.UPGRADE);
        admin().updateFeatures(Map.of("streams.version", same), new UpdateFeaturesOptions())
                .all()
                .get();
        var other = new FeatureUpdate((short) 2, FeatureUpdate.UpgradeType.UPGRADE);
        assertFails(
                admin().updateFeatures(Map.of("streams.version", other), new UpdateFeaturesOptions())
                        .all(),
                InvalidUpdateVersionException.class);
        // One that cannot be changed keeps the others as they are.
        assertFails(
                admin().updateFeatures(
                                Map.of("streams.version", same, "group.version", other), new UpdateFeaturesOptions())
                        .values()
                        .get("streams.version"),
                InvalidUpdateVersionException.class);
    }

    @Test
    void groupsHaveNames() {
        assertFails(admin().describeStreamsGroups(List.of("")).all(), InvalidGroupIdException.class);
        assertFails(admin().describeShareGroups(List.of("")).all(), InvalidGroupIdException.class);
        assertFails(admin().describeConsumerGroups(List.of("")).all(), InvalidGroupIdException.class);
    }

    @Test
    void replicasAreInTheDataDirectory() throws Exception {
        var replica = new TopicPartitionReplica("orders", 0, nodeId());
        var found = admin().describeReplicaLogDirs(List.of(replica)).all().get().get(replica);
        assertThat(Objects.requireNonNull(found, "the replica asked for").getCurrentReplicaLogDir())
                .isEqualTo(directory.toString());
    }

    @Test
    void metricsSubscriptionsAreListed() throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "basic");
        var change = new AlterConfigOp(new ConfigEntry("interval.ms", "60000"), AlterConfigOp.OpType.SET);
        admin().incrementalAlterConfigs(Map.of(resource, List.of(change))).all().get();
        assertThat(admin().listConfigResources(
                                Set.of(ConfigResource.Type.CLIENT_METRICS), new ListConfigResourcesOptions())
                        .all()
                        .get())
                .containsExactly(resource);
    }

    @Test
    void withoutAnAuthorizerThereAreNoAcls() {
        var acl = new AclBinding(
                new ResourcePattern(ResourceType.TOPIC, "orders", PatternType.LITERAL),
                new AccessControlEntry("User:anna", "*", AclOperation.READ, AclPermissionType.ALLOW));
        assertFails(admin().describeAcls(AclBindingFilter.ANY).values(), SecurityDisabledException.class);
        assertFails(admin().createAcls(List.of(acl)).all(), SecurityDisabledException.class);
        assertFails(
                admin().deleteAcls(List.of(AclBindingFilter.ANY, acl.toFilter()))
                        .all(),
                SecurityDisabledException.class);
    }

    @Test
    void withoutAuthenticationThereAreNoTokens() {
        var hmac = new byte[] {1, 2, 3};
        var refusal = UnsupportedByAuthenticationException.class;
        assertFails(admin().createDelegationToken().delegationToken(), refusal);
        assertFails(admin().renewDelegationToken(hmac).expiryTimestamp(), refusal);
        assertFails(admin().expireDelegationToken(hmac).expiryTimestamp(), refusal);
        assertFails(admin().describeDelegationToken().delegationTokens(), refusal);
    }

    @Test
    void aClientThatWantsToAuthenticateIsToldThatTheListenerDoesNot() {
        try (var sasl = Admin.create(Map.of(
                "bootstrap.servers",
                bootstrap(),
                "security.protocol",
                "SASL_PLAINTEXT",
                "sasl.mechanism",
                "PLAIN",
                "sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"a\" password=\"b\";"))) {
            assertFails(sasl.describeCluster().nodes(), IllegalSaslStateException.class);
        }
    }

    @Test
    void credentialsAreStoredDescribedAndDeleted() throws Exception {
        var info = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096);
        admin().alterUserScramCredentials(List.of(new UserScramCredentialUpsertion("anna", info, "secret")))
                .all()
                .get();
        assertThat(admin().describeUserScramCredentials().all().get())
                .hasEntrySatisfying(
                        "anna", found -> assertThat(found.credentialInfos()).containsExactly(info));
        assertFails(
                admin().describeUserScramCredentials(List.of("nobody")).description("nobody"),
                ResourceNotFoundException.class);
        var few = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4095);
        assertFails(
                admin().alterUserScramCredentials(List.of(new UserScramCredentialUpsertion("anna", few, "secret")))
                        .all(),
                UnacceptableCredentialException.class);
        var deletion = List.<UserScramCredentialAlteration>of(
                new UserScramCredentialDeletion("anna", ScramMechanism.SCRAM_SHA_256));
        admin().alterUserScramCredentials(deletion).all().get();
        assertFails(admin().alterUserScramCredentials(deletion).all(), ResourceNotFoundException.class);
        assertThat(admin().describeUserScramCredentials().all().get()).isEmpty();
    }
}
