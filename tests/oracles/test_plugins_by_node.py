"""Our plugins and the sandbox, judged by the SDKs for Node.

Collected where `npm ci` has been run in `tests/oracles/node`; the Python oracles are always.
"""

import base64
import json
import re
import subprocess
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from tests.unit.gateway.channels.alipay_side import APP_ID, AlipaySide
from tests.unit.gateway.channels.certificate_chain import Chain, issue, pem
from tests.unit.gateway.channels.channel_side import MOMENT, PAYMENT_NO, Pair, operations_of
from tests.unit.gateway.channels.plugin_driver import opened
from tests.unit.gateway.channels.test_statements import WECHAT_TRADES, from_wechat
from tests.unit.gateway.channels.wechat_side import APIV3_KEY, WechatSide

from gateway.channels.plugin import StatementRequest

from .conftest import Merchant, RunningSandbox
from .plugin_calls import Open, order

FOLDER = Path(__file__).parent / "node"
LIMIT_S = 30


def judge(ask: str, **given: Any) -> Any:
    done = subprocess.run(
        ["node", "judge.cjs"],
        cwd=FOLDER,
        input=json.dumps({"ask": ask, **given}),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=True,
    )
    return json.loads(done.stdout)


def test_what_we_ask_of_wechat_pay_is_signed_as_its_rules_say() -> None:
    side = WechatSide()
    account = opened(side)
    operation, subject = operations_of(side.plugin)["refund"]
    request = side.plugin.wire.sign(operation.call(subject, account), account, MOMENT)
    parts = dict(re.findall(r'(\w+)="([^"]*)"', request.headers["Authorization"]))
    given = {
        "verb": request.verb,
        "target": request.url.removeprefix("https://wechat.example"),
        "timestamp": parts["timestamp"],
        "nonce": parts["nonce_str"],
        "body": request.body.decode(),
        "publicKey": side.merchant.public_pem,
        "signature": parts["signature"],
    }
    assert judge("wechatRequest", **given) is True
    assert judge("wechatRequest", **given | {"body": given["body"] + " "}) is False


def test_a_notification_that_we_believe_is_opened_by_the_oracle() -> None:
    side = WechatSide()
    notification = side.paid_notification(PAYMENT_NO)
    given = {
        "timestamp": notification.headers["wechatpay-timestamp"],
        "nonce": notification.headers["wechatpay-nonce"],
        "signature": notification.headers["wechatpay-signature"],
        "body": notification.body.decode(),
        "publicKey": side.platform.public_pem,
        "key": APIV3_KEY,
    }
    content = judge("wechatNotification", **given)
    [ours] = side.plugin.notifications.read(notification, opened(side), MOMENT)
    assert content["out_trade_no"] == ours.payment_no == PAYMENT_NO
    assert judge("wechatNotification", **given | {"nonce": "other"}) is None


def test_a_statement_has_the_rows_that_the_oracle_reads() -> None:
    rows = judge("wechatStatement", base64=base64.b64encode(WECHAT_TRADES.encode()).decode())
    ours = from_wechat(WECHAT_TRADES, StatementRequest(date(2026, 1, 1), "trade"))
    assert [row["商户订单号"] for row in rows] == [row.payment_no for row in ours]
    assert [row["微信订单号"] for row in rows][:1] == [ours[0].channel_no]
    assert [row["商户退款单号"] for row in rows][1:] == [ours[1].refund_no]


async def test_the_sandboxs_notification_of_alipay_is_believed_by_the_oracle(
    executor: Any,
    account: Open,
    credentials: dict[str, dict[str, str]],
    sandbox: RunningSandbox,
    merchant: Merchant,
) -> None:
    requested, known = order(merchant.url), credentials["alipay"]
    await executor.pay(account("alipay"), requested)
    sandbox.pay(requested.payment_no)
    # Empty fields are not signed; this SDK would sign them, so they are left out, as Java's does.
    fields = dict(parse_qsl(merchant.next_notification().body.decode()))
    keys = {
        "appId": known["app_id"],
        "privateKey": known["app_private_key_pem"],
        "keyType": "PKCS8",
        "alipayPublicKey": known["alipay_public_key_pem"],
    }
    assert fields["out_trade_no"] == requested.payment_no
    assert judge("alipayNotification", fields=fields, **keys) is True
    assert judge("alipayNotification", fields=fields | {"total_amount": "0.01"}, **keys) is False


@pytest.fixture(scope="module")
def chain() -> Chain:
    return Chain()


def test_certificates_have_the_names_the_oracle_gives_them(chain: Chain) -> None:
    side = AlipaySide()
    app = pem(issue("app", side.app.private, "Root", Pair().private))
    account = opened(
        side,
        alipay_public_key_pem=None,
        app_cert_pem=app,
        alipay_cert_pem=chain.chain_pem,
        alipay_root_cert_pem=chain.root_bundle_pem,
    )
    named = judge(
        "alipaySerials",
        appId=APP_ID,
        privateKey=side.app.private_pem,
        keyType="PKCS8",
        appCertContent=app,
        alipayPublicCertContent=chain.leaf_pem,
        alipayRootCertContent=chain.root_bundle_pem,
    )
    assert named == [account.app_cert_sn, account.alipay_cert_sn, account.alipay_root_cert_sn]
