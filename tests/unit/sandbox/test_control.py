"""The control API: what it answers, and to whom."""

from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from .conftest import Immediately, Postbox
from .merchants import NOTIFY_URL, AlipayMerchant, EasyMerchant, WechatMerchant, new_number


async def _pay(http: httpx.AsyncClient, number: str, **more: Any) -> httpx.Response:
    return await http.post("/_control/pay", json={"payment_no": number, **more})


async def test_payer_pays_and_the_merchant_is_told(
    http: httpx.AsyncClient, wechat: WechatMerchant, postbox: Postbox
) -> None:
    number = new_number()
    await wechat.native(number)
    answer = await _pay(http, number)
    assert answer.status_code == 200
    assert answer.json()["state"] == "paid"
    assert [(url, refund) for _, url, refund in postbox.posted] == [(NOTIFY_URL, None)]


async def test_silent_payment_tells_nobody(
    http: httpx.AsyncClient, wechat: WechatMerchant, postbox: Postbox
) -> None:
    number = new_number()
    await wechat.native(number)
    await _pay(http, number, notify=False)
    assert postbox.posted == []
    assert (await wechat.query(number)).json()["trade_state"] == "SUCCESS"


async def test_wrong_amount_is_what_was_really_paid(
    http: httpx.AsyncClient, alipay: AlipayMerchant
) -> None:
    number = new_number()
    await alipay.precreate(number, "1.00")
    assert (await _pay(http, number, amount=101)).json()["amount"] == 101
    asked = await alipay.call("alipay.trade.query", {"out_trade_no": number})
    assert asked["total_amount"] == "1.01"


async def test_unknown_number_is_404_and_a_paid_or_closed_one_409(
    http: httpx.AsyncClient, wechat: WechatMerchant
) -> None:
    paid, closed = new_number(), new_number()
    await wechat.native(paid)
    await wechat.native(closed)
    await _pay(http, paid)
    await wechat.close(closed)
    answers = [await _pay(http, number) for number in (new_number(), paid, closed)]
    assert [answer.status_code for answer in answers] == [404, 409, 409]
    assert answers[0].headers["content-type"] == "application/problem+json"


async def test_truth_has_the_agreed_shape(
    http: httpx.AsyncClient, wechat: WechatMerchant, easy: EasyMerchant, later: Immediately
) -> None:
    number = new_number()
    await wechat.native(number)
    await easy.order(new_number())
    await _pay(http, number)
    await wechat.refund(number, "R1", 30)
    later.come()
    (trade,) = (await http.get(f"/_control/truth?payment_no={number}")).json()["trades"]
    assert trade == {
        "channel": "wechat",
        "payment_no": number,
        "channel_trade_no": (await wechat.query(number)).json()["transaction_id"],
        "state": "paid",
        "amount": 100,
        "refunded": 30,
        "refunds": [{"refund_no": "R1", "amount": 30, "state": "succeeded"}],
        "notices": [],
        "splits": [],
    }
    everything = (await http.get("/_control/truth")).json()["trades"]
    assert [each["channel"] for each in everything] == ["wechat", "easy"]
    of_easy = (await http.get("/_control/truth?channel=easy")).json()["trades"]
    assert [each["channel"] for each in of_easy] == ["easy"]


async def test_held_refund_is_decided_once(
    http: httpx.AsyncClient, wechat: WechatMerchant, later: Immediately, postbox: Postbox
) -> None:
    number = new_number()
    await wechat.native(number)
    await _pay(http, number, notify=False)
    await http.post(
        "/_control/faults", json={"channel": "wechat", "operation": "refund", "fault": "hold"}
    )
    await wechat.refund(number, "R1", 30)
    later.come()
    assert (await wechat.query_refund("R1")).json()["status"] == "PROCESSING"
    decision = {"refund_no": "R1", "state": "failed"}
    first = await http.post("/_control/refunds", json=decision)
    again = await http.post("/_control/refunds", json=decision)
    other = await http.post("/_control/refunds", json=decision | {"refund_no": "R2"})
    wrong = await http.post("/_control/refunds", json=decision | {"state": "lost"})
    assert [a.status_code for a in (first, again, other, wrong)] == [200, 409, 404, 422]
    assert (await wechat.query_refund("R1")).json()["status"] == "CLOSED"
    assert len(postbox.posted) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"channel": "paypal", "operation": "pay", "fault": "delay"},
        {"channel": "*", "operation": "sing", "fault": "delay"},
        {"channel": "*", "operation": "pay", "fault": "explode"},
        {"channel": "*", "operation": "pay", "fault": "delay", "times": 0},
        {"channel": "*", "operation": "pay", "fault": "delay", "probability": 1.5},
        {"channel": "*", "operation": "pay", "fault": "delay", "delay_s": -1},
        {"channel": "*", "operation": "pay", "fault": "hold"},
        {"channel": "*", "operation": "query", "fault": "early"},
        {"channel": "*", "operation": "pay", "fault": "delay", "more": 1},
    ],
)
async def test_bad_fault_is_422(http: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await http.post("/_control/faults", json=body)).status_code == 422


