// Signs requests to Paymesh and verifies its callbacks; Node ≥ 18, nothing to install.
import { createHmac, createPrivateKey, randomBytes, sign as signWith, timingSafeEqual } from "node:crypto";

const TOLERANCE_S = 300;
const MIN_KEY_BYTES = 24; // no secret is shorter; with the empty one anybody signs
const UNUSABLE =
  "the private key is not PKCS#8 of Ed25519 or RSA without a password: " +
  "openssl pkcs8 -topk8 -nodes -in old.pem -out new.pem";

/**
 * The Authorization header of one request.
 * `target` is path with query exactly as sent, `body` the exact bytes (or text) that are sent.
 * `key`: the HMAC secret as it was shown, or the PEM of an Ed25519 or RSA private key.
 */
export function authorization({ appId, keyId, key }, method, target, body = "", at = {}) {
  const timestamp = at.timestamp ?? Math.floor(Date.now() / 1000);
  const nonce = at.nonce ?? randomBytes(16).toString("hex");
  const text = Buffer.concat([
    Buffer.from(`${method}\n${target}\n${timestamp}\n${nonce}\n`),
    Buffer.from(body),
    Buffer.from("\n"),
  ]);
  const [alg, signature] = signed(key, text);
  return (
    `PAYMESH-${alg} app_id="${appId}",key_id="${keyId}",timestamp="${timestamp}",` +
    `nonce="${nonce}",signature="${signature.toString("base64")}"`
  );
}

function signed(key, text) {
  if (!key.includes("-----BEGIN")) {
    return ["HMAC-SHA256", createHmac("sha256", key).update(text).digest()];
  }
  const privateKey = readable(key);
  switch (privateKey.asymmetricKeyType) {
    case "ed25519":
      return ["ED25519", signWith(null, text, privateKey)];
    case "rsa":
      return ["RSA-SHA256", signWith("sha256", text, privateKey)];
    default:
      throw new Error(UNUSABLE);
  }
}

function readable(pem) {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new Error(UNUSABLE, { cause });
  }
}

/**
 * Whether a callback is Paymesh's and fresh. `headers` by lower-case names, `body` the exact bytes
 * that came, `secret` the app's `whsec_…`. Deal with each `webhook-id` once, then answer 2xx.
 */
export function isAuthentic(secret, headers, body, nowS = Date.now() / 1000) {
  const id = headers["webhook-id"] ?? "";
  const stamp = headers["webhook-timestamp"] ?? "";
  if (!/^\d{1,12}$/.test(stamp) || Math.abs(nowS - Number(stamp)) > TOLERANCE_S) return false;
  const key = Buffer.from((secret ?? "").replace(/^whsec_/, ""), "base64");
  if (key.length < MIN_KEY_BYTES) return false;
  const text = Buffer.concat([Buffer.from(`${id}.${stamp}.`), Buffer.from(body)]);
  const expected = Buffer.from("v1," + createHmac("sha256", key).update(text).digest("base64"));
  return (headers["webhook-signature"] ?? "")
    .split(" ")
    .map((each) => Buffer.from(each))
    .some((each) => each.length === expected.length && timingSafeEqual(each, expected));
}
