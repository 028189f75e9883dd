package io.moldau.groups;

/// Who asks: the client's own name, its address ("/127.0.0.1"), and the version of its request.
public record Caller(String clientId, String host, short version) {}
