package io.moldau.programs.compare;

import io.moldau.programs.Checks;
import io.moldau.programs.Moldau;
import io.moldau.programs.Topics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/// Both on one node, with the same topics, settings and groups.
public final class CompareChecks {
    private static final String NO_DELAY = "group.streams.initial.rebalance.delay.ms=0";
    private static final String NO_INTERVAL = "group.streams.assignment.interval.ms=0";
    /// Both compute assignments once in a while, and Apache Kafka may do it elsewhere: here both at once.
    private static final List<String> AT_ONCE = List.of(
            NO_DELAY,
            NO_INTERVAL,
            "group.streams.min.assignment.interval.ms=0",
            "group.streams.assignor.offload.enable=false");

    private CompareChecks() {}

    private interface Cases {
        void run(Comparison both, int nodeId) throws Exception;
    }

    public static void main(String[] names) {
        var parts = new LinkedHashMap<String, Checks.Part>();
        parts.put("cluster", checks -> run(checks, ClusterCases::run));
        parts.put("groups", checks -> run(checks, GroupCases::run));
        Checks.main(parts, names);
    }

    private static void run(Checks checks, Cases cases) throws Exception {
        try (var moldau = Moldau.start(NO_DELAY, NO_INTERVAL)) {
            int nodeId = prepare(moldau.bootstrap());
            try (var kafka = Kafka.start(moldau.directory(), nodeId, AT_ONCE)) {
                prepare("127.0.0.1:" + kafka.port());
                int port = Integer.parseInt(moldau.bootstrap().split(":")[1]);
                try (var ours = new Wire(port);
                        var theirs = new Wire(kafka.port())) {
                    cases.run(new Comparison(checks, ours, theirs), nodeId);
                }
            }
        }
    }

    /// The same in both; returns the node's id.
    private static int prepare(String bootstrap) throws Exception {
        Topics.create(bootstrap, 2, "orders");
        try (var admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            int nodeId = admin.describeCluster().controller().get().id();
            set(admin, ConfigResource.Type.CLIENT_METRICS, "basic", "interval.ms", "60000");
            set(admin, ConfigResource.Type.GROUP, "shop", "consumer.session.timeout.ms", "50000");
            set(admin, ConfigResource.Type.BROKER, Integer.toString(nodeId), "log.cleaner.threads", "2");
            set(admin, ConfigResource.Type.BROKER, "", "log.cleaner.backoff.ms", "20000");
            admin.alterConsumerGroupOffsets("simple", Map.of(new TopicPartition("orders", 0), new OffsetAndMetadata(0)))
                    .all()
                    .get();
            return nodeId;
        }
    }

    private static void set(Admin admin, ConfigResource.Type type, String name, String setting, String value)
            throws Exception {
        var change = new AlterConfigOp(new ConfigEntry(setting, value), AlterConfigOp.OpType.SET);
        admin.incrementalAlterConfigs(Map.of(new ConfigResource(type, name), List.of(change)))
                .all()
                .get();
    }
}
