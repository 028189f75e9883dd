package io.moldau.network;

import io.moldau.environment.Timers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One client's connection. Everything here happens on its event loop, but for [#replyReady] and [#closeLater].
final class Connection {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    private static final long NANOS_PER_MS = 1_000_000;

    private final EventLoop loop;
    private final SocketChannel channel;
    private final SelectionKey key;
    private final Peer peer;
    private final NetworkSettings settings;
    private final FrameHandler handler;
    private final MemoryBound memory;
    private final FrameCutter cutter;
    private final ReplyQueue replies = new ReplyQueue();
    private final AtomicBoolean flushDue = new AtomicBoolean();
    private final ByteBuffer[] readInto = new ByteBuffer[2];
    private @Nullable ByteBuffer leftover;
    private long lastActivityNanos;
    private boolean handing;
    /// A thread that may wait for disks writes to the socket.
    private boolean lent;
    private boolean awaitsRoom;
    private boolean closed;
    /// Set while the client is not listened to: it used more than its quota.
    private Timers.@Nullable Timer muted;
    private long mutedUntilNanos;

    Connection(
            EventLoop loop,
            SocketChannel channel,
            SelectionKey key,
            Peer peer,
            NetworkSettings settings,
            FrameHandler handler,
            MemoryBound memory,
            long nowNanos) {
        this.loop = loop;
        this.channel = channel;
        this.key = key;
        this.peer = peer;
        this.settings = settings;
        this.handler = handler;
        this.memory = memory;
        this.cutter = new FrameCutter(settings.maxFrameBytes(), memory, loop.leases(), handler);
        this.lastActivityNanos = nowNanos;
    }

    Peer peer() {
        return peer;
    }

    void readable(ReadSpace space, long nowNanos) {
        var rest = cutter.rest();
        var free = space.free();
        int from = free.position();
        long count;
        try {
            if (rest == null) {
                count = channel.read(free);
            } else {
                readInto[0] = rest;
                readInto[1] = free;
                count = channel.read(readInto);
            }
        } catch (IOException reset) {
            close(null);
            return;
        }
        if (count < 0) {
            close(null);
            return;
        }
        lastActivityNanos = nowNanos;
        var arrived = free.duplicate().position(from).limit(free.position());
        process(arrived, space.lendable());
        if (!closed && arrived.hasRemaining()) {
            var left = ByteBuffer.allocate(arrived.remaining());
            leftover = left.put(arrived).flip();
        }
        space.used(free.position());
    }

    /// What arrived in this pass of the loop was handed over, on this connection and on others, or replies are ready.
    void endOfPass() {
        flush();
        if (leftover != null && mayGoOn()) {
            loop.goOn(this);
        } else {
            updateInterest();
        }
    }

    /// Hands over the frames in `input` until it is used up or a bound is reached.
    private void process(ByteBuffer input, @Nullable Lease source) {
        handing = true;
        try {
            while (mayHandOver()) {
                var outcome = cutter.take(input, source);
                switch (outcome) {
                    case NEED_MORE -> {
                        return;
                    }
                    case NO_ROOM -> {
                        loop.starved(this);
                        return;
                    }
                    case BAD_LENGTH -> {
                        close(badLength(cutter.firstBytes(), cutter.announcedBytes(), settings.maxFrameBytes()));
                        return;
                    }
                    case FRAME -> {
                        var exchange = new Exchange(this, cutter.frame());
                        replies.add(exchange);
                        handler.handle(exchange);
                        if (exchange.muteMs() > 0) {
                            flush();
                        }
                    }
                }
            }
        } finally {
            handing = false;
            if (!closed) {
                loop.atEndOfPass(this);
            }
        }
    }

    /// Requests answered at once make room for more: nobody else would come back for what is left of this read.
    private boolean mayHandOver() {
        if (!closed && replies.waiting() >= settings.maxPipelined()) {
            flush();
        }
        return mayGoOn();
    }

    private boolean mayGoOn() {
        return !closed && muted == null && replies.waiting() < settings.maxPipelined();
    }

    static String badLength(byte[] firstBytes, int announcedBytes, int maxFrameBytes) {
        var start = new String(firstBytes, StandardCharsets.ISO_8859_1);
        if (start.equals("GET ") || start.equals("POST") || start.equals("HEAD") || start.equals("PUT ")) {
            return "it speaks HTTP, and this port speaks the Kafka protocol";
        }
        if (start.charAt(0) == 0x16 && start.charAt(1) == 0x03) {
            return "it speaks TLS, and this listener is plaintext: set security.protocol=PLAINTEXT in the client";
        }
        return "it announced a request of " + announcedBytes + " bytes; between 1 and " + maxFrameBytes
                + " (socket.request.max.bytes) are allowed";
    }

    /// Goes on with what was read but not handed over yet.
    void resume() {
        if (closed) {
            return;
        }
        var rest = leftover;
        if (rest != null) {
            leftover = null;
            process(rest, null);
            if (!closed && rest.hasRemaining()) {
                leftover = rest;
            }
        }
        updateInterest();
    }

