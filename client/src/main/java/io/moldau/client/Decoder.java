package io.moldau.client;

import io.moldau.protocol.ByteReader;

/// Reads an answer: a generated message's `read`.
@FunctionalInterface
interface Decoder<R> {
    R read(ByteReader in, short version);
}
