// With sdk/node/paymesh.mjs beside it:  WEBHOOK_SECRET=whsec_… node receiver.mjs
import { createServer } from "node:http";
import { isAuthentic } from "./paymesh.mjs";

const secret = process.env.WEBHOOK_SECRET;
if (!secret) throw new Error("WEBHOOK_SECRET is not set");

createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts); // the exact bytes, before anything reads them
  if (!isAuthentic(secret, request.headers, body)) {
    response.writeHead(401).end();
    return;
  }
  console.log(request.headers["webhook-id"], JSON.parse(body).type); // store it before you answer
  response.end("success");
}).listen(process.env.PORT ?? 9000);
