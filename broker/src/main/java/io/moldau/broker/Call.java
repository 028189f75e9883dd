package io.moldau.broker;

import io.moldau.network.Exchange;
import io.moldau.network.Peer;
import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ByteWriter;
import io.moldau.protocol.Response;
import io.moldau.protocol.message.ResponseHeader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One request as a handler sees it: who asks, in which version, and where the answer goes.
/// It is ended exactly once, by [#answer], [#noAnswer] or [#fail], on any thread.
public final class Call {
    private static final Logger LOG = LoggerFactory.getLogger(Call.class);

    private final Exchange exchange;
    private final ApiKey apiKey;
    private final short version;
    private final int correlationId;
    private final String clientId;

    Call(Exchange exchange, ApiKey apiKey, short version, int correlationId, String clientId) {
        this.exchange = exchange;
        this.apiKey = apiKey;
        this.version = version;
        this.correlationId = correlationId;
        this.clientId = clientId;
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

    public Peer peer() {
        return exchange.peer();
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
        answerIn(version, response);
    }

    /// Answers in another version than was asked for: only ApiVersions may.
    void answerIn(short answerVersion, Response response) {
        var out = ByteWriter.frame();
        new ResponseHeader(correlationId).write(out, apiKey.responseHeaderVersion(answerVersion));
        response.write(out, answerVersion);
        exchange.answer(out.parts());
    }

    public void noAnswer() {
        exchange.noAnswer();
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
