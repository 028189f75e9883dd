package io.moldau.programs.compare;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/// One connection to a broker on the loopback address; a request at a time.
final class Wire implements AutoCloseable {
    private static final int PATIENCE_MS = 60_000;

    private final Socket socket;
    private final DataInputStream in;
    private int correlation;

    Wire(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(PATIENCE_MS);
        in = new DataInputStream(socket.getInputStream());
    }

    ApiMessage ask(ApiMessage request, int version) throws IOException {
        var type = ApiMessageType.fromApiKey(request.apiKey());
        var header = new RequestHeaderData()
                .setRequestApiKey(request.apiKey())
                .setRequestApiVersion((short) version)
                .setCorrelationId(++correlation)
                .setClientId("compare");
        var cache = new ObjectSerializationCache();
        short headerVersion = type.requestHeaderVersion((short) version);
        int size = header.size(cache, headerVersion) + request.size(cache, (short) version);
        var frame = ByteBuffer.allocate(Integer.BYTES + size).putInt(size);
        var out = new ByteBufferAccessor(frame);
        header.write(out, cache, headerVersion);
        request.write(out, cache, (short) version);
        socket.getOutputStream().write(frame.array());
        var body = new ByteBufferAccessor(ByteBuffer.wrap(in.readNBytes(in.readInt())));
        new ResponseHeaderData(body, type.responseHeaderVersion((short) version));
        var response = type.newResponse();
        response.read(body, (short) version);
        return response;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
