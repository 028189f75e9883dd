package io.moldau.protocol;

/// What a server answers.
public interface Response extends Message {
    ApiKey apiKey();
}
