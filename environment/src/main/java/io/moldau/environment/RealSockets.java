package io.moldau.environment;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/// Blocking socket channels of the JDK.
final class RealSockets implements Sockets {
    @Override
    public Wire connect(String host, int port, int timeoutMs) throws IOException {
        var address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new UnknownHostException("no such host: " + host);
        }
        var channel = SocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.socket().connect(address, timeoutMs);
            return new RealWire(channel);
        } catch (SocketTimeoutException late) {
            channel.close();
            throw new ConnectException("no answer within " + timeoutMs + " ms");
        } catch (IOException | RuntimeException failure) {
            channel.close();
            throw failure;
        }
    }

    private record RealWire(SocketChannel channel) implements Wire {
        @Override
        public int read(ByteBuffer target) throws IOException {
            return channel.read(target);
        }

        @Override
        public void write(ByteBuffer[] sources) throws IOException {
            int first = 0;
            while (first < sources.length) {
                if (sources[first].hasRemaining()) {
                    channel.write(sources, first, sources.length - first);
                } else {
                    first++;
                }
            }
        }

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException alreadyGone) {
                // A socket that cannot be closed is closed.
            }
        }
    }
}
