package io.moldau.network;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/// Settings of servers on a free port of this machine, for small requests; what a test is not about is left as it is.
record LoopbackSettings(
        int loops,
        long maxInFlightBytes,
        int maxPipelined,
        int maxConnections,
        int maxConnectionsPerIp,
        long idleMs,
        long partialFrameMs) {
    static final int MAX_FRAME_BYTES = 1000;
    static final LoopbackSettings USUAL = new LoopbackSettings(2, 1 << 20, 8, 100, 100, 600_000, 30_000);

    LoopbackSettings requests(int maxPipelined, long maxInFlightBytes) {
        return new LoopbackSettings(
                loops, maxInFlightBytes, maxPipelined, maxConnections, maxConnectionsPerIp, idleMs, partialFrameMs);
    }

    LoopbackSettings oneLoop() {
        return new LoopbackSettings(
                1, maxInFlightBytes, maxPipelined, maxConnections, maxConnectionsPerIp, idleMs, partialFrameMs);
    }

    LoopbackSettings connections(int most, int mostPerIp) {
        return new LoopbackSettings(loops, maxInFlightBytes, maxPipelined, most, mostPerIp, idleMs, partialFrameMs);
    }

    LoopbackSettings silence(long idleMs, long partialFrameMs) {
        return new LoopbackSettings(
                loops, maxInFlightBytes, maxPipelined, maxConnections, maxConnectionsPerIp, idleMs, partialFrameMs);
    }

    NetworkSettings settings() {
        return new NetworkSettings(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                "PLAINTEXT",
                loops,
                MAX_FRAME_BYTES,
                maxInFlightBytes,
                maxPipelined,
                maxConnections,
                maxConnectionsPerIp,
                idleMs,
                partialFrameMs,
                -1,
                -1);
    }
}
