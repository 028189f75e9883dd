package io.moldau.broker;

import io.moldau.broker.settings.BrokerSettings;
import io.moldau.groups.GroupSettings;
import io.moldau.groups.MigrationPolicy;
import io.moldau.network.NetworkSettings;
import io.moldau.security.quotas.Windows;
import io.moldau.transactions.TransactionSettings;
import java.net.InetSocketAddress;

/// What the settings say to the rooms that are told once, at the start.
record RoomSettings(BrokerSettings settings) {
    NetworkSettings network(InetSocketAddress address, String listener) {
        long inFlight = settings.int64("queued.max.request.bytes");
        var defaults = NetworkSettings.at(address);
        return new NetworkSettings(
                address,
                listener,
                defaults.loops(),
                settings.int32("socket.request.max.bytes"),
                inFlight > 0 ? inFlight : defaults.maxInFlightBytes(),
                defaults.maxPipelined(),
                settings.int32("max.connections"),
                settings.int32("max.connections.per.ip"),
                settings.int64("connections.max.idle.ms"),
                defaults.partialFrameMs(),
                defaults.sendBufferBytes(),
                defaults.receiveBufferBytes());
    }

    Windows windows(String of) {
        return new Windows(settings.int32(of + ".window.num"), settings.int32(of + ".window.size.seconds"));
    }

    GroupSettings groups() {
        return new GroupSettings(
                settings.int32("group.min.session.timeout.ms"),
                settings.int32("group.max.session.timeout.ms"),
                settings.int32("group.initial.rebalance.delay.ms"),
                settings.int32("group.max.size"),
                settings.int32("offset.metadata.max.bytes"),
                settings.int32("group.consumer.max.size"),
                settings.list("group.consumer.assignors"),
                settings.int32("offsets.retention.minutes") * 60_000L,
                settings.int64("offsets.retention.check.interval.ms"),
                MigrationPolicy.of(settings.string("group.consumer.migration.policy")));
    }

    TransactionSettings transactions() {
        return new TransactionSettings(
                settings.int32("transaction.max.timeout.ms"),
                settings.int32("transaction.abort.timed.out.transaction.cleanup.interval.ms"),
                settings.int32("transactional.id.expiration.ms"),
                settings.int32("transaction.remove.expired.transaction.cleanup.interval.ms"));
    }
}
