package io.moldau.security.quotas;

import static io.moldau.protocol.ErrorCode.INVALID_REQUEST;
import static io.moldau.protocol.ErrorCode.UNSUPPORTED_VERSION;

import io.moldau.metadata.Controller.Decision;
import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.MetadataRecord;
import io.moldau.metadata.MetadataRecord.QuotaChanged;
import io.moldau.metadata.QuotaEntity;
import io.moldau.metadata.QuotaEntity.Type;
import io.moldau.security.Refusal;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What becomes of wishes to set or to see quotas (KIP-546). Pure.
public final class QuotaDecisions {

    /// A part of an entity as the client named it; no name means the default.
    public record Part(String type, Optional<String> name) {}

    /// A quota's new value; none takes it back.
    public record Change(String key, Optional<Double> value) {}

    /// What is wished for one entity.
    public record Wish(List<Part> entity, List<Change> changes) {}

    private QuotaDecisions() {}

    /// Each entity is changed as a whole or not at all; one that is refused does not hinder the others.
    public static Decision<List<Optional<Refusal>>> alter(
            MetadataImage image, List<Wish> wishes, boolean validateOnly) {
        var records = new ArrayList<MetadataRecord>();
        var outcomes = new ArrayList<Optional<Refusal>>();
        var times = new HashMap<Set<Part>, Integer>();
        wishes.forEach(wish -> times.merge(Set.copyOf(wish.entity()), 1, Integer::sum));
        for (var wish : wishes) {
            var names = new EnumMap<Type, Optional<String>>(Type.class);
            boolean once = times.getOrDefault(Set.copyOf(wish.entity()), 1) == 1;
            var problem = read(wish.entity(), names).or(() -> problem(new QuotaEntity(names), wish.changes(), once));
            outcomes.add(problem);
            if (problem.isEmpty()) {
                var entity = new QuotaEntity(names);
                var now = image.quotas().getOrDefault(entity, Map.of());
                for (var change : wish.changes()) {
                    if (!Optional.ofNullable(now.get(change.key())).equals(change.value())) {
                        records.add(new QuotaChanged(entity, change.key(), change.value()));
                    }
                }
            }
        }
        return new Decision<>(validateOnly ? List.of() : records, outcomes);
    }

    private static Optional<Refusal> read(List<Part> parts, Map<Type, Optional<String>> names) {
        if (parts.isEmpty()) {
            return invalid("the entity is empty; name a user, a client-id, both, or an ip");
        }
        for (var part : parts) {
            var type = Type.of(part.type());
            if (type.isEmpty()) {
                return invalid(
                        "the entity type \"" + part.type() + "\" is not known; there are user, client-id and ip");
            }
            if (part.name().filter(String::isEmpty).isPresent()) {
                return invalid("the " + part.type() + " has an empty name; null is the default of all others");
            }
            if (names.put(type.get(), part.name()) != null) {
                return invalid("the entity names its " + part.type() + " twice");
            }
        }
        if (names.containsKey(Type.IP) && names.size() > 1) {
            return invalid("an ip stands alone: its connections are counted before their user or client-id is known");
        }
        var address = names.getOrDefault(Type.IP, Optional.empty());
        return address.filter(text -> !isAddress(text))
                .flatMap(text -> invalid("\"" + text + "\" is not an IP address; host names are not looked up"));
    }

    private static boolean isAddress(String text) {
        try {
            return !InetAddress.ofLiteral(text).getHostAddress().isEmpty();
        } catch (IllegalArgumentException notAnAddress) {
            return false;
        }
    }

    private static Optional<Refusal> problem(QuotaEntity entity, List<Change> changes, boolean once) {
        if (!once) {
            return invalid("the request names " + entity + " twice");
        }
        var keys = new HashSet<String>();
        for (var change : changes) {
            var problem = problem(entity, change, keys);
            if (problem.isPresent()) {
                return problem;
            }
        }
        return Optional.empty();
    }

