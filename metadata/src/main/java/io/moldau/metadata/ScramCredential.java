package io.moldau.metadata;

/// What the server keeps of a password: enough to check a proof of it, not enough to make one.
public record ScramCredential(int iterations, Secret salt, Secret storedKey, Secret serverKey) {}
