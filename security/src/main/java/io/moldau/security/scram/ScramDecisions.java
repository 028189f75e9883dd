package io.moldau.security.scram;

import io.moldau.metadata.Controller.Decision;
import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.MetadataRecord;
import io.moldau.metadata.MetadataRecord.ScramCredentialChanged;
import io.moldau.metadata.MetadataRecord.ScramCredentialRemoved;
import io.moldau.metadata.ScramCredential;
import io.moldau.metadata.ScramMechanism;
import io.moldau.protocol.ErrorCode;
import io.moldau.security.Refusal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// What becomes of wishes to store, remove or see SCRAM credentials (KIP-554). Pure.
public final class ScramDecisions {
    private static final int FEWEST_ITERATIONS = 4096;
    private static final int MOST_ITERATIONS = 16_384;

    public record Removal(String user, byte mechanism) {}

    /// Arrays are the caller's; they are copied. It has no text of its own, as logs must not show secrets.
    public static final class Storing {
        private final String user;
        private final byte mechanism;
        private final int iterations;
        private final byte[] salt;
        private final byte[] saltedPassword;

        public Storing(String user, byte mechanism, int iterations, byte[] salt, byte[] saltedPassword) {
            this.user = user;
            this.mechanism = mechanism;
            this.iterations = iterations;
            this.salt = salt.clone();
            this.saltedPassword = saltedPassword.clone();
        }
    }

    private ScramDecisions() {}

    /// By user, in the order in which they were named: why nothing of what was wished for him happened; empty if it
    /// did.
    public static Decision<Map<String, Optional<Refusal>>> alter(
            MetadataImage image, List<Removal> removals, List<Storing> storings) {
        var outcomes = new LinkedHashMap<String, Optional<Refusal>>();
        removals.forEach(one -> note(outcomes, one.user(), problem(image, one)));
        storings.forEach(one -> note(outcomes, one.user, problem(one)));
        var records = new ArrayList<MetadataRecord>();
        for (var one : removals) {
            if (isFine(outcomes, one.user())) {
                records.add(new ScramCredentialRemoved(one.user(), mechanism(one.mechanism())));
            }
        }
        for (var one : storings) {
            if (isFine(outcomes, one.user)) {
                var mechanism = mechanism(one.mechanism);
                records.add(new ScramCredentialChanged(
                        one.user, mechanism, ScramKeys.of(mechanism, one.iterations, one.salt, one.saltedPassword)));
            }
        }
        return new Decision<>(records, outcomes);
    }

    /// A user is named once in a request, as the answer tells one outcome of each.
    private static void note(Map<String, Optional<Refusal>> outcomes, String user, Optional<Refusal> problem) {
        var twice = new Refusal(
                ErrorCode.DUPLICATE_RESOURCE,
                "the request names user \"" + user + "\" twice: change one credential of a user in a request");
        outcomes.merge(user, problem, (before, now) -> before.or(() -> Optional.of(twice)));
    }

    private static boolean isFine(Map<String, Optional<Refusal>> outcomes, String user) {
        return outcomes.getOrDefault(user, Optional.empty()).isEmpty();
    }

    private static ScramMechanism mechanism(byte code) {
        return ScramMechanism.of(code).orElseThrow();
    }

    private static Optional<Refusal> problem(MetadataImage image, Removal wish) {
        return problem(wish.user(), wish.mechanism()).or(() -> {
            var known = image.scramCredentials().getOrDefault(wish.user(), Map.of());
            return known.containsKey(mechanism(wish.mechanism()))
                    ? Optional.empty()
                    : refusal(
                            ErrorCode.RESOURCE_NOT_FOUND,
                            "user \"" + wish.user() + "\" has no such credential that could be deleted");
        });
    }

    private static Optional<Refusal> problem(Storing wish) {
        return problem(wish.user, wish.mechanism).or(() -> {
            if (wish.iterations < FEWEST_ITERATIONS || wish.iterations > MOST_ITERATIONS) {
                return refusal(
                        ErrorCode.UNACCEPTABLE_CREDENTIAL,
                        "a credential takes " + FEWEST_ITERATIONS + " to " + MOST_ITERATIONS + " iterations, not "
                                + wish.iterations);
            }
            return wish.salt.length == 0 || wish.saltedPassword.length == 0
                    ? refusal(ErrorCode.UNACCEPTABLE_CREDENTIAL, "the salt or the salted password is empty")
                    : Optional.empty();
        });
    }

    private static Optional<Refusal> problem(String user, byte mechanism) {
        if (user.isEmpty()) {
            return refusal(ErrorCode.UNACCEPTABLE_CREDENTIAL, "the name of the user is empty");
        }
        return ScramMechanism.of(mechanism).isPresent()
                ? Optional.empty()
                : refusal(
                        ErrorCode.UNSUPPORTED_SASL_MECHANISM,
                        "the SCRAM mechanism " + mechanism + " is not known; 1 is SCRAM-SHA-256, 2 SCRAM-SHA-512");
    }

    /// What is known of a user's credentials, without the secrets: iterations by mechanism; or why nothing is told.
    public sealed interface Described {
        record Credentials(SortedMap<ScramMechanism, Integer> iterations) implements Described {}

        record Refused(Refusal refusal) implements Described {}
    }

    /// @param users empty for all
    public static Map<String, Described> describe(MetadataImage image, List<String> users) {
        var all = new LinkedHashMap<String, Described>();
        if (users.isEmpty()) {
            image.scramCredentials().keySet().forEach(user -> all.put(user, describe(image, user)));
        }
        for (var user : users) {
            var twice = new Refusal(
                    ErrorCode.DUPLICATE_RESOURCE, "the request asks for user \"" + user + "\" more than once");
            all.merge(user, describe(image, user), (before, now) -> new Described.Refused(twice));
        }
        return all;
    }

    private static Described describe(MetadataImage image, String user) {
        var credentials = image.scramCredentials().get(user);
        if (credentials == null) {
            return new Described.Refused(
                    new Refusal(ErrorCode.RESOURCE_NOT_FOUND, "user \"" + user + "\" has no SCRAM credentials"));
        }
        return new Described.Credentials(iterations(credentials));
    }

    private static SortedMap<ScramMechanism, Integer> iterations(Map<ScramMechanism, ScramCredential> credentials) {
        var iterations = new TreeMap<ScramMechanism, Integer>();
        credentials.forEach((mechanism, credential) -> iterations.put(mechanism, credential.iterations()));
        return iterations;
    }

    private static Optional<Refusal> refusal(ErrorCode error, String reason) {
        return Optional.of(new Refusal(error, reason));
    }
}
