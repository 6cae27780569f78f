<?php

declare(strict_types=1);

/** Signs requests to Paymesh and verifies its callbacks; PHP ≥ 8.1 with openssl and sodium. */
final class Paymesh
{
    private const TOLERANCE_S = 300;
    /** No secret is shorter; with the empty one anybody signs. */
    private const MIN_KEY_BYTES = 24;
    private const PEM = '-----BEGIN PRIVATE KEY-----';
    /** What stands before the seed in the PKCS#8 of an Ed25519 key. */
    private const ED25519 = "\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
    private const UNUSABLE = 'the private key is not PKCS#8 of Ed25519 or RSA without a password: '
        . 'openssl pkcs8 -topk8 -nodes -in old.pem -out new.pem';

    /** $key: the HMAC secret as it was shown, or the PEM (PKCS#8) of an Ed25519 or RSA private key. */
    public function __construct(
        private readonly string $appId,
        private readonly string $keyId,
        #[\SensitiveParameter] private readonly string $key,
    ) {
    }

    /** The Authorization header of one request; $target is path with query exactly as sent, $body the
     * exact bytes that are sent. */
    public function authorization(
        string $method,
        string $target,
        string $body = '',
        ?int $timestamp = null,
        ?string $nonce = null,
    ): string {
        $timestamp ??= time();
        $nonce ??= bin2hex(random_bytes(16));
        [$alg, $signature] = $this->sign("$method\n$target\n$timestamp\n$nonce\n$body\n");
        return "PAYMESH-$alg app_id=\"$this->appId\",key_id=\"$this->keyId\",timestamp=\"$timestamp\","
            . "nonce=\"$nonce\",signature=\"" . base64_encode($signature) . '"';
    }

    /** Whether a callback is Paymesh's and fresh; $headers by lower-case names, $body the exact bytes
     * that came. Deal with each webhook-id once, then answer 2xx. */
    public static function isAuthentic(string $secret, array $headers, string $body, ?int $now = null): bool
    {
        $stamp = $headers['webhook-timestamp'] ?? '';
        if (!preg_match('/^\d{1,12}$/D', $stamp) || abs(($now ?? time()) - (int) $stamp) > self::TOLERANCE_S) {
            return false;
        }
        $key = base64_decode(preg_replace('/^whsec_/', '', $secret), true);
        if ($key === false || strlen($key) < self::MIN_KEY_BYTES) {
            return false;
        }
        $text = ($headers['webhook-id'] ?? '') . ".$stamp.$body";
        $expected = 'v1,' . base64_encode(hash_hmac('sha256', $text, $key, true));
        foreach (explode(' ', $headers['webhook-signature'] ?? '') as $given) {
            if (hash_equals($expected, $given)) {
                return true;
            }
        }
        return false;
    }

    /** @return array{string, string} */
    private function sign(string $text): array
    {
        if (!str_contains($this->key, '-----BEGIN')) {
            return ['HMAC-SHA256', hash_hmac('sha256', $text, $this->key, true)];
        }
        $der = base64_decode(preg_replace('/-----[A-Z ]+-----/', '', $this->key));
        if (!str_contains($this->key, self::PEM)) {
            throw new InvalidArgumentException(self::UNUSABLE);
        }
        $seed = substr($der, strlen(self::ED25519));
        if (str_starts_with($der, self::ED25519) && strlen($seed) === SODIUM_CRYPTO_SIGN_SEEDBYTES) {
            $pair = sodium_crypto_sign_seed_keypair($seed);
            return ['ED25519', sodium_crypto_sign_detached($text, sodium_crypto_sign_secretkey($pair))];
        }
        $private = openssl_pkey_get_private($this->key);
        $isRsa = $private && openssl_pkey_get_details($private)['type'] === OPENSSL_KEYTYPE_RSA;
        if (!$isRsa || !openssl_sign($text, $signature, $private, OPENSSL_ALGO_SHA256)) {
            throw new InvalidArgumentException(self::UNUSABLE);
        }
        return ['RSA-SHA256', $signature];
    }
}
