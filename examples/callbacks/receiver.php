<?php

// With sdk/php/Paymesh.php beside it:  WEBHOOK_SECRET=whsec_… php -S 127.0.0.1:9000 receiver.php

declare(strict_types=1);

require __DIR__ . '/Paymesh.php';

const LARGEST = 131_072; // bytes; no callback is larger

$secret = getenv('WEBHOOK_SECRET');
if (!$secret) {
    http_response_code(500);
    error_log('WEBHOOK_SECRET is not set');
    return;
}
$body = file_get_contents('php://input', length: LARGEST + 1); // the exact bytes
if (strlen($body) > LARGEST) {
    http_response_code(413);
    return;
}
$headers = array_change_key_case(getallheaders());
if (!Paymesh::isAuthentic($secret, $headers, $body)) {
    http_response_code(401);
    return;
}
error_log($headers['webhook-id'] . ' ' . json_decode($body, true)['type']); // store it before you answer
header('Content-Type: text/plain');
echo 'success';
