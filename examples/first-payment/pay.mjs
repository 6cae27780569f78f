// From the top folder of the repository, beside a running `make run`:
//   node examples/first-payment/pay.mjs
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { authorization } from "../../sdk/node/paymesh.mjs";

const folder = process.env.PAYMESH_LOCAL_DIR || ".local";
const demo = JSON.parse(readFileSync(`${folder}/demo.json`));
const credentials = { appId: demo.app.app_id, keyId: demo.app.key_id, key: demo.app.secret };

async function call(method, target, body = "") {
  const answer = await fetch(demo.gateway_url + target, {
    method,
    body: body || undefined, // the very bytes that are signed
    signal: AbortSignal.timeout(40_000), // a payment code (付款码) may take 30 s
    headers: {
      "Content-Type": "application/json",
      Authorization: authorization(credentials, method, target, body),
    },
  });
  const answered = await answer.json();
  if (!answer.ok) {
    const { code, detail, errors, request_id: id } = answered;
    const fields = errors.map(({ pointer, message }) => `${pointer}: ${message}`).join("; ");
    throw new Error(`${code}: ${detail} ${fields} (${id})`);
  }
  return answered;
}

let payment = await call("POST", "/v1/payments", JSON.stringify({
  merchant_id: demo.merchant_id,
  payment_id: demo.payment_ids.wechat,
  merchant_order_no: `W-${randomUUID()}`,
  amount: 1299, // minor units (分)
  subject: "物业费 11月",
  method: "native",
}));
console.log("draw this as a QR code:", payment.action.qr_code);

const paying = JSON.stringify({ payment_no: payment.payment_no }); // the payer, played at the sandbox
await fetch(`${demo.sandbox_url}/_control/pay`, { method: "POST", body: paying });
while (["initiating", "pending", "unknown"].includes(payment.status)) { // in production: the callback
  await new Promise((resolve) => setTimeout(resolve, 200));
  payment = await call("GET", `/v1/payments/${payment.payment_no}`);
}
console.log(payment.payment_no, payment.status, payment.channel_trade_no);
