package io.moldau.network;

import io.moldau.environment.Clock;
import io.moldau.environment.Environment;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Listens on one address and serves what connects.
public final class NetworkServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkServer.class);
    private static final int BACKLOG = 1024;
    private static final long STOP_MS = 1_000;

    private final NetworkSettings settings;
    private final FrameHandler handler;
    private final Clock clock;
    private final MemoryBound memory;
    private final ServerSocketChannel listening;
    private final List<EventLoop> loops = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong nextId = new AtomicLong();
    private final AtomicInteger nextLoop = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();
    private final Map<InetAddress, AtomicInteger> connectionsByIp = new ConcurrentHashMap<>();

    private NetworkServer(NetworkSettings settings, FrameHandler handler, Clock clock) throws IOException {
        this.settings = settings;
        this.handler = handler;
        this.clock = clock;
        this.memory = new MemoryBound(settings.maxInFlightBytes());
        this.listening = ServerSocketChannel.open();
    }

    /// Binds and begins to serve. Throws [IOException] if the address cannot be had.
    public static NetworkServer start(Environment environment, NetworkSettings settings, FrameHandler handler)
            throws IOException {
        var server = new NetworkServer(settings, handler, environment.clock());
        try {
            server.listening.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            server.listening.bind(settings.address(), BACKLOG);
            server.listening.configureBlocking(false);
            for (int i = 0; i < settings.loops(); i++) {
                server.loops.add(new EventLoop(server, environment.clock()));
            }
            EventLoop.Selected acceptor = key -> server.accept();
            server.listening.register(server.loops.getFirst().selector(), SelectionKey.OP_ACCEPT, acceptor);
        } catch (IOException failure) {
            server.listening.close();
            throw failure;
        }
        int index = 0;
        for (var loop : server.loops) {
            server.threads.add(environment.threads().start("moldau-network-" + index++, loop));
        }
        return server;
    }

    public InetSocketAddress address() {
        try {
            return (InetSocketAddress) listening.getLocalAddress();
        } catch (IOException closed) {
            throw new IllegalStateException("the server is closed", closed);
        }
    }

    /// Open connections.
    public int connections() {
        return connections.get();
    }

    /// Bytes of requests read and not yet answered.
    public long heldBytes() {
        return memory.heldBytes();
    }

    private void accept() {
        while (true) {
            try {
                var channel = listening.accept();
                if (channel == null) {
                    return;
                }
                admit(channel);
            } catch (IOException failure) {
                LOG.warn("Accepting a connection failed ({}); going on", failure.getMessage());
                return;
            }
        }
    }

    private void admit(SocketChannel channel) throws IOException {
        var remote = ((InetSocketAddress) channel.getRemoteAddress()).getAddress();
        int fromIp = connectionsByIp
                .computeIfAbsent(remote, address -> new AtomicInteger())
                .incrementAndGet();
        if (connections.incrementAndGet() > settings.maxConnections()) {
            refuse(channel, remote, "max.connections=" + settings.maxConnections() + " are open");
            return;
        }
        if (fromIp > settings.maxConnectionsPerIp()) {
            refuse(channel, remote, "max.connections.per.ip=" + settings.maxConnectionsPerIp() + " are open");
            return;
        }
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        if (settings.sendBufferBytes() > 0) {
            channel.setOption(StandardSocketOptions.SO_SNDBUF, settings.sendBufferBytes());
        }
        if (settings.receiveBufferBytes() > 0) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, settings.receiveBufferBytes());
        }
        var loop = loops.get(Math.floorMod(nextLoop.getAndIncrement(), loops.size()));
        if (loop.inLoop()) {
            loop.adopt(channel);
        } else {
            loop.execute(() -> loop.adopt(channel));
        }
    }

    private void refuse(SocketChannel channel, InetAddress remote, String reason) throws IOException {
        LOG.warn("Refused a connection of {}: {}", remote.getHostAddress(), reason);
        ended(remote);
        channel.close();
    }

    Connection connection(EventLoop loop, SocketChannel channel, SelectionKey key) throws IOException {
        var peer = new Peer(
                nextId.incrementAndGet(),
                (InetSocketAddress) channel.getRemoteAddress(),
                (InetSocketAddress) channel.getLocalAddress(),
                settings.listenerName());
        return new Connection(loop, channel, key, peer, settings, handler, memory, clock.nanos());
    }

    void connectionEnded(Peer peer) {
        ended(peer.remote().getAddress());
    }

    /// A connection ended before it became one.
    void connectionEnded(SocketChannel channel) {
        try {
            var remote = (InetSocketAddress) channel.getRemoteAddress();
            if (remote != null) {
                ended(remote.getAddress());
            }
            channel.close();
        } catch (IOException alreadyClosed) {
            connections.decrementAndGet();
        }
    }

    private void ended(InetAddress remote) {
        connections.decrementAndGet();
        connectionsByIp.computeIfPresent(remote, (address, count) -> count.decrementAndGet() <= 0 ? null : count);
    }

    void memoryReleased(EventLoop by) {
        for (var loop : loops) {
            if (!loop.equals(by) && loop.hasStarving()) {
                loop.execute(() -> {});
            }
        }
    }

    /// Closes every connection, waiting for the loops to end.
    @Override
    public void close() {
        try {
            listening.close();
        } catch (IOException failure) {
            LOG.debug("closing the listening socket failed", failure);
        }
        loops.forEach(EventLoop::stop);
        for (var thread : threads) {
            try {
                thread.join(STOP_MS);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