    private static Optional<Refusal> problem(QuotaEntity entity, Change change, Set<String> keys) {
        var text = change.key();
        if (!keys.add(text)) {
            return invalid("the request changes " + text + " of " + entity + " twice");
        }
        if (change.value().isEmpty()) {
            // Also of a key that is not known: there is nothing of it.
            return Optional.empty();
        }
        var key = QuotaKey.of(text).filter(known -> known.fits(entity)).orElse(null);
        if (key == null) {
            return invalid("there is no quota \"" + text + "\" for " + entity + "; an ip has connection_creation_rate,"
                    + " users and client-ids have producer_byte_rate, consumer_byte_rate, request_percentage and"
                    + " controller_mutation_rate");
        }
        double value = change.value().get();
        if (!(value > 0) || Double.isInfinite(value)) {
            return invalid("the quota " + text + " is a number above 0, not " + value + "; remove it to have no limit");
        }
        if (key.whole() && value != Math.rint(value)) {
            return invalid("the quota " + text + " is a whole number, not " + value);
        }
        double most = key == QuotaKey.CONNECTION_CREATION_RATE ? Integer.MAX_VALUE : 0x1p63;
        return key.whole() && value > most
                ? invalid("the quota " + text + " is at most " + most + ", not " + value)
                : Optional.empty();
    }

    /// What is wanted of one entity type.
    ///
    /// @param match 0: this name; 1: the default; 2: any of both
    public record Filter(String type, byte match, Optional<String> name) {
        static final byte EXACT = 0;
        static final byte DEFAULT = 1;
        static final byte ANY = 2;

        boolean accepts(Optional<String> found) {
            return match == ANY || found.equals(name);
        }
    }

    public sealed interface Described {
        record Quotas(Map<QuotaEntity, Map<String, Double>> all) implements Described {}

        record Refused(Refusal refusal) implements Described {}
    }

    /// @param strict only entities of exactly the types that the filters name
    public static Described describe(MetadataImage image, List<Filter> filters, boolean strict) {
        var wanted = new EnumMap<Type, Filter>(Type.class);
        for (var filter : filters) {
            var problem = add(filter, wanted);
            if (problem.isPresent()) {
                return new Described.Refused(problem.get());
            }
        }
        if (wanted.containsKey(Type.IP) && wanted.size() > 1) {
            return new Described.Refused(new Refusal(
                    INVALID_REQUEST,
                    "a filter by ip cannot be combined with one by user or client-id: no quota is both"));
        }
        var found = new LinkedHashMap<QuotaEntity, Map<String, Double>>();
        image.quotas().forEach((entity, quotas) -> {
            if (matches(entity, wanted, strict)) {
                found.put(entity, quotas);
            }
        });
        return new Described.Quotas(found);
    }

    private static boolean matches(QuotaEntity entity, Map<Type, Filter> wanted, boolean strict) {
        if (strict && entity.names().size() != wanted.size()) {
            return false;
        }
        for (var one : wanted.entrySet()) {
            var name = entity.names().get(one.getKey());
            if (name == null || !one.getValue().accepts(name)) {
                return false;
            }
        }
        return true;
    }

    private static Optional<Refusal> add(Filter filter, Map<Type, Filter> wanted) {
        if (filter.type().isEmpty()) {
            return invalid("a filter has an empty entity type; there are user, client-id and ip");
        }
        var type = Type.of(filter.type());
        if (type.isEmpty()) {
            return Optional.of(new Refusal(
                    UNSUPPORTED_VERSION,
                    "the entity type \"" + filter.type() + "\" is not known; there are user, client-id and ip"));
        }
        boolean named = filter.name().isPresent();
        if (filter.match() < Filter.EXACT || filter.match() > Filter.ANY) {
            return invalid("the match type " + filter.match() + " is not known; 0 is a name, 1 the default, 2 any");
        }
        if (named != (filter.match() == Filter.EXACT)) {
            return invalid(
                    named
                            ? "the match type " + filter.match() + " comes without a name, and one is given"
                            : "the match type 0 (this name) comes with a name, and none is given");
        }
        return wanted.put(type.get(), filter) == null
                ? Optional.empty()
                : invalid("there are two filters for " + filter.type());
    }

    private static Optional<Refusal> invalid(String reason) {
        return Optional.of(new Refusal(INVALID_REQUEST, reason));
    }
}
