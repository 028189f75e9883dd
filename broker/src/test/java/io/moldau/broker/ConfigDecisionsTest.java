package io.moldau.broker;

import static io.moldau.broker.ConfigDecisions.APPEND;
import static io.moldau.broker.ConfigDecisions.DELETE;
import static io.moldau.broker.ConfigDecisions.SET;
import static io.moldau.broker.ConfigDecisions.SUBTRACT;
import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.broker.ConfigDecisions.Alteration;
import io.moldau.broker.ConfigDecisions.Outcome;
import io.moldau.broker.settings.BrokerSettings;
import io.moldau.broker.settings.ConfigEntry;
import io.moldau.broker.settings.ConfigEntry.Source;
import io.moldau.metadata.ConfigResource;
import io.moldau.metadata.ConfigResource.Type;
import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.MetadataRecord.TopicCreated;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.ListConfigResourcesResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConfigDecisionsTest {
    private static final int NODE = 7;
    private static final ConfigResource ORDERS = ConfigResource.topic("orders");
    private static final ConfigResource ALL_BROKERS = new ConfigResource(Type.BROKER, "");
    private static final ConfigResource THIS_BROKER = new ConfigResource(Type.BROKER, "7");

    private final LiveSettings live =
            new LiveSettings(BrokerSettings.parse(Map.of("message.max.bytes", "1000")), NODE, MetadataImage.EMPTY);
    private final ConfigDecisions decisions = new ConfigDecisions(NODE, live::settings);
    private MetadataImage image = MetadataImage.EMPTY.replay(List.of(new TopicCreated("orders", new Uuid(1, 2))));

    @Test
    void aTopicsSettingIsSetAndTakenBack() {
        alter(ORDERS, set("retention.ms", "5"));
        assertThat(image.config(ORDERS)).containsExactly(Map.entry("retention.ms", "5"));
        alter(ORDERS, new Alteration("retention.ms", DELETE, Optional.empty()));
        assertThat(image.config(ORDERS)).isEmpty();
        assertThat(value(ORDERS, "retention.ms").source()).isEqualTo(Source.DEFAULT);
    }

    @Test
    void settingWhatIsSetAlreadyWritesNothing() {
        alter(ORDERS, set("retention.ms", "5"));
        assertThat(decisions.alter(image, Type.TOPIC.code(), "orders", List.of(set("retention.ms", "5"))))
                .isEqualTo(new Outcome.Changed(List.of()));
    }

    @Test
    void somethingIsAppendedToWhatAListInheritsAndTakenOutAgain() {
        alter(ORDERS, change("cleanup.policy", APPEND, "compact"));
        assertThat(image.config(ORDERS)).containsEntry("cleanup.policy", "delete,compact");
        alter(ORDERS, change("cleanup.policy", APPEND, "compact"));
        assertThat(image.config(ORDERS)).containsEntry("cleanup.policy", "delete,compact");
        alter(ORDERS, change("cleanup.policy", SUBTRACT, "delete"));
        assertThat(image.config(ORDERS)).containsEntry("cleanup.policy", "compact");
    }

    @Test
    void nothingIsAppendedToWhatIsNotAList() {
        refused(ORDERS, ErrorCode.INVALID_CONFIG, "is not a list", change("retention.ms", APPEND, "1"));
    }

    @Test
    void oneBadSettingKeepsTheWholeResourceAsItWas() {
        refused(
                ORDERS,
                ErrorCode.INVALID_CONFIG,
                "expected a whole number",
                set("retention.ms", "5"),
                set("segment.bytes", "big"));
        refused(ORDERS, ErrorCode.INVALID_CONFIG, "Did you mean retention.ms?", set("retention.m", "5"));
        refused(
                ORDERS,
                ErrorCode.INVALID_CONFIG,
                "Unknown topic setting",
                new Alteration("nonsense.setting", DELETE, Optional.empty()));
    }

    @Test
    void aRequestThatContradictsItselfIsRefused() {
        refused(ORDERS, ErrorCode.INVALID_REQUEST, "twice", set("retention.ms", "5"), set("retention.ms", "6"));
        refused(ORDERS, ErrorCode.INVALID_REQUEST, "no value", new Alteration("retention.ms", SET, Optional.empty()));
        refused(ORDERS, ErrorCode.INVALID_REQUEST, "operation 9", change("retention.ms", (byte) 9, "1"));
    }

    @Test
    void resourcesThatAreNotThereAreRefused() {
        refused(ConfigResource.topic("nope"), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "nope", set("retention.ms", "5"));
        refused(new ConfigResource(Type.BROKER, "8"), ErrorCode.INVALID_REQUEST, "this is broker 7");
        refused(new ConfigResource(Type.BROKER_LOGGER, "7"), ErrorCode.INVALID_REQUEST, "log levels");
        refused(new ConfigResource(Type.GROUP, ""), ErrorCode.INVALID_REQUEST, "name of the group");
        assertThat(decisions.problem(image, (byte) 3, "x"))
                .hasValueSatisfying(refusal -> assertThat(refusal.reason()).contains("resource type 3"));
    }

    @Test
    void replacingTakesBackWhatIsNotNamed() {
        alter(ORDERS, set("retention.ms", "5"), set("segment.bytes", "2000"));
        apply(decisions.replace(image, Type.TOPIC.code(), "orders", List.of(set("retention.ms", "6"))));
        assertThat(image.config(ORDERS)).containsExactly(Map.entry("retention.ms", "6"));
    }

    @Test
    void whatOneBrokerIsToldGoesBeforeWhatAllAreTold() {
        alter(ALL_BROKERS, set("message.max.bytes", "2000"));
        assertThat(value(THIS_BROKER, "message.max.bytes").source()).isEqualTo(Source.DYNAMIC_DEFAULT_BROKER);
        alter(THIS_BROKER, set("message.max.bytes", "3000"));
        var entry = value(THIS_BROKER, "message.max.bytes");
        assertThat(entry.value()).contains("3000");
        assertThat(entry.synonyms())
                .extracting(ConfigEntry.Synonym::source)
                .containsExactly(
                        Source.DYNAMIC_BROKER, Source.DYNAMIC_DEFAULT_BROKER, Source.STATIC_BROKER, Source.DEFAULT);
        assertThat(value(ORDERS, "max.message.bytes").value()).contains("3000");
        assertThat(decisions.describe(image, ALL_BROKERS))
                .extracting(ConfigEntry::name)
                .containsExactly("message.max.bytes");
    }

    @Test
    void aSettingThatIsReadAtStartCannotBeChanged() {
        refused(
                THIS_BROKER,
                ErrorCode.INVALID_CONFIG,
                "cannot be changed while the broker runs",
                set("listeners", "PLAINTEXT://:1"));
        assertThat(value(THIS_BROKER, "listeners").readOnly()).isTrue();
    }

    @Test
    void groupsAndSubscriptionsHaveSettingsOfTheirOwn() {
        var group = new ConfigResource(Type.GROUP, "billing");
        alter(group, set("share.auto.offset.reset", "by_duration:PT1H"), set("streams.num.standby.replicas", "1"));
        assertThat(value(group, "share.auto.offset.reset").source()).isEqualTo(Source.GROUP);
        refused(
                group,
                ErrorCode.INVALID_CONFIG,
                "at most 10 (group.share.max.delivery.count.limit)",
                set("share.delivery.count.limit", "11"));
        refused(group, ErrorCode.INVALID_CONFIG, "by_duration", set("share.auto.offset.reset", "yesterday"));
        var metrics = new ConfigResource(Type.CLIENT_METRICS, "all");
        alter(metrics, set("match", "client_id=app.*"), set("interval.ms", "1000"));
        assertThat(value(metrics, "interval.ms").source()).isEqualTo(Source.CLIENT_METRICS);
        refused(metrics, ErrorCode.INVALID_CONFIG, "SELECTOR=REGEX", set("match", "client_id=["));
    }

    @Test
    void whatIsChangedForAllGroupsLiesBetweenTheBoundsToo() {
        alter(THIS_BROKER, set("group.consumer.assignment.interval.ms", "500"));
        var group = new ConfigResource(Type.GROUP, "billing");
        assertThat(value(group, "consumer.assignment.interval.ms").value()).contains("500");
        refused(
                ALL_BROKERS,
                ErrorCode.INVALID_CONFIG,
                "at most 15000 (group.share.max.assignment.interval.ms)",
                set("group.share.assignment.interval.ms", "15001"));
        refused(
                group,
                ErrorCode.INVALID_CONFIG,
                "with the group's other work",
                set("share.assignor.offload.enable", "true"));
    }

    @Test
    void aGroupsSessionOutlivesItsHeartbeatsWhateverIsSetFirst() {
        var wide = new LiveSettings(
                BrokerSettings.parse(Map.of("group.streams.min.session.timeout.ms", "6000")), NODE, image);
        var group = List.of(set("streams.session.timeout.ms", "10000"));
        var deciding = new ConfigDecisions(NODE, wide::settings);
        apply(deciding.alter(image, Type.GROUP.code(), "billing", group));
        var slower = List.of(set("streams.heartbeat.interval.ms", "10000"));
        assertThat(deciding.alter(image, Type.GROUP.code(), "billing", slower))
                .isInstanceOfSatisfying(Outcome.Refused.class, refused -> {
                    assertThat(refused.refusal().error()).isEqualTo(ErrorCode.INVALID_CONFIG);
                    assertThat(refused.refusal().reason())
                            .contains("streams.session.timeout.ms=10000 must be greater than");
                });
    }

    @Test
    void resourcesAreListedByType() {
        alter(new ConfigResource(Type.GROUP, "billing"), set("consumer.session.timeout.ms", "50000"));
        assertThat(ListConfigResourcesHandler.list(image, NODE, List.of()))
                .extracting(ListConfigResourcesResponse.ConfigResource::resourceName)
                .containsExactly("orders", "7", "billing");
        assertThat(ListConfigResourcesHandler.list(image, NODE, List.of(Type.GROUP.code())))
                .extracting(ListConfigResourcesResponse.ConfigResource::resourceName)
                .containsExactly("billing");
    }

    private static Alteration set(String name, String value) {
        return change(name, SET, value);
    }

    private static Alteration change(String name, byte operation, String value) {
        return new Alteration(name, operation, Optional.of(value));
    }

    private void alter(ConfigResource resource, Alteration... wishes) {
        apply(decisions.alter(image, resource.type().code(), resource.name(), List.of(wishes)));
    }

    private void apply(Outcome outcome) {
        assertThat(outcome)
                .isInstanceOfSatisfying(Outcome.Changed.class, changed -> image = image.replay(changed.records()));
    }

    private void refused(ConfigResource resource, ErrorCode error, String part, Alteration... wishes) {
        assertThat(decisions.alter(image, resource.type().code(), resource.name(), List.of(wishes)))
                .isInstanceOfSatisfying(Outcome.Refused.class, refused -> {
                    assertThat(refused.refusal().error()).isEqualTo(error);
                    assertThat(refused.refusal().reason()).contains(part);
                });
    }

    private ConfigEntry value(ConfigResource resource, String name) {
        return decisions.describe(image, resource).stream()
                .filter(entry -> entry.name().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
