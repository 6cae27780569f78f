"""What the guide shows of pages and apps does what it says, in a browser or wallet played here."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from tests.contract.guide import GUIDE, blocks

METHODS: Final = GUIDE / "en" / "methods.md"
LIMIT_S: Final = 120

ACTION: Final = {
    "url": "https://pay.example/go",
    "method": "post",
    "fields": {"biz": "1", "sign": "="},
    "params": {"trade_no": "T1", "paySign": "s"},
}
PLAYED: Final = """
const done = [];
const note = (name) => (...what) => done.push([name, ...what]);
const element = (tag) => ({ tag, children: [],
  append(child) { this.children.push(child); },
  submit() {
    note("submit")(this.method, this.action, this.children.map((e) => [e.name, e.value]));
  } });
const document = { createElement: element, body: element("body") };
const location = { reload: note("reload") };
const window = { location: { assign: note("assign") } };
const bridge = (name, params, then) => { note(name)(params); then({ err_msg: "?" }); };
const WeixinJSBridge = { invoke: bridge };
const AlipayJSBridge = { call: bridge };
const wallet = (name) => ({ complete, ...params }) => { note(name)(params); complete(); };
const wx = { requestPayment: wallet("requestPayment"), redirectTo: note("redirectTo") };
const my = { tradePay: wallet("my.tradePay"), redirectTo: note("redirectTo") };
"""
PARAMS: Final = ACTION["params"]
DONE: Final[list[list[Any]]] = [
    [["assign", ACTION["url"]]],
    [["submit", "post", ACTION["url"], [["biz", "1"], ["sign", "="]]]],
    [["getBrandWCPayRequest", PARAMS], ["reload"]],
    [["requestPayment", PARAMS], ["redirectTo", {"url": "/pages/order"}]],
    [
        ["tradePay", {"tradeNO": "T1"}],
        ["reload"],
        ["my.tradePay", {"tradeNO": "T1"}],
        ["redirectTo", {"url": "/pages/order"}],
    ],
]

WALLETS: Final = """
import java.util.Map;

class PayReq {
    String appId, partnerId, prepayId, packageValue, nonceStr, timeStamp, sign;
}

class PayTask {
    PayTask(Object activity) {}
    Map<String, String> payV2(String order, boolean isLoading) {
        Shown.paid = order;
        return Map.of("resultStatus", "9000");
    }
}

class WeChat {
    void sendReq(PayReq request) { Shown.asked = request; }
}

class UPPayAssistantEx {
    static void startPay(Object activity, String one, String other, String tn, String mode) {
        Shown.tn = tn;
    }
}

class PaymentConfiguration {
    static void init(Object context, String key) { Shown.key = key; }
}

class PaymentSheet {
    void presentWithPaymentIntent(String secret) { Shown.secret = secret; }
}

public class Shown {
    static PayReq asked;
    static String paid, tn, key, secret;
    static Object context = new Object();
    static PaymentSheet paymentSheet = new PaymentSheet();

    static void run(WeChat wechat, Object activity, Map<String, String> params) {
        %s
    }

    public static void main(String[] arguments) {
        var params = new java.util.HashMap<String, String>();
        var names = "appid partnerid prepayid package noncestr timestamp sign order_string"
            + " tn publishable_key client_secret";
        for (var name : names.split(" "))
            params.put(name, name.toUpperCase());
        run(new WeChat(), new Object(), params);
        System.out.println(String.join(" ", asked.appId, asked.partnerId, asked.prepayId,
            asked.packageValue, asked.nonceStr, asked.timeStamp, asked.sign, paid,
            tn, key, secret));
    }
}
"""


def test_there_is_no_script_that_is_not_played() -> None:
    assert len(blocks(METHODS, "js")) == len(DONE)
    others = [page for page in GUIDE.glob("en/*.md") if blocks(page, "js") and page != METHODS]
    assert others == []


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
@pytest.mark.parametrize("number", range(len(DONE)))
def test_the_page_calls_its_wallet_or_leaves_for_the_channel(number: int) -> None:
    program = (
        f"{PLAYED}const payment = {json.dumps({'action': ACTION})};\n"
        f"{blocks(METHODS, 'js')[number]}\nconsole.log(JSON.stringify(done));"
    )
    assert json.loads(output("node", "-e", program)) == DONE[number]


@pytest.mark.skipif(shutil.which("javac") is None, reason="no Java here")
def test_the_app_hands_the_wallet_what_it_was_given(tmp_path: Path) -> None:
    source = tmp_path / "Shown.java"
    source.write_text(WALLETS % "\n".join(blocks(METHODS, "java")))
    words = "APPID PARTNERID PREPAYID PACKAGE NONCESTR TIMESTAMP SIGN ORDER_STRING"
    words += " TN PUBLISHABLE_KEY CLIENT_SECRET"
    output("javac", "-d", str(tmp_path), str(source))
    assert output("java", "-cp", str(tmp_path), "Shown").strip() == words


def output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
