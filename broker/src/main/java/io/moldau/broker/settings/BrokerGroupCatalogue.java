package io.moldau.broker.settings;

import static io.moldau.broker.settings.Setting.choice;
import static io.moldau.broker.settings.Setting.int32;
import static io.moldau.broker.settings.Setting.int64;
import static io.moldau.broker.settings.Setting.list;

import java.util.List;

/// The broker settings of groups and their committed offsets: a part of [BrokerCatalogue].
final class BrokerGroupCatalogue {
    static final List<Setting> ALL = List.of(
            Setting.of(
                    "offsets.topic.replication.factor",
                    SettingType.SHORT,
                    "1",
                    Check.whole(1, Short.MAX_VALUE, "replicas"),
                    "Replicas of __consumer_offsets."),
            int32("offsets.topic.num.partitions", 50, 1, "partitions", "Partitions of __consumer_offsets."),
            int32("offsets.topic.segment.bytes", 104857600, 1, "bytes", "Segment size of __consumer_offsets."),
            int32("offsets.retention.minutes", 10080, 1, "minutes", "How long offsets of an empty group are kept."),
            int64(
                    "offsets.retention.check.interval.ms",
                    600000,
                    1,
                    "milliseconds",
                    "How often old offsets are looked for."),
            int32("offset.metadata.max.bytes", 4096, 0, "bytes", "Longest metadata text of a committed offset."),
            int32(
                    "offsets.commit.timeout.ms",
                    5000,
                    1,
                    "milliseconds",
                    "How long a commit may wait to become durable."),
            int32(
                    "group.initial.rebalance.delay.ms",
                    0,
                    0,
                    "milliseconds",
                    "How long a new group waits for more members."),
            int32(
                    "group.min.session.timeout.ms",
                    6000,
                    1,
                    "milliseconds",
                    "Shortest session timeout of a classic member."),
            int32(
                    "group.max.session.timeout.ms",
                    1800000,
                    1,
                    "milliseconds",
                    "Longest session timeout of a classic member."),
            int32("group.max.size", Integer.MAX_VALUE, 1, "members", "Members of a classic group."),
            list(
                    "group.coordinator.rebalance.protocols",
                    "classic,consumer,streams",
                    Check.listOf("classic", "consumer", "streams"),
                    "Kinds of groups that are served."),
            int32(
                    "group.consumer.session.timeout.ms",
                    45000,
                    1,
                    "milliseconds",
                    "Session timeout of a consumer group."),
            int32(
                    "group.consumer.min.session.timeout.ms",
                    45000,
                    1,
                    "milliseconds",
                    "Shortest session timeout of a consumer group."),
            int32(
                    "group.consumer.max.session.timeout.ms",
                    60000,
                    1,
                    "milliseconds",
                    "Longest session timeout of a consumer group."),
            int32(
                    "group.consumer.heartbeat.interval.ms",
                    5000,
                    1,
                    "milliseconds",
                    "Heartbeat interval of a consumer group."),
            int32(
                    "group.consumer.min.heartbeat.interval.ms",
                    5000,
                    1,
                    "milliseconds",
                    "Shortest heartbeat interval of a consumer group."),
            int32(
                    "group.consumer.max.heartbeat.interval.ms",
                    15000,
                    1,
                    "milliseconds",
                    "Longest heartbeat interval of a consumer group."),
            int32(
                            "group.consumer.assignment.interval.ms",
                            1000,
                            0,
                            "milliseconds",
                            "Time between two assignments of a consumer group; its first is made at once.")
                    .whileRunning(),
            int32(
                    "group.consumer.min.assignment.interval.ms",
                    0,
                    0,
                    "milliseconds",
                    "The least that a consumer group may ask for between two assignments."),
            int32(
                    "group.consumer.max.assignment.interval.ms",
                    15000,
                    0,
                    "milliseconds",
                    "The most that a consumer group may ask for between two assignments."),
            int32("group.consumer.max.size", Integer.MAX_VALUE, 1, "members", "Members of a consumer group."),
            list(
                    "group.consumer.assignors",
                    "uniform,range",
                    Check.listOf("uniform", "range"),
                    "Assignors of consumer groups; the first is the default."),
            int32("group.streams.session.timeout.ms", 45000, 1, "milliseconds", "Session timeout of a streams group."),
            int32(
                    "group.streams.min.session.timeout.ms",
                    45000,
                    1,
                    "milliseconds",
                    "Shortest session timeout of a streams group."),
            int32(
                    "group.streams.max.session.timeout.ms",
                    60000,
                    1,
                    "milliseconds",
                    "Longest session timeout of a streams group."),
            int32(
                    "group.streams.heartbeat.interval.ms",
                    5000,
                    1,
                    "milliseconds",
                    "Heartbeat interval of a streams group."),
            int32(
                    "group.streams.min.heartbeat.interval.ms",
                    5000,
                    1,
                    "milliseconds",
                    "Shortest heartbeat interval of a streams group."),
            int32(
                    "group.streams.max.heartbeat.interval.ms",
                    15000,
                    1,
                    "milliseconds",
                    "Longest heartbeat interval of a streams group."),
            int32(
                            "group.streams.assignment.interval.ms",
                            1000,
                            0,
                            "milliseconds",
                            "Time between two assignments of a streams group; its first is made at once.")
                    .whileRunning(),
            int32(
                    "group.streams.min.assignment.interval.ms",
                    0,
                    0,
                    "milliseconds",
                    "The least that a streams group may ask for between two assignments."),
            int32(
                    "group.streams.max.assignment.interval.ms",
                    15000,
                    0,
                    "milliseconds",
                    "The most that a streams group may ask for between two assignments."),
            int32("group.streams.max.size", Integer.MAX_VALUE, 1, "members", "Members of a streams group."),
            int32(
                    "group.streams.max.standby.replicas",
                    2,
                    0,
                    "replicas",
                    "The most standby copies that a streams group may ask for."),
            int32("group.streams.num.standby.replicas", 0, 0, "replicas", "Standby copies of each stateful task."),
            int32(
                    "group.streams.initial.rebalance.delay.ms",
                    3000,
                    0,
                    "milliseconds",
                    "How long a new streams group waits for more members."),
            choice(
                    "group.consumer.migration.policy",
                    "bidirectional",
                    Check.oneOf("disabled", "downgrade", "upgrade", "bidirectional"),
                    "Whether a group may change between the protocols."));

    private BrokerGroupCatalogue() {}
}
