// A payer's phone for the example pages: node phone.mjs <page> <shop> <sandbox>; prints the end state.
import { readFileSync } from "node:fs";

const [page, shop, sandbox] = process.argv.slice(2);
let payment = null;

async function send({ method, url, data }) {
  const body = method === "GET" ? undefined : JSON.stringify(data);
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(url, { method, body, headers });
  const content = await answer.json();
  payment = content.payment_no ? content : payment;
  return { statusCode: answer.status, data: content };
}

async function pay(options) {
  for (const name of ["timeStamp", "nonceStr", "package", "signType", "paySign"]) {
    if (typeof options[name] !== "string") throw { errMsg: `requestPayment:fail no ${name}` };
  }
  const body = JSON.stringify({ payment_no: payment.payment_no });
  const answer = await fetch(`${sandbox}/_control/pay`, { method: "POST", body });
  if (!answer.ok) throw { errMsg: `requestPayment:fail ${answer.status}` };
}

const called = (promise, { success, fail }) => promise.then(success, fail);
globalThis.getApp = () => ({ globalData: { openid: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" } });
globalThis.wx = {
  request: (options) => called(send(options), options),
  requestPayment: (options) => called(pay(options), options),
};
globalThis.uni = { request: send, requestPayment: pay };

let shown = null;
globalThis.Page = (given) => {
  shown = { ...given, setData: (changes) => Object.assign(shown.data, changes) };
};

const source = readFileSync(page, "utf8").replaceAll("https://shop.example", shop);
const script = page.endsWith(".vue") ? source.match(/<script>([^]*)<\/script>/)[1] : source;
const module = await import(`data:text/javascript,${encodeURIComponent(script)}`);
if (module.default) {
  const vue = { ...module.default.data(), ...module.default.methods };
  shown = { data: vue, pay: () => vue.pay() };
}
await shown.pay();
console.log(shown.data.state, shown.data.message);
