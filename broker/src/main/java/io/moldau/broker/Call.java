package io.moldau.broker;

import io.moldau.environment.Loan;
import io.moldau.network.Exchange;
import io.moldau.network.Peer;
import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ByteWriter;
import io.moldau.protocol.Response;
import io.moldau.protocol.message.ResponseHeader;
import io.moldau.security.quotas.Who;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One request as a handler sees it: who asks, in which version, and where the answer goes.
/// It is ended exactly once, by [#answer], [#noAnswer] or [#fail], on any thread.
public final class Call {
    private static final Logger LOG = LoggerFactory.getLogger(Call.class);
    /// Everybody's name while nobody says who he is.
    private static final String ANONYMOUS = "ANONYMOUS";

    private final Exchange exchange;
    private final ApiKey apiKey;
    private final short version;
    private final int correlationId;
    private final String clientId;
    private final @Nullable RequestMeter meter;

    /// @param meter counts the time that the request takes, if somebody has a quota of that
    Call(
            Exchange exchange,
            ApiKey apiKey,
            short version,
            int correlationId,
            String clientId,
            @Nullable RequestMeter meter) {
        this.exchange = exchange;
        this.apiKey = apiKey;
        this.version = version;
        this.correlationId = correlationId;
        this.clientId = clientId;
        this.meter = meter;
    }

    public ApiKey apiKey() {
        return apiKey;
    }

    public short version() {
        return version;
    }

    /// What the client calls itself; "" if it does not say.
    public String clientId() {
        return clientId;
    }

    /// Whose quotas hold.
    Who who() {
        return new Who(ANONYMOUS, clientId);
    }

    int requestBytes() {
        return exchange.requestBytes();
    }

    public Peer peer() {
        return exchange.peer();
    }

    /// Runs `task` when all requests that have arrived are handed over.
    public void atEndOfPass(Runnable task) {
        exchange.atEndOfPass(task);
    }

    /// Of the request's bytes, for whoever needs them after the answer; null if they are nobody else's anyway.
    @Nullable
    Loan loan() {
        return exchange.loan();
    }

    /// Goes on with this call on its connection's event loop, soon.
    public void execute(Runnable task) {
        exchange.execute(() -> {
            try {
                task.run();
            } catch (RuntimeException failure) {
                fail(failure);
            }
        });
    }

    public void answer(Response response) {
        answerIn(version, response, 0);
    }

    /// Answers a client that used more than its quota: it is told to be silent for so long, and not listened to
    /// (KIP-219).
    void answer(Response response, int throttleMs) {
        answerIn(version, response, throttleMs);
    }

    /// Answers in another version than was asked for: only ApiVersions may.
    void answerIn(short answerVersion, Response response, int throttleMs) {
        int silentMs = meter == null ? throttleMs : Math.max(throttleMs, meter.answering(who()));
        var out = ByteWriter.frame();
        new ResponseHeader(correlationId).write(out, apiKey.responseHeaderVersion(answerVersion));
        (silentMs > 0 ? response.throttled(silentMs) : response).write(out, answerVersion);
        if (meter != null) {
            meter.wrote(who());
        }
        exchange.answer(out.parts(), silentMs);
    }

    /// From now on the client is not listened to for so long. Within its handler only.
    void mute(int ms) {
        exchange.mute(ms);
    }

    void noAnswer(int throttleMs) {
        exchange.noAnswer(throttleMs);
    }

    /// Something broke that has no error code: the connection is closed, the cause logged.
    public void fail(Throwable failure) {
        LOG.error("Answering {} v{} of client \"{}\" failed", apiKey, version, clientId, failure);
        exchange.close("answering its " + apiKey + " request failed inside the broker (the cause stands above)");
    }

    /// Closes the connection because of what the client did; logged in one line.
    public void refuse(String reason) {
        exchange.close(reason);
    }
}
