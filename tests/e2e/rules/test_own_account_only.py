"""Rule `own-account-only`.

Another merchant's money, paid at its own account under our number, is no word about our payment.
The other merchant speaks to the third party by the public SDKs, as anybody could.
"""

import asyncio
from typing import Any

import pytest
from alipay import AliPay
from tests.e2e.admin_person import Person
from tests.e2e.harness import Harness
from tests.e2e.running import eventually
from wechatpayv3 import WeChatPay, WeChatPayType

pytestmark = pytest.mark.asyncio(loop_scope="session")

ONE_FEN = 1


@pytest.mark.parametrize("channel", ["wechat", "alipay"])
@pytest.mark.parametrize("whose", ["another merchant's", "the same merchant's"])
async def test_another_accounts_money_is_no_word_about_our_payment(
    harness: Harness, channel: str, whose: str
) -> None:
    opened = await harness.sandbox.post("/_control/merchants", json={"channel": channel})
    section = opened.json()
    async with Person.signed_in(harness.stack) as person:
        merchant_id = harness.stack.demo["merchant_id"]
        if whose == "another merchant's":
            merchant = await person.call("POST", "/api/merchants", {"name": "邻居物业"})
            merchant_id = merchant["merchant_id"]
        account = await person.account(channel, section, merchant_id=merchant_id)
    body = harness.request(channel)
    number = (await harness.created(body))["payment_no"]
    before = await harness.payment(number)
    address = f"{harness.stack.demo['gateway_url']}/webhooks/{channel}/{account}"
    ask = {"wechat": _ask_wechat, "alipay": _ask_alipay}[channel]
    await asyncio.to_thread(ask, section, number, address)

    await harness.pays(number)  # the newest trade of this number: the other account's

    await eventually(lambda: _is_accepted(harness, number))
    await eventually(lambda: _is_alerted(harness, number))
    assert await harness.payment(number) == before
    await harness.pays(number)
    await harness.becomes(number, "succeeded")
    ours = await harness.payment(number)
    trades = await _trades(harness, number)
    (true_one,) = [trade for trade in trades if trade["amount"] != ONE_FEN]
    assert ours["channel_trade_no"] == true_one["channel_trade_no"]
    callback = await harness.receives("payment.succeeded", number)
    assert callback.data["channel_trade_no"] == true_one["channel_trade_no"]
    assert (await harness.order(body))["amount_paid"] == body["amount"]


async def _trades(harness: Harness, number: str) -> list[dict[str, Any]]:
    answer = await harness.sandbox.get("/_control/truth", params={"payment_no": number})
    trades: list[dict[str, Any]] = answer.json()["trades"]
    return trades


async def _is_accepted(harness: Harness, number: str) -> bool:
    """The other account's notification is verified and durable, so it is not sent again."""
    notifications = [
        notification
        for trade in await _trades(harness, number)
        if trade["amount"] == ONE_FEN
        for notification in trade["notices"]
    ]
    return any(notification["status"] in (200, 204) for notification in notifications)


async def _is_alerted(harness: Harness, number: str) -> bool:
    return bool(await harness.alerts(number))


def _ask_wechat(section: dict[str, str], number: str, notify_url: str) -> None:
    sdk = WeChatPay(
        wechatpay_type=WeChatPayType.NATIVE,
        mchid=section["mchid"],
        appid=section["appid"],
        private_key=section["merchant_private_key_pem"],
        cert_serial_no=section["merchant_serial_no"],
        apiv3_key=section["apiv3_key"],
        notify_url=notify_url,
        public_key=section["platform_public_key_pem"],
        public_key_id=section["platform_public_key_id"],
    )
    sdk._core._gate_way = section["base_url"]
    status, answer = sdk.pay(
        description="邻居", out_trade_no=number, amount={"total": ONE_FEN, "currency": "CNY"}
    )
    assert status == 200, answer


def _ask_alipay(section: dict[str, str], number: str, notify_url: str) -> None:
    sdk: Any = AliPay(
        appid=section["app_id"],
        app_notify_url=notify_url,
        app_private_key_string=section["app_private_key_pem"],
        alipay_public_key_string=section["alipay_public_key_pem"],
    )
    sdk._gateway = section["gateway_url"]
    answer = sdk.api_alipay_trade_precreate("邻居", number, "0.01")
    assert answer["code"] == "10000", answer
