package io.moldau.broker.settings;

import static io.moldau.broker.settings.Setting.int32;
import static io.moldau.broker.settings.Setting.list;

import java.util.List;

/// The broker settings of share groups and their state: a part of [BrokerCatalogue].
final class BrokerShareCatalogue {
    private static final String MS = "milliseconds";

    static final List<Setting> ALL = List.of(
            int32("group.share.session.timeout.ms", 45000, 1, MS, "Session timeout of a share group."),
            int32("group.share.min.session.timeout.ms", 45000, 1, MS, "Shortest session timeout of a share group."),
            int32("group.share.max.session.timeout.ms", 60000, 1, MS, "Longest session timeout of a share group."),
            int32("group.share.heartbeat.interval.ms", 5000, 1, MS, "Heartbeat interval of a share group."),
            int32(
                    "group.share.min.heartbeat.interval.ms",
                    5000,
                    1,
                    MS,
                    "Shortest heartbeat interval of a share group."),
            int32(
                    "group.share.max.heartbeat.interval.ms",
                    15000,
                    1,
                    MS,
                    "Longest heartbeat interval of a share group."),
            int32(
                            "group.share.assignment.interval.ms",
                            1000,
                            0,
                            MS,
                            "Time between two assignments of a share group; its first is made at once.")
                    .whileRunning(),
            int32(
                    "group.share.min.assignment.interval.ms",
                    0,
                    0,
                    MS,
                    "The least that a share group may ask for between two assignments."),
            int32(
                    "group.share.max.assignment.interval.ms",
                    15000,
                    0,
                    MS,
                    "The most that a share group may ask for between two assignments."),
            int32("group.share.max.size", 200, 1, "members", "Members of a share group."),
            list("group.share.assignors", "simple", Check.listOf("simple"), "Assignors of share groups."),
            int32("group.share.delivery.count.limit", 5, 2, "deliveries", "How often a record is offered at most."),
            int32("group.share.min.delivery.count.limit", 2, 1, "deliveries", "The least that a group may ask for."),
            int32("group.share.max.delivery.count.limit", 10, 2, "deliveries", "The most that a group may ask for."),
            int32(
                    "group.share.record.lock.duration.ms",
                    30000,
                    100,
                    MS,
                    "How long a record stays acquired before it is offered again."),
            int32(
                    "group.share.min.record.lock.duration.ms",
                    15000,
                    100,
                    MS,
                    "The shortest lock that a group may ask for."),
            int32(
                    "group.share.max.record.lock.duration.ms",
                    60000,
                    100,
                    MS,
                    "The longest lock that a group may ask for."),
            int32(
                    "group.share.partition.max.record.locks",
                    2000,
                    100,
                    "records",
                    "Records of one partition that may be acquired at once."),
            int32(
                    "group.share.min.partition.max.record.locks",
                    100,
                    1,
                    "records",
                    "The fewest locks that a group may ask for."),
            int32(
                    "group.share.max.partition.max.record.locks",
                    10000,
                    100,
                    "records",
                    "The most locks that a group may ask for."),
            int32("group.share.max.share.sessions", 2000, 1, "sessions", "Share sessions of this node."),
            int32(
                    "share.coordinator.state.topic.num.partitions",
                    50,
                    1,
                    "partitions",
                    "Partitions of the share state."),
            Setting.of(
                    "share.coordinator.state.topic.replication.factor",
                    SettingType.SHORT,
                    "1",
                    Check.whole(1, Short.MAX_VALUE, "replicas"),
                    "Replicas of __share_group_state."),
            int32(
                    "share.coordinator.state.topic.min.isr",
                    1,
                    1,
                    "replicas",
                    "Replicas of __share_group_state that must be in sync."),
            int32(
                    "share.coordinator.state.topic.segment.bytes",
                    104857600,
                    1,
                    "bytes",
                    "Segment size of __share_group_state."),
            int32(
                    "share.coordinator.snapshot.update.records.per.snapshot",
                    500,
                    0,
                    "records",
                    "Updates of a share state between two snapshots."));

    private BrokerShareCatalogue() {}
}
