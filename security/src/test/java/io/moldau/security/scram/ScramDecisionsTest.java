package io.moldau.security.scram;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.ScramMechanism;
import io.moldau.protocol.ErrorCode;
import io.moldau.security.Refusal;
import io.moldau.security.scram.ScramDecisions.Described;
import io.moldau.security.scram.ScramDecisions.Removal;
import io.moldau.security.scram.ScramDecisions.Storing;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ScramDecisionsTest {
    private static final byte SHA_256 = ScramMechanism.SHA_256.code();
    private static final byte SHA_512 = ScramMechanism.SHA_512.code();

    private MetadataImage image = MetadataImage.EMPTY;

    private static Storing storing(String user, byte mechanism, int iterations) {
        return new Storing(user, mechanism, iterations, new byte[] {1, 2, 3}, new byte[] {4, 5, 6});
    }

    private Map<String, Optional<ErrorCode>> alter(List<Removal> removals, List<Storing> storings) {
        var decision = ScramDecisions.alter(image, removals, storings);
        image = image.replay(decision.records());
        var errors = new LinkedHashMap<String, Optional<ErrorCode>>();
        decision.answer().forEach((user, refusal) -> errors.put(user, refusal.map(Refusal::error)));
        return errors;
    }

    @Test
    void credentialsAreStoredDescribedReplacedAndRemoved() {
        assertThat(alter(List.of(), List.of(storing("anna", SHA_256, 4096))))
                .containsOnly(Map.entry("anna", Optional.empty()));
        alter(List.of(), List.of(storing("anna", SHA_512, 16_384)));
        alter(List.of(), List.of(storing("anna", SHA_256, 8192)));
        assertThat(ScramDecisions.describe(image, List.of()))
                .containsOnly(Map.entry(
                        "anna",
                        new Described.Credentials(
                                new TreeMap<>(Map.of(ScramMechanism.SHA_256, 8192, ScramMechanism.SHA_512, 16_384)))));
        alter(List.of(new Removal("anna", SHA_512)), List.of());
        assertThat(image.scramCredentials().get("anna")).containsOnlyKeys(ScramMechanism.SHA_256);
    }

    @Test
    void aUserIsNamedOnceInARequest() {
        alter(List.of(), List.of(storing("anna", SHA_256, 4096)));
        assertThat(alter(List.of(new Removal("anna", SHA_256)), List.of(storing("anna", SHA_512, 4096))))
                .containsOnly(Map.entry("anna", Optional.of(ErrorCode.DUPLICATE_RESOURCE)));
        assertThat(image.scramCredentials().get("anna")).containsOnlyKeys(ScramMechanism.SHA_256);
    }

    @Test
    void whatMakesNoSenseIsRefusedForItsUserAlone() {
        var errors = alter(
                List.of(new Removal("nobody", SHA_256), new Removal("odd", (byte) 0)),
                List.of(
                        storing("", SHA_256, 4096),
                        storing("few", SHA_256, 4095),
                        storing("many", SHA_256, 16_385),
                        storing("unknown", (byte) 3, 4096),
                        new Storing("saltless", SHA_256, 4096, new byte[0], new byte[] {1}),
                        storing("twice", SHA_256, 4096),
                        storing("twice", SHA_256, 5000),
                        storing("half", SHA_256, 4096),
                        storing("half", SHA_512, 4096),
                        storing("good", SHA_256, 4096)));
        assertThat(errors)
                .containsOnly(
                        Map.entry("nobody", Optional.of(ErrorCode.RESOURCE_NOT_FOUND)),
                        Map.entry("odd", Optional.of(ErrorCode.UNSUPPORTED_SASL_MECHANISM)),
                        Map.entry("", Optional.of(ErrorCode.UNACCEPTABLE_CREDENTIAL)),
                        Map.entry("few", Optional.of(ErrorCode.UNACCEPTABLE_CREDENTIAL)),
                        Map.entry("many", Optional.of(ErrorCode.UNACCEPTABLE_CREDENTIAL)),
                        Map.entry("unknown", Optional.of(ErrorCode.UNSUPPORTED_SASL_MECHANISM)),
                        Map.entry("saltless", Optional.of(ErrorCode.UNACCEPTABLE_CREDENTIAL)),
                        Map.entry("twice", Optional.of(ErrorCode.DUPLICATE_RESOURCE)),
                        Map.entry("half", Optional.of(ErrorCode.DUPLICATE_RESOURCE)),
                        Map.entry("good", Optional.empty()));
        assertThat(image.scramCredentials()).containsOnlyKeys("good");
    }

    @Test
    void usersWithoutCredentialsAndUsersAskedForTwiceAreToldApart() {
        alter(List.of(), List.of(storing("anna", SHA_256, 4096)));
        var described = ScramDecisions.describe(image, List.of("anna", "nobody", "anna", "anna"));
        assertThat(described).hasSize(2);
        assertThat(error(described.get("anna"))).isEqualTo(ErrorCode.DUPLICATE_RESOURCE);
        assertThat(error(described.get("nobody"))).isEqualTo(ErrorCode.RESOURCE_NOT_FOUND);
    }

    private static ErrorCode error(@Nullable Described described) {
        return described instanceof Described.Refused(var refusal) ? refusal.error() : ErrorCode.NONE;
    }

    /// The example of RFC 7677: user "user", password "pencil".
    @Test
    void theKeysAreThoseOfTheStandard() throws Exception {
        var salt = Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ==");
        var spec = new PBEKeySpec("pencil".toCharArray(), salt, 4096, 256);
        var salted = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                .generateSecret(spec)
                .getEncoded();
        var keys = ScramKeys.of(ScramMechanism.SHA_256, 4096, salt, salted);
        assertThat(Base64.getEncoder().encodeToString(keys.storedKey().bytes()))
                .isEqualTo("WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=");
        assertThat(Base64.getEncoder().encodeToString(keys.serverKey().bytes()))
                .isEqualTo("wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
    }
}
