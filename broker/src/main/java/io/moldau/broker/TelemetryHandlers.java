package io.moldau.broker;

import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.GetTelemetrySubscriptionsRequest;
import io.moldau.protocol.message.GetTelemetrySubscriptionsResponse;
import io.moldau.protocol.message.PushTelemetryRequest;
import io.moldau.protocol.message.PushTelemetryResponse;
import java.util.List;

/// GetTelemetrySubscriptions (71) and PushTelemetry (72), versions 0 (KIP-714): clients are asked for no metrics, and
/// what they push all the same is accepted and dropped.
final class TelemetryHandlers {
    private static final int PUSH_INTERVAL_MS = 300_000;
    private static final int MAX_BYTES = 1 << 20;

    private TelemetryHandlers() {}

    static void register(ApiTable table, NodeContext context) {
        table.with(
                ApiKey.GET_TELEMETRY_SUBSCRIPTIONS,
                GetTelemetrySubscriptionsRequest.class,
                (request, call) -> call.answer(subscription(request, context)));
        table.with(
                ApiKey.PUSH_TELEMETRY,
                PushTelemetryRequest.class,
                (request, call) -> call.answer(PushTelemetryResponse.builder()
                        .errorCode((request.metrics().remaining() > MAX_BYTES
                                        ? ErrorCode.TELEMETRY_TOO_LARGE
                                        : ErrorCode.NONE)
                                .code())
                        .build()));
    }

    private static GetTelemetrySubscriptionsResponse subscription(
            GetTelemetrySubscriptionsRequest request, NodeContext context) {
        var known = request.clientInstanceId();
        return GetTelemetrySubscriptionsResponse.builder()
                .clientInstanceId(known.equals(Uuid.ZERO) ? context.randomUuid() : known)
                .subscriptionId(0)
                .acceptedCompressionTypes(List.of())
                .pushIntervalMs(PUSH_INTERVAL_MS)
                .telemetryMaxBytes(MAX_BYTES)
                .deltaTemporality(true)
                .requestedMetrics(List.of())
                .build();
    }
}
