package io.moldau.network;

import io.moldau.protocol.Payload;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.util.ArrayDeque;
import java.util.Arrays;

/// The unanswered and unsent exchanges of one connection, in order. Used on the connection's loop only.
final class ReplyQueue {
    private static final int MAX_GATHERED = 64;
    /// So much goes from files at once before other connections have their turn.
    private static final long TURN_BYTES = 1 << 20;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final ArrayDeque<Exchange> exchanges = new ArrayDeque<>();
    private final ArrayDeque<Payload> parts = new ArrayDeque<>();
    private final ByteBuffer[] gathered = new ByteBuffer[MAX_GATHERED];
    private int sentOfFirst;
    private long fromFiles;
    private int muteMs;

    void add(Exchange exchange) {
        exchanges.add(exchange);
    }

    /// Exchanges without a reply yet, and the ones behind them.
    int waiting() {
        return exchanges.size();
    }

    boolean unsent() {
        return !parts.isEmpty();
    }

    /// Moves the replies whose turn has come to the send list; returns the request bytes that are now free.
    int collect() {
        int released = 0;
        Exchange first;
        while ((first = exchanges.peek()) != null && first.ready()) {
            exchanges.poll();
            for (var part : first.reply()) {
                if (part.sizeBytes() > 0) {
                    parts.add(part);
                }
            }
            released += first.heldBytes();
            muteMs = Math.max(muteMs, first.muteMs());
            first.released();
        }
        return released;
    }

    /// How long the replies collected since the last question say that the connection is not to be read from.
    int takeMuteMs() {
        int mute = muteMs;
        muteMs = 0;
        return mute;
    }

    /// Request bytes held by exchanges that will never be answered. Their frames stay as they are until their
    /// handlers have ended them: see [#releaseEnded].
    int abandon() {
        int held = 0;
        for (var exchange : exchanges) {
            held += exchange.heldBytes();
        }
        parts.clear();
        releaseEnded();
        return held;
    }

    /// Gives back the frames of abandoned exchanges that have ended since.
    void releaseEnded() {
        exchanges.removeIf(exchange -> {
            boolean ended = exchange.ready();
            if (ended) {
                exchange.released();
            }
            return ended;
        });
    }

    /// How far [#send] came.
    enum Sent {
        ALL,
        /// The socket takes no more now, or it is others' turn.
        FULL,
        /// The next part may wait for a disk: see [#first].
        MAY_WAIT
    }

    Sent send(GatheringByteChannel channel) throws IOException {
        fromFiles = 0;
        while (!parts.isEmpty()) {
            var first = parts.getFirst();
            if (first.mayWait()) {
                return Sent.MAY_WAIT;
            }
            boolean progress = first.inMemory() ? sendGathered(channel) : sendFirst(channel);
            if (!progress) {
                return Sent.FULL;
            }
        }
        return Sent.ALL;
    }

    Payload first() {
        return parts.getFirst();
    }

    /// Bytes of [#first] that were sent.
    int sentOfFirst() {
        return sentOfFirst;
    }

    private boolean sendFirst(GatheringByteChannel channel) throws IOException {
        var part = parts.getFirst();
        long sent = part.transferTo(channel, sentOfFirst);
        advance(sent);
        fromFiles += sent;
        return sent > 0 && fromFiles < TURN_BYTES;
    }

    private boolean sendGathered(GatheringByteChannel channel) throws IOException {
        int count = 0;
        int skip = sentOfFirst;
        long offered = 0;
        for (var part : parts) {
            if (!part.inMemory() || count == MAX_GATHERED) {
                break;
            }
            for (var buffer : part.buffers()) {
                if (count == MAX_GATHERED) {
                    break;
                }
                int skipped = Math.min(skip, buffer.remaining());
                skip -= skipped;
                if (skipped < buffer.remaining()) {
                    buffer.position(buffer.position() + skipped);
                    offered += buffer.remaining();
                    gathered[count++] = buffer;
                }
            }
        }
        long sent = count == 1 ? channel.write(gathered[0]) : channel.write(gathered, 0, count);
        Arrays.fill(gathered, 0, count, NOTHING);
        advance(sent);
        return sent == offered;
    }

    /// So many bytes from the front were sent.
    void advance(long sent) {
        long left = sent;
        while (left > 0) {
            int rest = parts.getFirst().sizeBytes() - sentOfFirst;
            if (left < rest) {
                sentOfFirst += (int) left;
                return;
            }
            left -= rest;
            parts.poll();
            sentOfFirst = 0;
        }
    }
}
