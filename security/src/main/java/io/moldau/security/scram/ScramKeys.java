package io.moldau.security.scram;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.moldau.metadata.ScramCredential;
import io.moldau.metadata.ScramMechanism;
import io.moldau.metadata.Secret;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// The keys of RFC 5802: `StoredKey = H(HMAC(SaltedPassword, "Client Key"))`, `ServerKey = HMAC(SaltedPassword,
/// "Server Key")`.
final class ScramKeys {
    private ScramKeys() {}

    static ScramCredential of(ScramMechanism mechanism, int iterations, byte[] salt, byte[] saltedPassword) {
        var hash = switch (mechanism) {
            case SHA_256 -> "SHA-256";
            case SHA_512 -> "SHA-512";
        };
        try {
            var clientKey = mac(hash, saltedPassword, "Client Key");
            var storedKey = MessageDigest.getInstance(hash).digest(clientKey);
            return new ScramCredential(
                    iterations,
                    Secret.of(salt),
                    Secret.of(storedKey),
                    Secret.of(mac(hash, saltedPassword, "Server Key")));
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException("every JDK has " + hash, missing);
        }
    }

    private static byte[] mac(String hash, byte[] key, String text) throws GeneralSecurityException {
        var name = "Hmac" + hash.replace("-", "");
        var mac = Mac.getInstance(name);
        mac.init(new SecretKeySpec(key, name));
        return mac.doFinal(text.getBytes(UTF_8));
    }
}
