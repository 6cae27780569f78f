<?php

// Answers the shared vectors, one a line, for `make test-sdks`.

declare(strict_types=1);

require __DIR__ . '/Paymesh.php';

while (($line = fgets(STDIN)) !== false) {
    $told = array_map('base64_decode', explode("\t", rtrim($line, "\n")));
    if ($told[0] === 'sign') {
        [, $appId, $keyId, $key, $method, $target, $timestamp, $nonce, $body] = $told;
        $who = new Paymesh($appId, $keyId, $key);
        try {
            echo $who->authorization($method, $target, $body, (int) $timestamp, $nonce), "\n";
        } catch (InvalidArgumentException $error) {
            echo 'refused: ', $error->getMessage(), "\n";
        }
        continue;
    }
    [, $secret, $id, $timestamp, $signature, $now, $body] = $told;
    $headers = ['webhook-id' => $id, 'webhook-timestamp' => $timestamp, 'webhook-signature' => $signature];
    echo Paymesh::isAuthentic($secret, $headers, $body, (int) $now) ? 'true' : 'false', "\n";
}
