// A payer's phone for the example pages: prints the end state.
// node phone.mjs <page> <shop> <sandbox> [<platform of uni-app> [<which way to pay>]]
import { readFileSync } from "node:fs";

const [page, shop, sandbox, platform = "mp-weixin", way = "0"] = process.argv.slice(2);
let payment = null;

async function send({ method, url, data }) {
  const body = method === "GET" ? undefined : JSON.stringify(data);
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(url, { method, body, headers });
  const content = await answer.json();
  payment = content.payment_no ? content : payment;
  return { statusCode: answer.status, data: content };
}

// What uni.requestPayment takes: Alipay's order as text, WeChat's in an app as an object, else members.
async function pay(options) {
  const { provider, orderInfo } = options;
  const names =
    payment.method === "app"
      ? ["appid", "partnerid", "prepayid", "package", "noncestr", "timestamp", "sign"]
      : ["timeStamp", "nonceStr", "package", "signType", "paySign"];
  const members = payment.method === "app" ? orderInfo : options;
  if (provider === "alipay" && typeof orderInfo !== "string") throw { errMsg: "requestPayment:fail orderInfo" };
  for (const name of provider === "alipay" ? [] : names) {
    if (typeof members?.[name] !== "string") throw { errMsg: `requestPayment:fail no ${name}` };
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
globalThis.uni = {
  request: send,
  requestPayment: pay,
  getSystemInfoSync: () => ({ uniPlatform: platform }),
};

let shown = null;
globalThis.Page = (given) => {
  shown = { ...given, setData: (changes) => Object.assign(shown.data, changes) };
};

const source = readFileSync(page, "utf8").replaceAll("https://shop.example", shop);
const script = page.endsWith(".vue") ? source.match(/<script>([^]*)<\/script>/)[1] : source;
const module = await import(`data:text/javascript,${encodeURIComponent(script)}`);
if (module.default) {
  const vue = { ...module.default.data(), ...module.default.methods };
  shown = { data: vue, pay: () => vue.pay(vue.ways[Number(way)]) };
}
await shown.pay();
console.log(shown.data.state, shown.data.message);
