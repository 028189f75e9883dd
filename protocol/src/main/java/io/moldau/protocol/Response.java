package io.moldau.protocol;

/// What a server answers.
public interface Response extends Message {
    ApiKey apiKey();

    /// The same answer, telling the client to be silent for so long; itself where the message cannot say that.
    default Response throttled(int ms) {
        return this;
    }
}
