package io.moldau.broker;

import io.moldau.broker.settings.SettingType;
import io.moldau.environment.DecisionJournal;
import io.moldau.protocol.message.DescribeConfigsRequest.DescribeConfigsResource;
import io.moldau.protocol.message.DescribeConfigsResponse.DescribeConfigsResourceResult;
import io.moldau.protocol.message.DescribeConfigsResponse.DescribeConfigsResult;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The journal of decisions as DescribeConfigs shows it: resource types of our own, which nobody asks for who does not
/// know them (`docs/decisions/0025-explain.md`). An entry's name is its number and time, its value the text. Those of a
/// topic end with what is going on in it now.
final class DecisionViews {
    private static final byte GROUP = 112;
    private static final byte TRANSACTION = 113;
    private static final byte TOPIC = 114;

    private DecisionViews() {}

    /// Empty if the resource is not of these types.
    static Optional<DescribeConfigsResult> of(NodeContext context, DescribeConfigsResource resource) {
        return kind(resource.resourceType())
                .map(kind -> DescribeConfigsResult.builder()
                        .resourceType(resource.resourceType())
                        .resourceName(resource.resourceName())
                        .configs(entries(decisions(context, kind, resource.resourceName())))
                        .build());
    }

    private static List<DecisionJournal.Decision> decisions(
            NodeContext context, DecisionJournal.Kind kind, String name) {
        var decisions = new ArrayList<>(context.journal().about(kind, name));
        if (kind == DecisionJournal.Kind.TOPIC) {
            int partitions = context.image()
                    .topic(name)
                    .map(it -> it.partitions().size())
                    .orElse(0);
            long now = context.environment().clock().wallMs();
            for (int i = 0; i < partitions; i++) {
                var what = "partition " + i + ": compaction is under way: ";
                context.partition(name, i)
                        .flatMap(partition -> partition.log().compactionUnderWay())
                        .ifPresent(progress -> decisions.add(new DecisionJournal.Decision(now, what + progress)));
            }
        }
        return decisions;
    }

    private static Optional<DecisionJournal.Kind> kind(byte type) {
        return switch (type) {
            case GROUP -> Optional.of(DecisionJournal.Kind.GROUP);
            case TRANSACTION -> Optional.of(DecisionJournal.Kind.TRANSACTION);
            case TOPIC -> Optional.of(DecisionJournal.Kind.TOPIC);
            default -> Optional.empty();
        };
    }

    private static List<DescribeConfigsResourceResult> entries(List<DecisionJournal.Decision> decisions) {
        var entries = new ArrayList<DescribeConfigsResourceResult>();
        for (var decision : decisions) {
            entries.add(DescribeConfigsResourceResult.builder()
                    .name((entries.size() + 1) + " " + Instant.ofEpochMilli(decision.atMs()))
                    .value(decision.what())
                    .readOnly(true)
                    .synonyms(List.of())
                    .configType(SettingType.STRING.code())
                    .documentation(null)
                    .build());
        }
        return entries;
    }
}
