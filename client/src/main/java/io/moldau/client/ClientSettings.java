package io.moldau.client;

import java.util.ArrayList;
import java.util.List;

/// How a client finds and asks brokers.
/// @param bootstrap brokers to ask first, any of the cluster's
/// @param clientId what brokers see in logs and group descriptions
/// @param connectTimeoutMs until a connection must stand
/// @param requestTimeoutMs until a broker must have answered; the connection is given up then
/// @param patienceMs how long calls are repeated that failed in a way that may pass
/// @param firstPatienceMs the same while no broker was ever reached: a wrong address should show at once
public record ClientSettings(
        List<Endpoint> bootstrap,
        String clientId,
        int connectTimeoutMs,
        int requestTimeoutMs,
        int patienceMs,
        int firstPatienceMs) {

    /// Where a broker listens.
    public record Endpoint(String host, int port) {
        @Override
        public String toString() {
            return host.contains(":") ? "[" + host + "]:" + port : host + ":" + port;
        }
    }

    private static final int DEFAULT_PORT = 9092;

    public ClientSettings {
        bootstrap = List.copyOf(bootstrap);
        if (bootstrap.isEmpty()) {
            throw new IllegalArgumentException("no bootstrap server given");
        }
    }

    /// @param bootstrapServers `host:port,host:port`; the port is 9092 where it is left out
    /// @throws IllegalArgumentException with a text for users
    public static ClientSettings of(String bootstrapServers, String clientId) {
        return new ClientSettings(endpoints(bootstrapServers), clientId, 5_000, 30_000, 20_000, 0);
    }

    public ClientSettings withPatienceMs(int newPatienceMs) {
        return new ClientSettings(
                bootstrap, clientId, connectTimeoutMs, requestTimeoutMs, newPatienceMs, firstPatienceMs);
    }

    public ClientSettings withRequestTimeoutMs(int newTimeoutMs) {
        return new ClientSettings(
                bootstrap,
                clientId,
                Math.min(connectTimeoutMs, newTimeoutMs),
                newTimeoutMs,
                patienceMs,
                firstPatienceMs);
    }

    private static List<Endpoint> endpoints(String text) {
        var found = new ArrayList<Endpoint>();
        for (var part : text.split(",", -1)) {
            if (!part.isBlank()) {
                found.add(endpoint(part.strip()));
            }
        }
        if (found.isEmpty()) {
            throw new IllegalArgumentException("'" + text + "' names no server; write host:port");
        }
        return found;
    }

    private static Endpoint endpoint(String text) {
        int bracket = text.indexOf(']');
        if (text.startsWith("[") && bracket > 0) {
            var rest = text.substring(bracket + 1);
            return new Endpoint(
                    text.substring(1, bracket), rest.startsWith(":") ? port(rest.substring(1), text) : DEFAULT_PORT);
        }
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            return new Endpoint(text, DEFAULT_PORT);
        }
        if (colon == 0) {
            throw new IllegalArgumentException("'" + text + "' has no host; write host:port");
        }
        return new Endpoint(text.substring(0, colon), port(text.substring(colon + 1), text));
    }

    private static int port(String digits, String text) {
        try {
            int port = Integer.parseInt(digits);
            if (port > 0 && port < 65_536) {
                return port;
            }
        } catch (NumberFormatException notANumber) {
            // Told below.
        }
        throw new IllegalArgumentException("'" + text + "' has no valid port; write host:port, the port 1 to 65535");
    }
}
