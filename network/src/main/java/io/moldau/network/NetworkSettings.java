package io.moldau.network;

import java.net.InetSocketAddress;

/// Where to listen and how much to bear.
///
/// @param address where to listen; port 0 takes any free one
/// @param listenerName the listener's name, for logs and for choosing advertised addresses
/// @param loops event loop threads
/// @param maxFrameBytes the largest request (`socket.request.max.bytes`)
/// @param maxInFlightBytes request bytes held in all, read but not yet answered (`queued.max.request.bytes`)
/// @param maxPipelined unanswered requests of one connection before it is no longer read
/// @param maxConnections connections in all (`max.connections`)
/// @param maxConnectionsPerIp connections from one address (`max.connections.per.ip`)
/// @param idleMs a connection that neither asks nor waits for so long is closed (`connections.max.idle.ms`)
/// @param partialFrameMs a request that stops arriving for so long closes its connection
/// @param sendBufferBytes the socket's send buffer (`socket.send.buffer.bytes`), -1 for the system's choice
/// @param receiveBufferBytes the socket's receive buffer, -1 for the system's choice
public record NetworkSettings(
        InetSocketAddress address,
        String listenerName,
        int loops,
        int maxFrameBytes,
        long maxInFlightBytes,
        int maxPipelined,
        int maxConnections,
        int maxConnectionsPerIp,
        long idleMs,
        long partialFrameMs,
        int sendBufferBytes,
        int receiveBufferBytes) {
    public NetworkSettings {
        if (loops < 1 || maxFrameBytes < 1 || maxPipelined < 1) {
            throw new IllegalArgumentException("loops, maxFrameBytes and maxPipelined must be positive");
        }
        maxInFlightBytes = Math.max(maxInFlightBytes, maxFrameBytes);
    }

    /// How often silent connections are looked for: seldom enough to cost nothing, often enough that none is closed
    /// much more than a tenth too late.
    long sweepMs() {
        return Math.clamp(Math.min(idleMs, partialFrameMs) / 10, 100, 10_000);
    }

    /// What is right for a lone node at this address.
    public static NetworkSettings at(InetSocketAddress address) {
        return new NetworkSettings(
                address, "PLAINTEXT", 2, 100 << 20, 256L << 20, 64, 10_000, 10_000, 600_000, 30_000, -1, -1);
    }
}
