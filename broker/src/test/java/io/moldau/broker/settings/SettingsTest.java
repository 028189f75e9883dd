package io.moldau.broker.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moldau.broker.settings.ConfigEntry.Source;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {
    private static final BrokerSettings DEFAULTS = BrokerSettings.parse(Map.of());

    @Test
    void everyDefaultIsAcceptedByItsOwnCheck() {
        for (var catalogue : List.of(BrokerCatalogue.ALL, TopicCatalogue.ALL)) {
            for (var setting : catalogue.all()) {
                setting.defaultValue()
                        .ifPresent(value -> assertThat(setting.problem(value)).isEmpty());
            }
        }
    }

    @Test
    void everySynonymIsABrokerSettingWithTheSameDefault() {
        for (var setting : TopicCatalogue.ALL.all()) {
            for (var synonym : setting.synonyms()) {
                var broker = BrokerCatalogue.ALL.require(synonym.name());
                broker.defaultValue()
                        .filter(value -> synonym.factor() == 1)
                        .ifPresent(value -> assertThat(setting.defaultValue())
                                .as(setting.name())
                                .contains(value));
            }
        }
    }

    @Test
    void thereAreKafkasTopicSettingsAndOurs() {
        assertThat(TopicSettings.definitions()).hasSize(34);
    }

    @Test
    void anUnknownSettingIsRefusedWithTheNearestName() {
        assertThatThrownBy(() -> BrokerSettings.parse(Map.of("num.partition", "3")))
                .isInstanceOf(SettingsException.class)
                .hasMessage("Unknown broker setting 'num.partition'. Did you mean num.partitions?");
        assertThatThrownBy(() -> BrokerSettings.parse(Map.of("xyz", "3"))).hasMessage("Unknown broker setting 'xyz'.");
    }

    @Test
    void aMalformedValueIsRefusedWithWhatIsExpected() {
        assertThatThrownBy(() -> BrokerSettings.parse(Map.of("num.partitions", "many")))
                .hasMessage("Invalid value 'many' for num.partitions: expected a whole number of partitions,"
                        + " at least 1.");
        assertThatThrownBy(() -> BrokerSettings.parse(Map.of("listeners", "9092")))
                .hasMessageContaining("expected a list of PLAINTEXT://HOST:PORT");
        assertThatThrownBy(() -> BrokerSettings.parse(Map.of("socket.request.max.bytes", "5000000000")))
                .isInstanceOf(SettingsException.class);
    }

    @Test
    void aSettingForWhatIsNotThereYetIsRefusedRatherThanIgnored() {
        assertThatThrownBy(() -> BrokerSettings.parse(Map.of("sasl.enabled.mechanisms", "PLAIN")))
                .hasMessageContaining("not supported by this version");
    }

    @Test
    void aTopicsValueComesFromItselfThenTheBrokerThenTheDefault() {
        var broker = BrokerSettings.parse(Map.of("log.retention.hours", "2", "log.segment.bytes", "1000"));
        assertThat(TopicSettings.of(Map.of(), DEFAULTS).int64("retention.ms")).isEqualTo(604_800_000);
        assertThat(TopicSettings.of(Map.of(), broker).int64("retention.ms")).isEqualTo(7_200_000);
        assertThat(TopicSettings.of(Map.of("retention.ms", "5"), broker).int64("retention.ms"))
                .isEqualTo(5);
        var minutes = BrokerSettings.parse(Map.of("log.retention.hours", "2", "log.retention.minutes", "1"));
        assertThat(TopicSettings.of(Map.of(), minutes).int64("retention.ms")).isEqualTo(60_000);
        var forEver = BrokerSettings.parse(Map.of("log.retention.hours", "-1"));
        assertThat(TopicSettings.of(Map.of(), forEver).int64("retention.ms")).isEqualTo(-1);
    }

    @Test
    void aDescriptionNamesTheSourceAndWhatWouldApplyWithoutIt() {
        var broker = BrokerSettings.parse(Map.of("log.retention.ms", "9")).withDynamic(Map.of("log.retention.ms", "8"));
        var entry = TopicSettings.describe(Map.of("retention.ms", "7"), broker).stream()
                .filter(each -> each.name().equals("retention.ms"))
                .findFirst()
                .orElseThrow();
        assertThat(entry.source()).isEqualTo(Source.TOPIC);
        assertThat(entry.value()).contains("7");
        assertThat(entry.synonyms())
                .extracting(ConfigEntry.Synonym::source)
                .containsExactly(Source.TOPIC, Source.DYNAMIC_BROKER, Source.STATIC_BROKER, Source.DEFAULT);
        assertThat(entry.synonyms().getLast().name()).isEqualTo("log.retention.hours");
    }

    @Test
    void onlySomeSettingsMayChangeWhileTheBrokerRuns() {
        assertThat(BrokerSettings.dynamicProblem("log.retention.ms", "1000")).isEmpty();
        assertThat(BrokerSettings.dynamicProblem("listeners", "PLAINTEXT://:1")).isPresent();
        assertThat(BrokerSettings.dynamicProblem("log.retention.ms", "soon")).isPresent();
        var changed = DEFAULTS.withDynamic(Map.of("message.max.bytes", "77"));
        assertThat(changed.int32("message.max.bytes")).isEqualTo(77);
        assertThat(TopicSettings.of(Map.of(), changed).int32("max.message.bytes"))
                .isEqualTo(77);
    }

    @Test
    void aGroupsSettingStaysWithinTheBrokersBounds() {
        var inside = Map.of(
                "consumer.session.timeout.ms", "50000",
                "share.session.timeout.ms", "60000",
                "streams.session.timeout.ms", "45000",
                "streams.heartbeat.interval.ms", "15000",
                "streams.num.standby.replicas", "0");
        inside.forEach((name, value) -> assertThat(GroupSettings.problem(name, value, DEFAULTS))
                .as(name)
                .isEmpty());
        var outside = Map.of(
                "consumer.session.timeout.ms", "44999",
                "consumer.heartbeat.interval.ms", "15001",
                "share.session.timeout.ms", "60001",
                "share.heartbeat.interval.ms", "4999",
                "streams.session.timeout.ms", "44999",
                "streams.heartbeat.interval.ms", "15001",
                "streams.num.standby.replicas", "3");
        outside.forEach((name, value) -> assertThat(GroupSettings.problem(name, value, DEFAULTS))
                .hasValueSatisfying(text -> assertThat(text).contains(name, "this broker allows", "(group.")));
        var wider = BrokerSettings.parse(Map.of(
                "group.streams.max.standby.replicas", "3",
                "group.streams.min.session.timeout.ms", "1000"));
        assertThat(GroupSettings.problem("streams.num.standby.replicas", "3", wider))
                .isEmpty();
        assertThat(GroupSettings.problem("streams.session.timeout.ms", "1000", wider))
                .isEmpty();
        assertThat(GroupSettings.int32("consumer.heartbeat.interval.ms", Map.of(), DEFAULTS))
                .isEqualTo(5000);
    }

    @Test
    void theTimeBetweenAssignmentsIsSetForAllGroupsAndForOne() {
        for (var kind : List.of("consumer", "share", "streams")) {
            var own = kind + ".assignment.interval.ms";
            var all = "group." + own;
            assertThat(GroupSettings.int32(own, Map.of(), DEFAULTS)).isEqualTo(1000);
            var changed = DEFAULTS.withDynamic(Map.of(all, "250"));
            assertThat(GroupSettings.int32(own, Map.of(), changed)).isEqualTo(250);
            assertThat(GroupSettings.int32(own, Map.of(own, "0"), changed)).isZero();
            assertThat(GroupSettings.problem(own, "0", DEFAULTS)).isEmpty();
            assertThat(GroupSettings.problem(own, "-1", DEFAULTS)).isPresent();
            assertThat(GroupSettings.problem(own, "15001", DEFAULTS))
                    .hasValueSatisfying(text ->
                            assertThat(text).contains("at most 15000 (group." + kind + ".max.assignment.interval.ms)"));
            assertThat(DEFAULTS.changeProblem(all, "15000")).isEmpty();
            assertThat(DEFAULTS.changeProblem(all, "15001"))
                    .hasValueSatisfying(text -> assertThat(text).contains(all, "at most 15000"));
            refused(all, "15001", "at most 15000");
            refused("group." + kind + ".min.assignment.interval.ms", "1001", "at least 1001");
        }
    }

    @Test
    void whoWantsAssignmentsComputedElsewhereIsToldThatThisCannotBe() {
        refused("group.share.assignor.offload.enable", "true", "with the group's other work");
        assertThat(BrokerSettings.dynamicProblem("group.consumer.assignor.offload.enable", "false"))
                .hasValueSatisfying(text -> assertThat(text).contains("remove it"));
        assertThat(GroupSettings.problem("streams.assignor.offload.enable", "true", DEFAULTS))
                .hasValueSatisfying(text -> assertThat(text).contains("*.assignment.interval.ms"));
        assertThat(GroupSettings.unknown("streams.assignor.offload.enable"))
                .hasValueSatisfying(text -> assertThat(text).contains("as in Kafka 4.3"));
    }

    @Test
    void aGroupsSessionIsLongerThanItsHeartbeats() {
        var broker = BrokerSettings.parse(Map.of("group.share.min.session.timeout.ms", "5000"));
        assertThat(GroupSettings.problem(Map.of("share.session.timeout.ms", "5001"), broker))
                .isEmpty();
        assertThat(GroupSettings.problem(Map.of("share.session.timeout.ms", "5000"), broker))
                .hasValueSatisfying(text -> assertThat(text)
                        .contains("share.session.timeout.ms=5000 must be greater than"
                                + " share.heartbeat.interval.ms=5000"));
    }

    @Test
    void aBrokerWhoseBoundsContradictItsValuesDoesNotStart() {
        refused("group.consumer.session.timeout.ms", "1000", "group.consumer.min.session.timeout.ms");
        refused("group.streams.num.standby.replicas", "3", "group.streams.max.standby.replicas");
        refused("group.share.max.delivery.count.limit", "4", "group.share.delivery.count.limit");
        refused("group.streams.min.heartbeat.interval.ms", "15001", "is above group.streams.max.heartbeat");
        assertThatThrownBy(() -> BrokerSettings.parse(Map.of(
                        "group.consumer.min.session.timeout.ms", "5000",
                        "group.consumer.session.timeout.ms", "5000")))
                .hasMessageContaining("must be greater than group.consumer.heartbeat.interval.ms=5000");
    }

    private static void refused(String name, String value, String because) {
        assertThatThrownBy(() -> BrokerSettings.parse(Map.of(name, value)))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining(name)
                .hasMessageContaining(because);
    }

    @Test
    void listenersMayHaveIpv6HostsAndAnyPort() {
        var settings = BrokerSettings.parse(Map.of("listeners", "PLAINTEXT://[::1]:0, PLAINTEXT://:19092"));
        assertThat(settings.listeners())
                .containsExactly(new Endpoint("PLAINTEXT", "::1", 0), new Endpoint("PLAINTEXT", "", 19092));
    }
}
