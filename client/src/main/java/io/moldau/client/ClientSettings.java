package io.moldau.client;

import io.moldau.environment.Environment;
import java.util.ArrayList;
import java.util.List;

/// How to reach a cluster.
/// @param bootstrap addresses as HOST:PORT, any of which tells about the whole cluster
/// @param timeoutMs how long an answer, and a call with its repetitions, may take
public record ClientSettings(Environment environment, List<Address> bootstrap, String clientId, int timeoutMs) {
    private static final int DEFAULT_TIMEOUT_MS = 30_000;
    private static final int DEFAULT_PORT = 9092;

    /// Host and port of a broker.
    public record Address(String host, int port) {
        @Override
        public String toString() {
            return host + ":" + port;
        }
    }

    /// `servers` is a list HOST:PORT,HOST:PORT…; the port may be left out.
    public static ClientSettings of(Environment environment, String servers, String clientId) {
        var addresses = new ArrayList<Address>();
        for (var part : servers.split(",", -1)) {
            var server = part.strip();
            int colon = server.lastIndexOf(':');
            boolean bareIpv6 = server.indexOf(':') != colon && !server.startsWith("[");
            var host = colon < 0 || bareIpv6 || server.endsWith("]") ? server : server.substring(0, colon);
            var port = host.length() == server.length() ? Integer.toString(DEFAULT_PORT) : server.substring(colon + 1);
            if (host.isEmpty() || !port.matches("[0-9]{1,5}")) {
                throw new IllegalArgumentException("'" + part + "' is not an address: expected HOST:PORT");
            }
            addresses.add(new Address(host.replace("[", "").replace("]", ""), Integer.parseInt(port)));
        }
        return new ClientSettings(environment, addresses, clientId, DEFAULT_TIMEOUT_MS);
    }
}
