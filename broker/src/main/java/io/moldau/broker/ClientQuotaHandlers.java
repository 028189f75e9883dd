package io.moldau.broker;

import io.moldau.metadata.QuotaEntity;
import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.AlterClientQuotasRequest;
import io.moldau.protocol.message.AlterClientQuotasRequest.OpData;
import io.moldau.protocol.message.AlterClientQuotasResponse;
import io.moldau.protocol.message.DescribeClientQuotasRequest;
import io.moldau.protocol.message.DescribeClientQuotasResponse;
import io.moldau.security.Refusal;
import io.moldau.security.quotas.QuotaDecisions;
import io.moldau.security.quotas.QuotaDecisions.Change;
import io.moldau.security.quotas.QuotaDecisions.Described;
import io.moldau.security.quotas.QuotaDecisions.Filter;
import io.moldau.security.quotas.QuotaDecisions.Part;
import io.moldau.security.quotas.QuotaDecisions.Wish;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// DescribeClientQuotas (key 48) and AlterClientQuotas (key 49), versions 0–1 (KIP-546).
final class ClientQuotaHandlers {
    private final NodeContext context;

    ClientQuotaHandlers(NodeContext context) {
        this.context = context;
    }

    void register(ApiTable table) {
        table.with(ApiKey.DESCRIBE_CLIENT_QUOTAS, DescribeClientQuotasRequest.class, this::describe);
        table.with(ApiKey.ALTER_CLIENT_QUOTAS, AlterClientQuotasRequest.class, this::alter);
    }

    private void describe(DescribeClientQuotasRequest request, Call call) {
        var filters = request.components().stream()
                .map(filter -> new Filter(filter.entityType(), filter.matchType(), Optional.ofNullable(filter.match())))
                .toList();
        var response = DescribeClientQuotasResponse.builder();
        switch (QuotaDecisions.describe(context.image(), filters, request.strict())) {
            case Described.Quotas(var all) ->
                response.entries(
                        all.entrySet().stream().map(ClientQuotaHandlers::entry).toList());
            case Described.Refused(var refusal) ->
                response.errorCode(refusal.error().code())
                        .errorMessage(refusal.reason())
                        .entries(null);
        }
        call.answer(response.build());
    }

    private static DescribeClientQuotasResponse.EntryData entry(Map.Entry<QuotaEntity, Map<String, Double>> quotas) {
        return DescribeClientQuotasResponse.EntryData.builder()
                .entity(quotas.getKey().names().entrySet().stream()
                        .map(part -> DescribeClientQuotasResponse.EntityData.builder()
                                .entityType(part.getKey().text())
                                .entityName(part.getValue().orElse(null))
                                .build())
                        .toList())
                .values(quotas.getValue().entrySet().stream()
                        .map(value -> DescribeClientQuotasResponse.ValueData.builder()
                                .key(value.getKey())
                                .value(value.getValue())
                                .build())
                        .toList())
                .build();
    }

    private void alter(AlterClientQuotasRequest request, Call call) {
        var wishes = request.entries().stream().map(ClientQuotaHandlers::wish).toList();
        context.controller()
                .decide(image -> QuotaDecisions.alter(image, wishes, request.validateOnly()))
                .whenComplete((outcomes, failure) -> {
                    if (failure != null) {
                        call.fail(failure);
                    } else {
                        call.answer(response(request, outcomes));
                    }
                });
    }

    private static Wish wish(AlterClientQuotasRequest.EntryData entry) {
        return new Wish(
                entry.entity().stream()
                        .map(part -> new Part(part.entityType(), Optional.ofNullable(part.entityName())))
                        .toList(),
                entry.ops().stream().map(ClientQuotaHandlers::change).toList());
    }

    private static Change change(OpData op) {
        return new Change(op.key(), op.remove() ? Optional.empty() : Optional.of(op.value()));
    }

    private static AlterClientQuotasResponse response(
            AlterClientQuotasRequest request, List<Optional<Refusal>> outcomes) {
        var entries = new ArrayList<AlterClientQuotasResponse.EntryData>();
        for (int i = 0; i < outcomes.size(); i++) {
            var refusal = outcomes.get(i);
            entries.add(AlterClientQuotasResponse.EntryData.builder()
                    .errorCode(
                            refusal.map(Refusal::error).orElse(ErrorCode.NONE).code())
                    .errorMessage(refusal.map(Refusal::reason).orElse(null))
                    .entity(request.entries().get(i).entity().stream()
                            .map(part -> AlterClientQuotasResponse.EntityData.builder()
                                    .entityType(part.entityType())
                                    .entityName(part.entityName())
                                    .build())
                            .toList())
                    .build());
        }
        return AlterClientQuotasResponse.builder().entries(entries).build();
    }
}
