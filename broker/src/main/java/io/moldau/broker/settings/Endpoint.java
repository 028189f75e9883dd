package io.moldau.broker.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One entry of `listeners` or `advertised.listeners`. An empty host means every interface.
public record Endpoint(String listener, String host, int port) {
    static Optional<List<Endpoint>> parseList(String text) {
        var endpoints = new ArrayList<Endpoint>();
        for (var part : Setting.split(text)) {
            int scheme = part.indexOf("://");
            int colon = part.lastIndexOf(':');
            if (scheme <= 0 || colon < scheme + 3) {
                return Optional.empty();
            }
            var name = part.substring(0, scheme);
            var host = part.substring(scheme + 3, colon);
            if (host.startsWith("[") && host.endsWith("]")) {
                host = host.substring(1, host.length() - 1);
            }
            try {
                int port = Integer.parseInt(part.substring(colon + 1));
                if (port < 0 || port > 65535 || !name.equals("PLAINTEXT")) {
                    return Optional.empty();
                }
                endpoints.add(new Endpoint(name, host, port));
            } catch (NumberFormatException notANumber) {
                return Optional.empty();
            }
        }
        return endpoints.isEmpty() ? Optional.empty() : Optional.of(List.copyOf(endpoints));
    }

    @Override
    public String toString() {
        return listener + "://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
