package io.moldau.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Kafka's own Admin sees and changes settings.
class ConfigsTest {
    private static final ConfigResource ORDERS = new ConfigResource(ConfigResource.Type.TOPIC, "orders");
    private static final ConfigResource BROKER = new ConfigResource(ConfigResource.Type.BROKER, "1");
    private static final ConfigResource GROUP = new ConfigResource(ConfigResource.Type.GROUP, "billing");

    @Test
    void settingsAreDescribedAlteredListedAndSurviveARestart(@TempDir Path directory) throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node)) {
            admin.createTopics(List.of(new NewTopic("orders", 1, (short) 1)))
                    .all()
                    .get();
            assertThat(entry(admin, ORDERS, "retention.ms").source()).isEqualTo(ConfigSource.DEFAULT_CONFIG);
            alter(
                    admin,
                    ORDERS,
                    op("retention.ms", "60000", OpType.SET),
                    op("cleanup.policy", "compact", OpType.APPEND));
            alter(admin, BROKER, op("message.max.bytes", "2000", OpType.SET));
            alter(admin, GROUP, op("consumer.session.timeout.ms", "50000", OpType.SET));
            assertThat(entry(admin, ORDERS, "cleanup.policy").value()).isEqualTo("delete,compact");
            assertThat(entry(admin, ORDERS, "max.message.bytes").source())
                    .isEqualTo(ConfigSource.DYNAMIC_BROKER_CONFIG);
            assertThat(entry(admin, BROKER, "listeners").isReadOnly()).isTrue();
            assertThat(admin.listConfigResources(Set.of(), new ListConfigResourcesOptions())
                            .all()
                            .get())
                    .contains(ORDERS, BROKER, GROUP);
        }
        try (var node = RunningNode.in(directory);
                var admin = admin(node)) {
            var retention = entry(admin, ORDERS, "retention.ms");
            assertThat(retention.value()).isEqualTo("60000");
            assertThat(retention.source()).isEqualTo(ConfigSource.DYNAMIC_TOPIC_CONFIG);
            assertThat(retention.type()).isEqualTo(ConfigEntry.ConfigType.LONG);
            assertThat(retention.documentation()).isNotBlank();
            assertThat(retention.synonyms()).hasSize(2);
            assertThat(entry(admin, GROUP, "consumer.session.timeout.ms").value())
                    .isEqualTo("50000");
        }
    }

    @Test
    void aRefusalReachesTheClientWithItsReason(@TempDir Path directory) throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node)) {
            assertThatThrownBy(() -> alter(admin, ORDERS, op("retention.ms", "1", OpType.SET)))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
            assertThatThrownBy(() -> alter(admin, BROKER, op("message.max.byte", "1", OpType.SET)))
                    .hasCauseInstanceOf(InvalidConfigurationException.class)
                    .hasMessageContaining("Did you mean message.max.bytes?");
        }
    }

    private static Admin admin(RunningNode node) {
        return Admin.create(Map.of("bootstrap.servers", node.bootstrap()));
    }

    private static AlterConfigOp op(String name, String value, OpType type) {
        return new AlterConfigOp(new ConfigEntry(name, value), type);
    }

    private static void alter(Admin admin, ConfigResource resource, AlterConfigOp... ops) throws Exception {
        Map<ConfigResource, Collection<AlterConfigOp>> changes = Map.of(resource, List.of(ops));
        admin.incrementalAlterConfigs(changes).all().get();
    }

    private static ConfigEntry entry(Admin admin, ConfigResource resource, String name) throws Exception {
        var options = new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(true);
        var described = Objects.requireNonNull(
                admin.describeConfigs(List.of(resource), options).all().get().get(resource));
        return Objects.requireNonNull(described.get(name));
    }
}
