// With sdk/node/paymesh.mjs beside it:  WEBHOOK_SECRET=whsec_… node receiver.mjs
import { createServer } from "node:http";
import { isAuthentic } from "./paymesh.mjs";

const LARGEST = 131_072; // bytes; no callback is larger
const secret = process.env.WEBHOOK_SECRET;
if (!secret) throw new Error("WEBHOOK_SECRET is not set");

async function statusOf(request) {
  const parts = [];
  let length = 0;
  for await (const part of request) {
    length += part.length;
    if (length <= LARGEST) parts.push(part);
  }
  if (length > LARGEST) return 413;
  const body = Buffer.concat(parts); // the exact bytes, before anything reads them
  if (!isAuthentic(secret, request.headers, body)) return 401;
  console.log(request.headers["webhook-id"], JSON.parse(body).type); // store it before you answer
  return 200;
}

createServer(async (request, response) => {
  const status = await statusOf(request).catch((error) => {
    console.error(error.message); // whoever called has gone, say; that must not end the others
    return 500;
  });
  response.writeHead(status).end(status === 200 ? "success" : "");
}).listen(process.env.PORT ?? 9000);
