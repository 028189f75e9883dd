package io.moldau.broker;

import io.moldau.protocol.Request;

/// Answers the requests of one API key. Called on an event loop: must not block.
@FunctionalInterface
public interface ApiHandler<Q extends Request> {
    void handle(Q request, Call call);
}