async def test_faults_are_set_listed_and_cleared(http: httpx.AsyncClient) -> None:
    body = {"channel": "*", "operation": "*", "fault": "delay", "delay_s": 1, "times": 3}
    made = [await http.post("/_control/faults", json=body) for _ in range(3)]
    assert [answer.status_code for answer in made] == [201] * 3
    first = made[0].json()["fault_id"]
    listed = (await http.get("/_control/faults")).json()["faults"]
    assert listed[0]["fault_id"] == first
    assert listed[0]["fault"] == "delay"
    assert (await http.delete(f"/_control/faults/{first}")).status_code == 204
    assert (await http.delete(f"/_control/faults/{first}")).status_code == 404
    assert (await http.delete("/_control/faults")).status_code == 204
    assert (await http.get("/_control/faults")).json() == {"faults": []}


async def test_auto_pay_pays_every_created_trade(
    http: httpx.AsyncClient, wechat: WechatMerchant, postbox: Postbox
) -> None:
    answer = await http.post("/_control/settings", json={"auto_pay": True, "latency_ms": 1})
    assert answer.json() == {
        "auto_pay": True, "latency_ms": 1, "person": "somebody", "page_hosts": [],
        "refund_pause_s": 0, "code_lives_s": 7_200,
    }  # fmt: skip
    number = new_number()
    await wechat.native(number)
    assert (await wechat.query(number)).json()["trade_state"] == "SUCCESS"
    assert len(postbox.posted) == 1


async def test_credentials_are_the_sections_of_demo_json(http: httpx.AsyncClient) -> None:
    known = (await http.get("/_control/credentials")).json()
    fields = {
        "wechat": {
            "base_url", "mchid", "appid", "app_secret", "apiv3_key", "merchant_serial_no",
            "merchant_private_key_pem", "platform_public_key_id", "platform_public_key_pem",
        },
        "alipay": {
            "gateway_url", "app_id", "seller_id", "app_private_key_pem", "alipay_public_key_pem",
            "oauth_scope",
        },
        "easy": {
            "base_url", "org_id", "mer_code", "term_no", "org_private_key_pem",
            "easypay_public_key_pem",
        },
        "easy_direct": {
            "product", "base_url", "org_id", "mer_code", "org_private_key_pem",
            "easypay_public_key_pem",
        },
        "unionpay": {
            "base_url", "file_url", "mer_id", "sign_private_key_pem", "sign_cert_pem",
            "unionpay_root_cert_pem", "unionpay_middle_cert_pem",
        },
        "stripe": {
            "base_url", "account_id", "secret_key", "publishable_key", "webhook_secret",
        },
    }  # fmt: skip
    assert {channel: set(known[channel]) for channel in fields} == fields
    assert len(known["wechat"]["apiv3_key"]) == 32
    assert len(known["wechat"]["merchant_serial_no"]) == 40
    assert len(known["easy"]["org_id"]) == 15


async def test_further_merchants_are_others(http: httpx.AsyncClient) -> None:
    known = (await http.get("/_control/credentials")).json()
    for channel, section in known.items():
        second = await http.post("/_control/merchants", json={"channel": channel})
        assert second.status_code == 201
        assert second.json().keys() == section.keys()
        assert second.json() != section
    assert (await http.get("/_control/credentials")).json() == known


@pytest.mark.parametrize("channel", ["alipay", "wechat"])
async def test_a_merchant_of_no_known_sort_is_422(http: httpx.AsyncClient, channel: str) -> None:
    asked = {"channel": channel, "sort": "robot"}
    assert (await http.post("/_control/merchants", json=asked)).status_code == 422


async def test_control_is_for_loopback_only(app: Starlette) -> None:
    transport = httpx.ASGITransport(app, client=("203.0.113.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox.test") as http:
        assert (await http.get("/_control/credentials")).status_code == 403