    void writable() {
        awaitsRoom = false;
        flush();
        updateInterest();
    }

    /// A reply was given; from any thread.
    void replyReady() {
        if (!(loop.inLoop() && handing) && flushDue.compareAndSet(false, true)) {
            loop.execute(this::flushAndResume);
        }
    }

    void atEndOfPass(Runnable task) {
        loop.atEndOfPass(task);
    }

    void execute(Runnable task) {
        loop.execute(task);
    }

    boolean inLoop() {
        return loop.inLoop();
    }

    private void flushAndResume() {
        flushDue.set(false);
        if (closed) {
            replies.releaseEnded();
        } else {
            endOfPass();
        }
    }

    private void flush() {
        if (closed) {
            return;
        }
        int released = replies.collect();
        if (released > 0) {
            memory.release(released);
            loop.memoryReleased();
        }
        int mute = replies.takeMuteMs();
        if (mute > 0) {
            mute(mute);
        }
        if (replies.unsent()) {
            lastActivityNanos = loop.nowNanos();
            try {
                if (!lent && !awaitsRoom && replies.send(channel) == ReplyQueue.Sent.MAY_WAIT) {
                    lend();
                }
            } catch (IOException reset) {
                close(null);
            }
        }
    }

    /// From now on nothing is read and nothing that was read is handed over, while replies go out.
    void mute(int ms) {
        long until = loop.nowNanos() + ms * NANOS_PER_MS;
        if (muted == null) {
            mutedUntilNanos = until;
            muted = loop.later(ms, this::unmute);
        } else if (until - mutedUntilNanos > 0) {
            mutedUntilNanos = until;
        }
    }

    private void unmute() {
        if (closed) {
            return;
        }
        long now = loop.nowNanos();
        long left = mutedUntilNanos - now;
        if (left > 0) {
            muted = loop.later((left + NANOS_PER_MS - 1) / NANOS_PER_MS, this::unmute);
            return;
        }
        muted = null;
        lastActivityNanos = now;
        loop.goOn(this);
    }

    /// Sends the next reply's part, which may wait for a disk, from a thread that may. The loop goes on meanwhile.
    private void lend() {
        lent = true;
        var part = replies.first();
        int from = replies.sentOfFirst();
        loop.readers().execute(() -> {
            long sent = 0;
            boolean failed = false;
            try {
                long count;
                do {
                    count = part.transferTo(channel, (int) (from + sent));
                    sent += count;
                } while (count > 0 && from + sent < part.sizeBytes());
            } catch (IOException | RuntimeException failure) {
                LOG.debug("sending from a file to {} failed", peer, failure);
                failed = true;
            }
            long total = sent;
            boolean reset = failed;
            loop.execute(() -> giveBack(total, reset, from + total < part.sizeBytes()));
        });
    }

    private void giveBack(long sent, boolean failed, boolean full) {
        lent = false;
        if (closed) {
            return;
        }
        if (failed) {
            close(null);
            return;
        }
        replies.advance(sent);
        awaitsRoom = full;
        flushAndResume();
    }

    private void updateInterest() {
        if (closed) {
            return;
        }
        int interest = 0;
        if (leftover == null && mayGoOn()) {
            interest |= SelectionKey.OP_READ;
        }
        if (replies.unsent() && !lent) {
            interest |= SelectionKey.OP_WRITE;
        }
        if (key.interestOps() != interest) {
            key.interestOps(interest);
            loop.selectorChanged();
        }
    }

    /// Closes the connection if it has been silent for too long.
    void expire(long nowNanos) {
        long silentMs = (nowNanos - lastActivityNanos) / 1_000_000;
        boolean heard = muted == null;
        if (heard && cutter.midFrame() && leftover == null && silentMs > settings.partialFrameMs()) {
            close(cutter.progress() + " stopped arriving " + silentMs + " ms ago");
        } else if ((heard || replies.unsent()) && replies.waiting() == 0 && silentMs > settings.idleMs()) {
            close(replies.unsent() ? "it has not taken its replies for " + silentMs + " ms" : null);
        }
    }

    void closeLater(String reason) {
        if (loop.inLoop()) {
            close(reason);
        } else {
            loop.execute(() -> close(reason));
        }
    }

    /// Closes at once; a reason is logged.
    void close(@Nullable String reason) {
        if (closed) {
            return;
        }
        closed = true;
        if (muted != null) {
            muted.cancel();
        }
        if (reason != null) {
            LOG.warn("Closed the connection of {} ({}): {}", peer, peer.software(), reason);
        }
        int held = replies.abandon();
        cutter.discard();
        memory.release(held);
        try {
            channel.close();
        } catch (IOException ignored) {
            LOG.debug("closing the connection of {} failed", peer, ignored);
        }
        loop.forget(this);
        handler.closed(peer);
    }
}
