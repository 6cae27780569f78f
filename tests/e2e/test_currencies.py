"""Yen and dinars from create to statement: asked for, shown, paid, given back, booked."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from tests.e2e.admin_person import Person
from tests.e2e.journey import created, has_status, payment_of, refund_has_status, request
from tests.e2e.running import RunningStack, eventually

from foundation.money_text import BEIJING
from paymesh_local.client import ApiClient

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("currency", "amount", "shown", "back"),
    [
        ("JPY", 1000, "JPY 1,000", 300),
        ("KWD", 1250, "KWD 1.250", 50),
    ],
)
async def test_money_keeps_its_decimals(
    stack: RunningStack,
    api: ApiClient,
    currency: str,
    amount: int,
    shown: str,
    back: int,
) -> None:
    body = request(stack.demo, "stripe", method="pc", currency=currency, amount=amount)
    payment = await created(api, body)
    async with httpx.AsyncClient(trust_env=False) as browser:
        url = payment["action"]["url"]
        assert shown in (await browser.get(url)).text
        await browser.post(url, data={"decision": "pay"})
    await eventually(has_status(api, payment["payment_no"], "succeeded"))
    refund = await api.post("/v1/refunds", _refund(payment, back))
    assert refund.status_code == 201, refund.text
    await eventually(refund_has_status(api, refund.json()["refund_no"], "succeeded"))
    seen = await payment_of(api, payment["payment_no"])
    assert (seen["amount"], seen["currency"], seen["amount_refunded"]) == (amount, currency, back)
    statement = await _statement(api, payment["merchant_id"], currency)
    booked = [each for each in statement["lines"] if each["payment_no"] == payment["payment_no"]]
    assert [each["amount"] for each in booked] == [amount, -back]


@pytest.mark.parametrize(
    ("currency", "amount"), [("KWD", 1255), ("USD", 100_000_000), ("UGX", 1_000_000)]
)
async def test_what_stripe_cannot_express_is_refused_and_opens_nothing(
    stack: RunningStack, api: ApiClient, currency: str, amount: int
) -> None:
    """A dinar has a thousand fils, and Stripe takes them by the ten."""
    body = request(stack.demo, "stripe", method="pc", currency=currency, amount=amount)
    answer = await api.post("/v1/payments", body)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/amount"]
    order = f"/v1/orders/{body['merchant_order_no']}?merchant_id={body['merchant_id']}"
    assert (await api.get(order)).status_code == 404


async def test_fils_that_stripe_cannot_give_back_are_refused(
    stack: RunningStack, api: ApiClient
) -> None:
    body = request(stack.demo, "stripe", method="pc", currency="KWD", amount=1250)
    payment = await created(api, body)
    async with httpx.AsyncClient(trust_env=False) as browser:
        await browser.post(payment["action"]["url"], data={"decision": "pay"})
    await eventually(has_status(api, payment["payment_no"], "succeeded"))
    refund = await api.post("/v1/refunds", _refund(payment, 55))
    assert refund.status_code == 422, refund.text
    assert [error["pointer"] for error in refund.json()["errors"]] == ["/amount"]
    seen = await payment_of(api, payment["payment_no"])
    assert seen["amount_refunded"] == 0
    async with Person.signed_in(stack) as person:
        path = f"/api/payments/{payment['payment_no']}/refunds"
        by_person = {"amount": 55, "reason": "fils", "merchant_refund_no": "by-a-person"}
        refused = await person.http.post(path, json=by_person)
    assert refused.status_code == 422, refused.text
    [error] = refused.json()["errors"]
    assert (error["pointer"], "第三位小数" in error["message_zh"]) == ("/amount", True)
    path = f"/v1/orders/{payment['merchant_order_no']}?merchant_id={payment['merchant_id']}"
    assert (await api.get(path)).json()["refunds"] == []


async def test_a_currency_that_a_channel_does_not_take_is_refused(
    stack: RunningStack, api: ApiClient
) -> None:
    answer = await api.post("/v1/payments", request(stack.demo, "wechat", currency="JPY"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/currency"


def _refund(payment: dict[str, Any], amount: int) -> dict[str, Any]:
    return {
        "merchant_id": payment["merchant_id"],
        "payment_id": payment["payment_id"],
        "payment_no": payment["payment_no"],
        "merchant_refund_no": f"{payment['merchant_order_no']}-R",
        "amount": amount,
    }


async def _statement(api: ApiClient, merchant_id: str, currency: str) -> dict[str, Any]:
    today = datetime.now(UTC).astimezone(BEIJING).date().isoformat()
    answer = await api.get(f"/v1/statements/{today}?merchant_id={merchant_id}&currency={currency}")
    assert answer.status_code == 200, answer.text
    statement: dict[str, Any] = answer.json()
    return statement
