package io.moldau.broker;

import io.moldau.environment.Clock;
import io.moldau.network.Exchange;
import io.moldau.network.FrameHandler;
import io.moldau.network.Peer;
import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ByteReader;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.MalformedMessageException;
import io.moldau.protocol.Request;
import io.moldau.protocol.message.RequestHeader;
import io.moldau.security.quotas.QuotaKey;
import io.moldau.security.quotas.Quotas;
import java.net.InetAddress;
import java.util.function.Consumer;

/// Reads a frame's header, finds the handler, reads the request. What cannot be read closes its connection alone.
final class RequestDispatcher implements FrameHandler {
    private static final int FIXED_HEADER_BYTES = 8;

    private final ApiTable table;
    private final ApiVersionsAnswer apiVersions;
    private final Consumer<Peer> onClosed;
    private final Quotas quotas;
    private final Clock clock;

    RequestDispatcher(
            ApiTable table, ApiVersionsAnswer apiVersions, Consumer<Peer> onClosed, Quotas quotas, Clock clock) {
        this.table = table;
        this.apiVersions = apiVersions;
        this.onClosed = onClosed;
        this.quotas = quotas;
        this.clock = clock;
    }

    @Override
    public int holdOffMs(InetAddress remote) {
        return quotas.connected(remote, clock.nanos());
    }

    /// Produced batches are copied to wherever they go before the answer; other requests may be kept in parts.
    @Override
    public boolean lendsFrames(short apiKey) {
        return apiKey == ApiKey.PRODUCE.id();
    }

    @Override
    public void handle(Exchange exchange) {
        var frame = exchange.frame();
        if (frame.remaining() < FIXED_HEADER_BYTES) {
            exchange.close("its request of " + frame.remaining() + " bytes is too short to hold a header");
            return;
        }
        short id = frame.getShort(frame.position());
        short version = frame.getShort(frame.position() + 2);
        int correlationId = frame.getInt(frame.position() + 4);
        var key = ApiKey.of(id).orElse(null);
        var entry = key == null ? null : table.entry(key).orElse(null);
        if (key == null || entry == null) {
            exchange.close("it asked for API key " + id + (key == null ? "" : " (" + key + ")")
                    + ", which this node does not answer; ApiVersions lists what it does");
            return;
        }
        if (!entry.answers(version)) {
            unsupportedVersion(exchange, key, version, correlationId, entry);
            return;
        }
        var meter = quotas.limit(QuotaKey.REQUEST_PERCENTAGE) ? new RequestMeter(quotas, clock) : null;
        Request request;
        Call call;
        try {
            var in = new ByteReader(frame);
            var header = RequestHeader.read(in, key.requestHeaderVersion(version));
            var clientId = header.clientId();
            call = new Call(exchange, key, version, correlationId, clientId == null ? "" : clientId, meter);
            request = key.readRequest(in, version);
            if (in.remaining() > 0) {
                throw new MalformedMessageException(in.remaining() + " bytes follow after its end");
            }
        } catch (MalformedMessageException malformed) {
            exchange.close(
                    "its " + key + " request in version " + version + " cannot be read: " + malformed.getMessage());
            return;
        }
        try {
            entry.handler().handle(request, call);
        } catch (RuntimeException failure) {
            call.fail(failure);
        }
        if (meter != null) {
            meter.handled();
        }
    }

    /// A client that asks ApiVersions in a version we do not know learns in version 0 what we do know (KIP-511).
    private void unsupportedVersion(
            Exchange exchange, ApiKey key, short version, int correlationId, ApiTable.Entry entry) {
        if (key == ApiKey.API_VERSIONS) {
            new Call(exchange, key, version, correlationId, "", null)
                    .answerIn((short) 0, apiVersions.response(ErrorCode.UNSUPPORTED_VERSION, (short) 0), 0);
        } else {
            exchange.close("it asked for " + key + " in version " + version + "; versions " + entry.oldest() + " to "
                    + entry.newest() + " are answered");
        }
    }

    @Override
    public void closed(Peer peer) {
        onClosed.accept(peer);
    }
}
