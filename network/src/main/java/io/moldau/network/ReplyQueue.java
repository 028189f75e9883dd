package io.moldau.network;

import io.moldau.protocol.Payload;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.util.ArrayDeque;

/// The unanswered and unsent exchanges of one connection, in order. Used on the connection's loop only.
final class ReplyQueue {
    private static final int MAX_GATHERED = 64;

    private final ArrayDeque<Exchange> exchanges = new ArrayDeque<>();
    private final ArrayDeque<Payload> parts = new ArrayDeque<>();
    private final ByteBuffer[] gathered = new ByteBuffer[MAX_GATHERED];
    private int sentOfFirst;

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
            first.released();
        }
        return released;
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

    /// Sends until all is sent (true) or the socket is full (false).
    boolean send(GatheringByteChannel channel) throws IOException {
        while (!parts.isEmpty()) {
            boolean progress = parts.getFirst().inMemory() ? sendGathered(channel) : sendFirst(channel);
            if (!progress) {
                return false;
            }
        }
        return true;
    }

    private boolean sendFirst(GatheringByteChannel channel) throws IOException {
        var part = parts.getFirst();
        long sent = part.transferTo(channel, sentOfFirst);
        advance(sent);
        return sent > 0;
    }

    private boolean sendGathered(GatheringByteChannel channel) throws IOException {
        int count = 0;
        long offered = 0;
        for (var part : parts) {
            if (!part.inMemory() || count == MAX_GATHERED) {
                break;
            }
            var buffer = part.buffer();
            if (count == 0) {
                buffer.position(buffer.position() + sentOfFirst);
            }
            offered += buffer.remaining();
            gathered[count++] = buffer;
        }
        long sent = channel.write(gathered, 0, count);
        java.util.Arrays.fill(gathered, 0, count, ByteBuffer.allocate(0));
        advance(sent);
        return sent == offered;
    }

    private void advance(long sent) {
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
