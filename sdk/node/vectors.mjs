// Answers the shared vectors, one a line, for `make test-sdks`.
import { readFileSync } from "node:fs";
import { authorization, isAuthentic } from "./paymesh.mjs";

const decoded = (text) => Buffer.from(text, "base64");
for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const [kind, ...given] = line.split("\t").map((each) => decoded(each));
  const fields = given.map(String);
  if (String(kind) === "sign") {
    const [appId, keyId, key, method, target, timestamp, nonce] = fields;
    try {
      console.log(authorization({ appId, keyId, key }, method, target, given[7], { timestamp, nonce }));
    } catch (error) {
      console.log(`refused: ${error.message}`);
    }
  } else {
    const [secret, id, timestamp, signature, now] = fields;
    const headers = {
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": signature,
    };
    console.log(isAuthentic(secret, headers, given[5], Number(now)));
  }
}
