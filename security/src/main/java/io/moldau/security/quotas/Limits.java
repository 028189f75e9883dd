package io.moldau.security.quotas;

import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.QuotaEntity;
import io.moldau.metadata.QuotaEntity.Type;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/// Who has which quota of one kind. Immutable but for the remembered answers.
///
/// The first that exists of these holds: user and client id; user and any client; user; any user and client id; any
/// user and any client; any user; client id; any client. Addresses are apart: address; any address.
final class Limits {
    private static final int MOST_REMEMBERED = 10_000;
    private static final Optional<String> ANY = Optional.empty();

    /// A limit, and under whose name what counts against it is counted.
    record Limit(Who counted, double most) {}

    private final Map<QuotaEntity, Double> all = new HashMap<>();
    private final Map<Who, Optional<Limit>> remembered = new ConcurrentHashMap<>();

    private Limits() {}

    static Limits of(MetadataImage image, QuotaKey key) {
        var limits = new Limits();
        image.quotas().forEach((entity, quotas) -> {
            var value = quotas.get(key.text());
            if (value != null && key.fits(entity)) {
                limits.all.put(normal(entity), value);
            }
        });
        return limits;
    }

    /// An address may be written in many ways.
    private static QuotaEntity normal(QuotaEntity entity) {
        var written = entity.names().getOrDefault(Type.IP, ANY);
        return written.map(address -> new QuotaEntity(Map.of(
                        Type.IP, Optional.of(InetAddress.ofLiteral(address).getHostAddress()))))
                .orElse(entity);
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    Optional<Limit> of(Who who) {
        var known = remembered.get(who);
        if (known != null) {
            return known;
        }
        if (remembered.size() >= MOST_REMEMBERED) {
            remembered.clear();
        }
        var found = find(who);
        remembered.put(who, found);
        return found;
    }

    private Optional<Limit> find(Who who) {
        var user = Optional.of(who.user());
        var client = Optional.of(who.clientId());
        var usersTotal = new Who(who.user(), "");
        var clientsTotal = new Who("", who.clientId());
        return Stream.of(
                        limit(Map.of(Type.USER, user, Type.CLIENT_ID, client), who),
                        limit(Map.of(Type.USER, user, Type.CLIENT_ID, ANY), who),
                        limit(Map.of(Type.USER, user), usersTotal),
                        limit(Map.of(Type.USER, ANY, Type.CLIENT_ID, client), who),
                        limit(Map.of(Type.USER, ANY, Type.CLIENT_ID, ANY), who),
                        limit(Map.of(Type.USER, ANY), usersTotal),
                        limit(Map.of(Type.CLIENT_ID, client), clientsTotal),
                        limit(Map.of(Type.CLIENT_ID, ANY), clientsTotal))
                .flatMap(Optional::stream)
                .findFirst();
    }

    /// The quota of an address, which is counted under its own name.
    Optional<Limit> ofAddress(String address) {
        var counted = new Who("", address);
        return limit(Map.of(Type.IP, Optional.of(address)), counted).or(() -> limit(Map.of(Type.IP, ANY), counted));
    }

    private Optional<Limit> limit(Map<Type, Optional<String>> names, Who counted) {
        return Optional.ofNullable(all.get(new QuotaEntity(names))).map(most -> new Limit(counted, most));
    }
}
