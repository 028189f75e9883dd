package io.moldau.client;

import io.moldau.protocol.message.AlterClientQuotasRequest;
import io.moldau.protocol.message.AlterClientQuotasRequest.EntityData;
import io.moldau.protocol.message.AlterClientQuotasRequest.EntryData;
import io.moldau.protocol.message.AlterClientQuotasRequest.OpData;
import io.moldau.protocol.message.AlterClientQuotasResponse;
import io.moldau.protocol.message.DescribeClientQuotasRequest;
import io.moldau.protocol.message.DescribeClientQuotasResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Who may use how much of the cluster (KIP-546).
public final class QuotaAdmin {
    /// One quota.
    ///
    /// @param owner names by `user`, `client-id` or `ip`; no name stands for all without an own quota
    public record Quota(Map<String, Optional<String>> owner, String key, double value) {}

    private final Cluster cluster;

    public QuotaAdmin(Cluster cluster) {
        this.cluster = cluster;
    }

    /// All quotas that are set.
    public List<Quota> list() {
        var request =
                DescribeClientQuotasRequest.builder().components(List.of()).build();
        var answer = (DescribeClientQuotasResponse) cluster.callController(request);
        ClientException.check(answer.errorCode(), answer.errorMessage(), "Listing quotas");
        var entries = answer.entries();
        var quotas = new ArrayList<Quota>();
        for (var entry : entries == null ? List.<DescribeClientQuotasResponse.EntryData>of() : entries) {
            var owner = new TreeMap<String, Optional<String>>();
            entry.entity().forEach(part -> owner.put(part.entityType(), Optional.ofNullable(part.entityName())));
            entry.values().forEach(value -> quotas.add(new Quota(owner, value.key(), value.value())));
        }
        return quotas;
    }

    /// Sets quotas of one owner, or (empty) takes them back.
    public void alter(Map<String, Optional<String>> owner, Map<String, Optional<Double>> changes) {
        var entity = owner.entrySet().stream()
                .map(part -> EntityData.builder()
                        .entityType(part.getKey())
                        .entityName(part.getValue().orElse(null))
                        .build())
                .toList();
        var ops = changes.entrySet().stream()
                .map(change -> OpData.builder()
                        .key(change.getKey())
                        .value(change.getValue().orElse(0.0))
                        .remove(change.getValue().isEmpty())
                        .build())
                .toList();
        var request = AlterClientQuotasRequest.builder()
                .entries(List.of(EntryData.builder().entity(entity).ops(ops).build()))
                .build();
        var answer = (AlterClientQuotasResponse) cluster.callController(request);
        answer.entries()
                .forEach(entry -> ClientException.check(entry.errorCode(), entry.errorMessage(), "Changing quotas"));
    }
}
