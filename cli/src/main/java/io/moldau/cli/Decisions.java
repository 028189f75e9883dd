package io.moldau.cli;

import io.moldau.client.Admin;
import io.moldau.client.ConfigResource.Kind;
import java.io.IOException;

/// What a node decided of late about a group, a transactional id or a topic (decision 25).
final class Decisions {
    private Decisions() {}

    static int print(ClusterOption cluster, Kind kind, String name) throws IOException {
        try (var open = cluster.connect()) {
            var decisions = new Admin(open).decisions(kind, name);
            var table = new Table("time", "decision");
            decisions.forEach(one -> table.row(one.time(), one.what()));
            if (cluster.json || !decisions.isEmpty()) {
                table.print(System.out, cluster.json);
            } else {
                System.err.println("The node decided nothing about '" + name + "' since it started.");
            }
        }
        return 0;
    }
}
