// One question on standard input, one answer on standard output, both JSON.
"use strict";

const { Aes, Formatter, Rsa } = require("wechatpay-axios-plugin");
const { AlipaySdk } = require("alipay-sdk");

const answers = {
  // Whether this request carries the signature that WeChat Pay's rules ask for.
  wechatRequest: ({ verb, target, timestamp, nonce, body, publicKey, signature }) =>
    Rsa.verify(Formatter.request(verb, target, timestamp, nonce, body), signature, Rsa.from(publicKey, Rsa.KEY_TYPE_PUBLIC)),

  // A notice, opened; null where its signature is wrong.
  wechatNotification: ({ timestamp, nonce, body, signature, publicKey, key }) => {
    const text = Formatter.response(timestamp, nonce, body);
    if (!Rsa.verify(text, signature, Rsa.from(publicKey, Rsa.KEY_TYPE_PUBLIC))) return null;
    const { ciphertext, nonce: iv, associated_data: aad } = JSON.parse(body).resource;
    return JSON.parse(Aes.AesGcm.decrypt(ciphertext, key, iv, aad));
  },

  // The rows of a bill by the names of its head.
  wechatStatement: ({ base64 }) => Formatter.castCsvBill(Buffer.from(base64, "base64")).rows,

  // Whether Alipay signed this notice.
  alipayNotification: ({ fields, ...keys }) => new AlipaySdk(keys).checkNotifySign(fields),

  // The names of certificates.
  alipaySerials: ({ appId, privateKey, ...contents }) => {
    const { config } = new AlipaySdk({ appId, privateKey, ...contents });
    return [config.appCertSn, config.alipayCertSn, config.alipayRootCertSn];
  },
};

const { ask, ...given } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(answers[ask](given)));
