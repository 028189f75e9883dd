package io.moldau.network;

import io.moldau.environment.Clock;
import io.moldau.environment.Disk;
import io.moldau.environment.Timers;
import io.moldau.environment.WakeUps;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One thread and its selector, owner of the connections assigned to it.
///
/// While the thread waits in its selector, another one that has something for it may run a pass in its place
/// ([WakeUps]): whoever holds [#running] is the loop. Such a pass sends answers; requests that wait to be
/// handed over are left to the thread, so that the other one's work has a bound.
final class EventLoop implements Runnable, WakeUps.Sleeper {
    private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);
    private static final long LENT_BYTES = 32L << 20;
    /// What is ready after so long was ready before, or nearly.
    private static final long AT_ONCE_NANOS = 100_000;

    /// What the selector reports on: a connection, or the server's accepting socket.
    interface Selected {
        void selected(SelectionKey key);
    }

    private final Selector selector;
    private final Clock clock;
    private final NetworkServer server;
    private final Leases leases = new Leases(LENT_BYTES, this::bringBlock);
    private final ReadSpace space = new ReadSpace(leases);
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean wakeUpDue = new AtomicBoolean();
    private final Set<Connection> connections = new HashSet<>();
    private final LinkedHashSet<Connection> starving = new LinkedHashSet<>();
    private volatile boolean hungry;
    private final ReentrantLock running = new ReentrantLock();
    /// The selector takes note of something new when it is asked the next time only.
    private boolean selectorIsBehind;
    private boolean standsIn;
    /// May go on, and were left to the thread.
    private final ArrayDeque<Connection> left = new ArrayDeque<>();
    private volatile boolean stopping;
    private final ArrayDeque<Connection> handedOver = new ArrayDeque<>();
    private final ArrayDeque<Runnable> due = new ArrayDeque<>();
    private boolean asking;
    private boolean underLoad;
    private long askedNanos;
    /// When the selector was through: what is read now arrived before.
    private long passNanos;

    EventLoop(NetworkServer server, Clock clock) throws IOException {
        this.server = server;
        this.clock = clock;
        this.selector = Selector.open();
    }

    /// Threads that may wait for a disk.
    Executor readers() {
        return server.readers();
    }

    /// Runs `task` on the loop after so long.
    Timers.Timer later(long delayMs, Runnable task) {
        return server.later(delayMs, () -> execute(task));
    }

    private void bringBlock(Consumer<ByteBuffer> taker) {
        readers().execute(() -> {
            var block = Disk.largeBlocks(Leases.BLOCK_BYTES);
            execute(() -> taker.accept(block));
        });
    }

    Leases leases() {
        return leases;
    }

    Selector selector() {
        return selector;
    }

    boolean inLoop() {
        return running.isHeldByCurrentThread();
    }

    /// Runs `task` on the loop, soon, never within the caller. Many tasks share one wake-up.
    void execute(Runnable task) {
        tasks.add(task);
        if (!inLoop() && wakeUpDue.compareAndSet(false, true)) {
            WakeUps.give(this);
        }
    }

    @Override
    public void wake() {
        selector.wakeup();
    }

    @Override
    public void standIn() {
        if (!running.tryLock()) {
            wake();
            return;
        }
        try {
            standsIn = true;
            selectorIsBehind = false;
            runTasks();
            endPass();
            if (selectorIsBehind || !left.isEmpty() || hungry || !tasks.isEmpty()) {
                wake();
            }
        } finally {
            standsIn = false;
            running.unlock();
        }
    }

    /// Lets a connection hand over what was read from it.
    void goOn(Connection connection) {
        if (standsIn) {
            left.add(connection);
        } else {
            guarded(connection, connection::resume);
        }
    }

    /// What the selector waits for has changed. It hears of it when it is asked the next time.
    void selectorChanged() {
        selectorIsBehind = true;
    }

    @Override
    public void run() {
        running.lock();
        try {
            while (!stopping) {
                turn();
            }
            List.copyOf(connections).forEach(connection -> connection.close(null));
            selector.close();
        } catch (IOException failure) {
            LOG.debug("closing a selector failed", failure);
        } finally {
            running.unlock();
        }
    }

    private void turn() {
        try {
            if (tasks.isEmpty()) {
                select();
            } else {
                passNanos = clock.nanos();
                selector.selectNow(this::dispatch);
            }
        } catch (IOException failure) {
            LOG.error("An event loop's selector failed; going on", failure);
        }
        pass();
    }

    private void pass() {
        runTasks();
        feedStarving();
        Connection waiting;
        while ((waiting = left.poll()) != null) {
            guarded(waiting, waiting::resume);
        }
        endPass();
    }

    /// Under load something is ready whenever the loop asks, but little: whoever was answered has hardly had time
    /// to ask again. Then others may run first, and the next turn has more to do for the same price. (64
    /// connections with one small request each on 2 cores: 25 requests a turn instead of 2, 132,000 a second
    /// instead of 95,000.) A loop that had to wait last time is not under load and never yields.
    @SuppressWarnings("ThreadPriorityCheck")
    private void select() throws IOException {
        if (underLoad) {
            Thread.yield();
        }
        underLoad = false;
        asking = true;
        askedNanos = clock.nanos();
        running.unlock();
        try {
            selector.select(this::dispatch);
        } finally {
            awake();
        }
        answered();
    }

    /// The selector says something, or nothing: a pass begins.
    private void answered() {
        if (asking) {
            asking = false;
            passNanos = clock.nanos();
        }
    }

    private void awake() {
        if (!running.isHeldByCurrentThread()) {
            running.lock();
        }
    }

    private void dispatch(SelectionKey key) {
        awake();
        if (asking) {
            answered();
            underLoad = passNanos - askedNanos < AT_ONCE_NANOS;
        }
        if (!key.isValid()) {
            return;
        }
        var attachment = key.attachment();
        if (attachment instanceof Connection connection) {
            guarded(connection, () -> {
                if (key.isReadable()) {
                    connection.readable(space, passNanos);
                }
                if (key.isValid() && key.isWritable()) {
                    connection.writable();
                }
            });
        } else if (attachment instanceof Selected other) {
            other.selected(key);
        }
    }

    /// Runs `task` when all that is ready now was handed over, before anything of it is answered.
    void atEndOfPass(Runnable task) {
        due.add(task);
    }

    /// Calls [Connection#endOfPass] when all that is ready now was handed over.
    void atEndOfPass(Connection connection) {
        handedOver.add(connection);
    }

    /// The first answer wakes its client; the clients of the others, if they are the same process, are awake then.
    private void endPass() {
        while (!due.isEmpty() || !handedOver.isEmpty()) {
            runAll(due);
            var connection = handedOver.poll();
            if (connection != null) {
                guarded(connection, connection::endOfPass);
            }
        }
    }

    /// A bug met by one connection ends that connection, not the loop.
    private void guarded(Connection connection, Runnable action) {
        try {
            action.run();
        } catch (RuntimeException | StackOverflowError failure) {
            LOG.error("Handling the connection of {} failed; it is closed", connection.peer(), failure);
            connection.close(null);
        } catch (OutOfMemoryError failure) {
            connection.close("there is not enough memory for its request");
        }
    }

    private void runTasks() {
        wakeUpDue.set(false);
        runAll(tasks);
    }

    private static void runAll(Queue<Runnable> tasks) {
        Runnable task;
        while ((task = tasks.poll()) != null) {
            try {
                task.run();
            } catch (RuntimeException | StackOverflowError | OutOfMemoryError failure) {
                LOG.error("A task of an event loop failed; going on", failure);
            }
        }
    }

    void adopt(SocketChannel channel, InetAddress remote) {
        try {
            channel.configureBlocking(false);
            var key = channel.register(selector, SelectionKey.OP_READ);
            selectorChanged();
            var connection = server.connection(this, channel, key);
            key.attach(connection);
            connections.add(connection);
        } catch (IOException gone) {
            server.connectionEnded(channel, remote);
        }
    }

    void forget(Connection connection) {
        selectorChanged();
        connections.remove(connection);
        starving.remove(connection);
        server.connectionEnded(connection.peer());
    }

    void starved(Connection connection) {
        starving.add(connection);
        hungry = true;
    }

    /// Request bytes became free: whoever waits for room, on any loop, may try again.
    void memoryReleased() {
        server.memoryReleased();
    }

    boolean hasStarving() {
        return hungry;
    }

    private void feedStarving() {
        if (starving.isEmpty()) {
            return;
        }
        var waiting = new ArrayList<>(starving);
        starving.clear();
        for (var connection : waiting) {
            guarded(connection, connection::resume);
        }
        // Not before: a release between a vain attempt and its being noted would wake nobody.
        hungry = !starving.isEmpty();
    }

    /// Closes the connections that have been silent for too long.
    void sweep() {
        long now = clock.nanos();
        List.copyOf(connections).forEach(connection -> connection.expire(now));
    }

    long nowNanos() {
        return clock.nanos();
    }

    void stop() {
        stopping = true;
        selector.wakeup();
    }
}
