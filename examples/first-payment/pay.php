<?php

// From the top folder of the repository, beside a running `make run`:
//   php examples/first-payment/pay.php

declare(strict_types=1);

require __DIR__ . '/../../sdk/php/Paymesh.php';

$folder = getenv('PAYMESH_LOCAL_DIR') ?: '.local';
$demo = json_decode(file_get_contents("$folder/demo.json"), true);
$paymesh = new Paymesh($demo['app']['app_id'], $demo['app']['key_id'], $demo['app']['secret']);

function send(string $method, string $url, string $body, string ...$headers): array
{
    $options = ['method' => $method, 'content' => $body, 'ignore_errors' => true];
    $options['timeout'] = 40; // a payment code (付款码) may take 30 s
    $options['header'] = ['Content-Type: application/json', ...$headers];
    return json_decode(file_get_contents($url, false, stream_context_create(['http' => $options])), true);
}

/** $body: the very bytes that are signed. */
$call = function (string $method, string $target, string $body = '') use ($demo, $paymesh): array {
    $authorization = $paymesh->authorization($method, $target, $body);
    $answered = send($method, $demo['gateway_url'] . $target, $body, "Authorization: $authorization");
    if (isset($answered['code'])) {
        $fields = json_encode($answered['errors'], JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
        throw new RuntimeException("$answered[code]: $answered[detail] $fields ($answered[request_id])");
    }
    return $answered;
};

$payment = $call('POST', '/v1/payments', json_encode([
    'merchant_id' => $demo['merchant_id'],
    'payment_id' => $demo['payment_ids']['wechat'],
    'merchant_order_no' => 'W-' . bin2hex(random_bytes(16)),
    'amount' => 1299, // minor units (分)
    'subject' => '物业费 11月',
    'method' => 'native',
]));
echo "draw this as a QR code: {$payment['action']['qr_code']}\n";

$paying = json_encode(['payment_no' => $payment['payment_no']]); // the payer, played at the sandbox
send('POST', "$demo[sandbox_url]/_control/pay", $paying);
while (in_array($payment['status'], ['initiating', 'pending', 'unknown'], true)) { // in production: the callback
    usleep(200_000);
    $payment = $call('GET', "/v1/payments/$payment[payment_no]");
}
echo "$payment[payment_no] $payment[status] $payment[channel_trade_no]\n";
