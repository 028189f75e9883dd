package io.moldau.protocol;

/// What a client asks.
public interface Request extends Message {
    ApiKey apiKey();
}
