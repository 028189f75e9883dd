package io.moldau.programs.samza;

import io.moldau.programs.Checks;
import io.moldau.programs.Moldau;
import io.moldau.programs.Program;
import io.moldau.programs.TopicToTopic;
import java.util.LinkedHashMap;
import java.util.List;

/// The node and the application are killed while it works, and nothing is missing.
public final class SamzaChecks {
    private SamzaChecks() {}

    public static void main(String[] names) {
        var parts = new LinkedHashMap<String, Checks.Part>();
        parts.put("application", SamzaChecks::run);
        Checks.main(parts, names);
    }

    private static void run(Checks checks) throws Exception {
        try (var node = Moldau.start()) {
            var work = TopicToTopic.of("Samza", node, Job.IN, Job.OUT);
            try (var job = Program.java(
                    node.directory().resolve("samza.log"),
                    List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"),
                    Job.class.getName(),
                    node.bootstrap())) {
                work.run(checks, job);
            }
        }
    }
}
