package io.moldau.environment;

import java.io.IOException;
import java.nio.ByteBuffer;

/// Outgoing stream connections.
public interface Sockets {
    /// The machine's network.
    static Sockets real() {
        return new RealSockets();
    }

    /// Connects within `timeoutMs` or throws an [IOException] whose text says why not.
    Wire connect(String host, int port, int timeoutMs) throws IOException;

    /// A connection. One thread may read while another writes.
    interface Wire extends AutoCloseable {
        /// Reads at least one byte, waiting for it; -1 at the end.
        int read(ByteBuffer target) throws IOException;

        /// Writes all of `sources`, waiting for room.
        void write(ByteBuffer[] sources) throws IOException;

        /// Ends the connection; a reader that waits gets an [IOException].
        @Override
        void close();
    }
}
