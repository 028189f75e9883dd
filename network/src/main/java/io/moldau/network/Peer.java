package io.moldau.network;

import java.net.InetSocketAddress;

/// Who is at the other end of a connection.
public final class Peer {
    private final long id;
    private final InetSocketAddress remote;
    private final InetSocketAddress local;
    private final String listenerName;
    private volatile String software = "unknown";

    Peer(long id, InetSocketAddress remote, InetSocketAddress local, String listenerName) {
        this.id = id;
        this.remote = remote;
        this.local = local;
        this.listenerName = listenerName;
    }

    /// A number that no other connection of this server has.
    public long id() {
        return id;
    }

    public InetSocketAddress remote() {
        return remote;
    }

    /// The client's address as Kafka shows it in group descriptions: "/" and the numbers.
    public String host() {
        return "/" + remote.getAddress().getHostAddress();
    }

    public InetSocketAddress local() {
        return local;
    }

    public String listenerName() {
        return listenerName;
    }

    /// Name and version that the client gave (ApiVersions 3 and later), else "unknown".
    public String software() {
        return software;
    }

    public void software(String nameAndVersion) {
        software = nameAndVersion;
    }

    @Override
    public String toString() {
        return remote.getAddress().getHostAddress() + ":" + remote.getPort();
    }
}
