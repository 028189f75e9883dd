package io.moldau.broker;

import io.moldau.broker.settings.BrokerSettings;
import io.moldau.broker.settings.GroupSettings;
import io.moldau.groups.share.ShareGroupSettings;
import io.moldau.metadata.ConfigResource;
import io.moldau.metadata.Controller;
import io.moldau.shares.ShareRules;
import java.time.Duration;
import java.util.Map;

/// What holds for share groups now: the group's own settings over the broker's.
record ShareGroupRules(Controller controller, LiveSettings live) {
    ShareRules of(String group) {
        var own = own(group);
        var broker = live.current();
        return new ShareRules(
                GroupSettings.int32("share.record.lock.duration.ms", own, broker),
                GroupSettings.int32("share.delivery.count.limit", own, broker),
                GroupSettings.int32("share.partition.max.record.locks", own, broker),
                GroupSettings.string("share.isolation.level", own, broker).equals("read_committed"),
                Boolean.parseBoolean(GroupSettings.string("share.renew.acknowledge.enable", own, broker)),
                reset(own, broker));
    }

    ShareGroupSettings membership(String group) {
        var own = own(group);
        var broker = live.current();
        return new ShareGroupSettings(
                GroupSettings.int32("share.session.timeout.ms", own, broker),
                GroupSettings.int32("share.heartbeat.interval.ms", own, broker),
                GroupSettings.int32("share.assignment.interval.ms", own, broker),
                broker.int32("group.share.max.size"));
    }

    private static ShareRules.Reset reset(Map<String, String> own, BrokerSettings broker) {
        var text = GroupSettings.string("share.auto.offset.reset", own, broker);
        return switch (text) {
            case "earliest" -> new ShareRules.Reset.Earliest();
            case "latest" -> new ShareRules.Reset.Latest();
            default ->
                new ShareRules.Reset.ByDuration(
                        Duration.parse(text.substring(text.indexOf(':') + 1)).toMillis());
        };
    }

    private Map<String, String> own(String group) {
        return controller.image().config(new ConfigResource(ConfigResource.Type.GROUP, group));
    }
}
