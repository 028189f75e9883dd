package io.moldau.broker.settings;

import static io.moldau.broker.settings.Setting.bool;
import static io.moldau.broker.settings.Setting.int32;

import java.util.List;

/// The broker settings of transactions: a part of [BrokerCatalogue].
final class BrokerTransactionCatalogue {
    static final List<Setting> ALL = List.of(
            int32(
                    "transaction.max.timeout.ms",
                    900000,
                    1,
                    "milliseconds",
                    "Longest transaction.timeout.ms that a producer may ask for."),
            int32(
                    "transactional.id.expiration.ms",
                    604800000,
                    1,
                    "milliseconds",
                    "How long an unused transactional id is remembered."),
            int32(
                    "transaction.abort.timed.out.transaction.cleanup.interval.ms",
                    10000,
                    1,
                    "milliseconds",
                    "How often transactions that took too long are looked for, to abort them."),
            int32(
                    "transaction.remove.expired.transaction.cleanup.interval.ms",
                    3600000,
                    1,
                    "milliseconds",
                    "How often unused transactional ids are looked for, to forget them."),
            int32(
                    "transaction.hanging.check.interval.ms",
                    60000,
                    0,
                    "milliseconds",
                    "How often transactions are looked for that are open in a partition and that no transactional id has;"
                            + " seen twice, they are aborted. 0 never. Moldau's own."),
            bool(
                            "transaction.partition.verification.enable",
                            true,
                            "Whether records of older clients are refused if their partition is not in the transaction.")
                    .whileRunning(),
            Setting.of(
                    "transaction.two.phase.commit.enable",
                    SettingType.BOOLEAN,
                    "false",
                    Check.only("false", "two-phase commit (KIP-939) is not there"),
                    "Whether producers may take part in two-phase commit."),
            int32("transaction.state.log.num.partitions", 50, 1, "partitions", "Partitions of __transaction_state."),
            Setting.of(
                    "transaction.state.log.replication.factor",
                    SettingType.SHORT,
                    "1",
                    Check.whole(1, Short.MAX_VALUE, "replicas"),
                    "Replicas of __transaction_state."),
            int32(
                    "transaction.state.log.min.isr",
                    1,
                    1,
                    "replicas",
                    "Replicas of __transaction_state that must be in sync."),
            int32(
                    "transaction.state.log.segment.bytes",
                    104857600,
                    1,
                    "bytes",
                    "Segment size of __transaction_state."));

    private BrokerTransactionCatalogue() {}
}
