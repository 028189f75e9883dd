package io.moldau.network;

import java.net.InetAddress;

/// What the server does with requests.
public interface FrameHandler {
    /// A whole request has arrived. Called on the connection's event loop, in the order of arrival: must not
    /// block. Each exchange is ended exactly once, now or later, on any thread.
    void handle(Exchange exchange);

    /// True: nobody keeps a request with this API key, or a part of it, after its exchange has ended. Its memory is
    /// then used again, and a large request is not copied on its way in.
    default boolean lendsFrames(short apiKey) {
        return false;
    }

    /// A connection was made. More than 0: it came too soon, and is closed unserved after so many milliseconds.
    /// Called on an event loop: must not block.
    default int holdOffMs(InetAddress remote) {
        return 0;
    }

    /// The connection is gone.
    default void closed(Peer peer) {}
}
