package io.moldau.broker;

import io.moldau.broker.settings.Endpoint;
import io.moldau.network.Peer;
import java.util.List;
import java.util.Optional;

/// Where clients are told to find the node: what `advertised.listeners` says, else the very address that the client
/// came in on, which it can evidently reach.
record AdvertisedAddresses(Optional<List<Endpoint>> configured) implements NodeContext.Advertised {
    @Override
    public NodeContext.HostAndPort to(Peer peer) {
        return configured
                .flatMap(endpoints -> endpoints.stream()
                        .filter(endpoint -> endpoint.listener().equals(peer.listenerName()))
                        .findFirst())
                .map(endpoint -> new NodeContext.HostAndPort(endpoint.host(), endpoint.port()))
                .orElseGet(() -> new NodeContext.HostAndPort(
                        peer.local().getAddress().getHostAddress(), peer.local().getPort()));
    }
}
