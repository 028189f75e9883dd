package io.moldau.network;

import io.moldau.environment.Environment;
import io.moldau.environment.Timers;
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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Listens on one address and serves what connects.
public final class NetworkServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkServer.class);
    private static final int BACKLOG = 1024;
    private static final long STOP_MS = 1_000;
    private static final long TELL_NANOS = 10_000_000_000L;

    private final NetworkSettings settings;
    private final FrameHandler handler;
    private final Environment environment;
    private final MemoryBound memory;
    private final ServerSocketChannel listening;
    private final List<EventLoop> loops = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong nextId = new AtomicLong();
    private final AtomicInteger nextLoop = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();
    private final Map<InetAddress, Integer> connectionsByIp = new ConcurrentHashMap<>();
    /// Connections that came too soon and wait for their end.
    private final Set<SocketChannel> heldOff = ConcurrentHashMap.newKeySet();
    /// The acceptor's: when it last told of one, and how many it has not told of since.
    private long toldNanos;
    private long untold;
    private volatile boolean closed;
    private volatile Timers.@Nullable Timer nextSweep;

    private NetworkServer(NetworkSettings settings, FrameHandler handler, Environment environment) throws IOException {
        this.settings = settings;
        this.handler = handler;
        this.environment = environment;
        this.memory = new MemoryBound(settings.maxInFlightBytes());
        this.toldNanos = environment.clock().nanos() - TELL_NANOS;
        this.listening = ServerSocketChannel.open();
    }

    /// Binds and begins to serve. Throws [IOException] if the address cannot be had.
    public static NetworkServer start(Environment environment, NetworkSettings settings, FrameHandler handler)
            throws IOException {
        var server = new NetworkServer(settings, handler, environment);
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
        server.sweepLater();
        return server;
    }

    private void sweepLater() {
        nextSweep = environment.timers().schedule(settings.sweepMs(), () -> {
            loops.forEach(loop -> loop.execute(loop::sweep));
            if (!closed) {
                sweepLater();
            }
        });
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
                admit(channel, ((InetSocketAddress) channel.getRemoteAddress()).getAddress());
            } catch (IOException failure) {
                LOG.warn("Accepting a connection failed ({}); going on", failure.getMessage());
                return;
            }
        }
    }

    private void admit(SocketChannel channel, InetAddress remote) {
        int fromIp = connectionsByIp.merge(remote, 1, Integer::sum);
        if (connections.incrementAndGet() > settings.maxConnections()) {
            refuse(channel, remote, "max.connections=" + settings.maxConnections() + " are open");
            return;
        }
        if (fromIp > settings.maxConnectionsPerIp()) {
            refuse(channel, remote, "max.connections.per.ip=" + settings.maxConnectionsPerIp() + " are open");
            return;
        }
        int holdOffMs = handler.holdOffMs(remote);
        if (holdOffMs > 0) {
            holdOff(channel, remote, holdOffMs);
            return;
        }
        try {
            prepare(channel);
        } catch (IOException gone) {
            connectionEnded(channel, remote);
            return;
        }
        var loop = loops.get(Math.floorMod(nextLoop.getAndIncrement(), loops.size()));
        if (loop.inLoop()) {
            loop.adopt(channel, remote);
        } else {
            loop.execute(() -> loop.adopt(channel, remote));
        }
    }

    /// Keeps the connection unserved for a while, so that its client does not try again at once; then closes it.
    private void holdOff(SocketChannel channel, InetAddress remote, int ms) {
        heldOff.add(channel);
        later(ms, () -> {
            if (heldOff.remove(channel)) {
                connectionEnded(channel, remote);
            }
        });
        long now = environment.clock().nanos();
        if (now - toldNanos < TELL_NANOS) {
            untold++;
            return;
        }
        LOG.warn(
                "Connections of {} come faster than its quota connection_creation_rate allows: this one is closed unserved"
                        + " after {} ms, as {} were since the last such line",
                remote.getHostAddress(),
                ms,
                untold);
        toldNanos = now;
        untold = 0;
    }

    private void prepare(SocketChannel channel) throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        if (settings.sendBufferBytes() > 0) {
            channel.setOption(StandardSocketOptions.SO_SNDBUF, settings.sendBufferBytes());
        }
        if (settings.receiveBufferBytes() > 0) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, settings.receiveBufferBytes());
        }
    }

    private void refuse(SocketChannel channel, InetAddress remote, String reason) {
        LOG.warn("Refused a connection of {}: {}", remote.getHostAddress(), reason);
        connectionEnded(channel, remote);
    }

    Connection connection(EventLoop loop, SocketChannel channel, SelectionKey key) throws IOException {
        var peer = new Peer(
                nextId.incrementAndGet(),
                (InetSocketAddress) channel.getRemoteAddress(),
                (InetSocketAddress) channel.getLocalAddress(),
                settings.listenerName());
        return new Connection(loop, channel, key, peer, settings, handler, memory, loop.nowNanos());
    }

    void connectionEnded(Peer peer) {
        ended(peer.remote().getAddress());
    }

    /// A connection ended before it became one.
    void connectionEnded(SocketChannel channel, InetAddress remote) {
        ended(remote);
        closeQuietly(channel);
    }

    private static void closeQuietly(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException failure) {
            LOG.debug("closing a connection failed", failure);
        }
    }

    private void ended(InetAddress remote) {
        connections.decrementAndGet();
        connectionsByIp.computeIfPresent(remote, (address, count) -> count > 1 ? count - 1 : null);
    }

    /// Threads that may wait for a disk.
    Executor readers() {
        return environment.threads().reading();
    }

    Timers.Timer later(long delayMs, Runnable task) {
        return environment.timers().schedule(delayMs, task);
    }

    void memoryReleased() {
        for (var loop : loops) {
            if (loop.hasStarving()) {
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
        closed = true;
        var sweep = nextSweep;
        if (sweep != null) {
            sweep.cancel();
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
        heldOff.forEach(NetworkServer::closeQuietly);
        heldOff.clear();
    }
}
