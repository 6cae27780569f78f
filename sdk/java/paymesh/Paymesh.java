package paymesh;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs requests to Paymesh and verifies its callbacks; Java 17, nothing to install.
 *
 * @param key the HMAC secret as it was shown, or the PEM (PKCS#8) of an Ed25519 or RSA private key
 */
public record Paymesh(String appId, String keyId, String key) {
    private static final long TOLERANCE_S = 300;
    private static final int MIN_KEY_BYTES = 24; // no secret is shorter; with the empty one anybody signs
    private static final String PEM = "-----BEGIN PRIVATE KEY-----";
    private static final String UNUSABLE = "the private key is not PKCS#8 of Ed25519 or RSA without a password: "
            + "openssl pkcs8 -topk8 -nodes -in old.pem -out new.pem";

    /** The Authorization header of one request; target is path with query exactly as sent, nonce at
     * most 64 characters that are never used twice, body the exact bytes that are sent. */
    public String authorization(String method, String target, long timestamp, String nonce, byte[] body)
            throws GeneralSecurityException {
        var head = method + "\n" + target + "\n" + timestamp + "\n" + nonce + "\n";
        var text = join(head.getBytes(UTF_8), body, "\n".getBytes(UTF_8));
        String alg;
        byte[] signature;
        if (!key.contains("-----BEGIN")) {
            alg = "HMAC-SHA256";
            signature = digest(key.getBytes(UTF_8), text);
        } else {
            var privateKey = privateKey();
            var isRsa = privateKey.getAlgorithm().equals("RSA");
            alg = isRsa ? "RSA-SHA256" : "ED25519";
            var signer = Signature.getInstance(isRsa ? "SHA256withRSA" : "Ed25519");
            signer.initSign(privateKey);
            signer.update(text);
            signature = signer.sign();
        }
        return "PAYMESH-%s app_id=\"%s\",key_id=\"%s\",timestamp=\"%s\",nonce=\"%s\",signature=\"%s\"".formatted(
                alg, appId, keyId, timestamp, nonce, Base64.getEncoder().encodeToString(signature)); // %d: locale's digits
    }

    /** Whether a callback is Paymesh's and fresh; body is the exact bytes that came, the others are
     * the headers of these names. Deal with each webhook-id once, then answer 2xx. */
    public static boolean isAuthentic(String secret, String webhookId, String webhookTimestamp,
            String webhookSignature, byte[] body, long nowS) throws GeneralSecurityException {
        var key = Base64.getDecoder().decode(secret.replaceFirst("^whsec_", ""));
        if (key.length < MIN_KEY_BYTES || !webhookTimestamp.matches("\\d{1,12}")
                || Math.abs(nowS - Long.parseLong(webhookTimestamp)) > TOLERANCE_S) {
            return false;
        }
        var text = join((webhookId + "." + webhookTimestamp + ".").getBytes(UTF_8), body);
        var expected = ("v1," + Base64.getEncoder().encodeToString(digest(key, text))).getBytes(UTF_8);
        var isOne = false;
        for (var given : webhookSignature.split(" ")) {
            isOne |= MessageDigest.isEqual(given.getBytes(UTF_8), expected);
        }
        return isOne;
    }

    private PrivateKey privateKey() throws GeneralSecurityException {
        if (!key.contains(PEM)) {
            throw new IllegalArgumentException(UNUSABLE);
        }
        try {
            var der = Base64.getMimeDecoder().decode(key.replaceAll("-----[A-Z ]+-----", ""));
            return KeyFactory.getInstance(der.length < 100 ? "Ed25519" : "RSA")
                    .generatePrivate(new PKCS8EncodedKeySpec(der));
        } catch (InvalidKeySpecException | IllegalArgumentException error) {
            throw new IllegalArgumentException(UNUSABLE, error);
        }
    }

    private static byte[] digest(byte[] key, byte[] text) throws GeneralSecurityException {
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text);
    }

    private static byte[] join(byte[]... parts) {
        var whole = new java.io.ByteArrayOutputStream();
        for (var part : parts) whole.writeBytes(part);
        return whole.toByteArray();
    }
}
