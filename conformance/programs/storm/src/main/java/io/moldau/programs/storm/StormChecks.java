package io.moldau.programs.storm;

import io.moldau.programs.Checks;
import io.moldau.programs.Moldau;
import io.moldau.programs.Program;
import io.moldau.programs.TopicToTopic;
import io.moldau.programs.Topics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;

/// The node and the topology are killed while it works, and nothing is missing.
public final class StormChecks {
    private StormChecks() {}

    public static void main(String[] names) {
        var parts = new LinkedHashMap<String, Checks.Part>();
        parts.put("topology", StormChecks::run);
        Checks.main(parts, names);
    }

    private static void run(Checks checks) throws Exception {
        try (var node = Moldau.start();
                var admin = Admin.create(Map.of("bootstrap.servers", node.bootstrap()))) {
            var work = TopicToTopic.of("Storm", node, Job.IN, Job.OUT);
            try (var job = Program.java(
                    node.directory().resolve("storm.log"), List.of(), Job.class.getName(), node.bootstrap())) {
                work.run(checks, job);
                Checks.await(
                        "all is committed", TopicToTopic.PATIENCE, () -> Topics.lag(admin, Job.GROUP, Job.IN) == 0);
                checks.that(job.alive(), "the topology still runs");
            }
        }
    }
}
