"""Splits (分账), the whole way: asked for, done by the channel, told, given back for refunds."""

import uuid
from typing import Any

import httpx
import pytest
from tests.e2e.harness import Harness
from tests.e2e.journey import AMOUNT
from tests.e2e.running import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

RECEIVERS = {
    "wechat": ("1900000109", "1900000118"),
    "alipay": ("2088101117955611", "2088101117955628"),
}
STRANGER = "2088101117955600"
"""Whom Alipay does not know as a receiver."""


def shares(*receivers: tuple[str, int]) -> list[dict[str, Any]]:
    return [
        {"account": account, "amount": amount, "description": "维修基金"}
        for account, amount in receivers
    ]


async def ask(harness: Harness, payment: dict[str, Any], **changes: Any) -> httpx.Response:
    request = {
        "merchant_id": payment["merchant_id"],
        "payment_no": payment["payment_no"],
        "merchant_split_no": f"F{uuid.uuid4().hex}",
        **changes,
    }
    return await harness.api.post("/v1/splits", request)


async def split_of(harness: Harness, split_no: str) -> dict[str, Any]:
    answer = await harness.api.get(f"/v1/splits/{split_no}")
    assert answer.status_code == 200, answer.text
    split: dict[str, Any] = answer.json()
    return split


def statuses(split: dict[str, Any]) -> list[str]:
    return [receiver["status"] for receiver in split["receivers"]]


@pytest.mark.parametrize("channel", ["wechat", "alipay"])
async def test_paid_money_is_split_told_and_given_back_for_a_refund(
    harness: Harness, channel: str
) -> None:
    first, second = RECEIVERS[channel]
    payment = await harness.paid(channel, splits=True)
    number = f"F{uuid.uuid4().hex}"
    receivers = shares((first, 600), (second, 400))
    answer = await ask(harness, payment, merchant_split_no=number, receivers=receivers)
    assert (answer.status_code, answer.json()["status"]) == (201, "processing"), answer.text
    split_no = answer.json()["split_no"]

    arrived = await harness.receives("split.succeeded", split_no, within_s=60)
    assert (arrived.data["merchant_split_no"], arrived.data["amount"]) == (number, 1000)
    assert arrived.data["channel_split_no"]
    again = await ask(harness, payment, merchant_split_no=number, receivers=receivers)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert (again.json()["split_no"], statuses(again.json())) == (split_no, ["succeeded"] * 2)

    too_much = await ask(harness, payment, receivers=shares((first, AMOUNT - 1000 + 1)))
    assert (too_much.status_code, too_much.json()["code"]) == (409, "split_exceeds_paid")
    other = await ask(harness, payment, merchant_split_no=number, receivers=shares((first, 1)))
    assert (other.status_code, other.json()["code"]) == (409, "refund_mismatch")
    assert other.json()["title"] == "The number is known with other content"

    refund_no = await harness.refunded(payment, AMOUNT - 100)
    await harness.refund_becomes(refund_no, "succeeded", within_s=60)
    now = await split_of(harness, split_no)
    assert statuses(now) == ["returned", "succeeded"]
    assert [receiver["amount_returned"] for receiver in now["receivers"]] == [600, 300]
    trade = await harness.trade(payment["payment_no"])
    assert trade is not None
    assert trade["refunded"] == AMOUNT - 100


async def test_split_with_the_payment_happens_by_itself(harness: Harness) -> None:
    first, _ = RECEIVERS["wechat"]
    payment = await harness.paid(split=shares((first, 500)))
    await eventually(lambda: _is_split_returned(harness, payment["payment_no"]), within_s=60)
    (arrived,) = _splits_called_back(harness, payment["payment_no"])
    assert (arrived["merchant_split_no"], arrived["finish"], arrived["amount"]) == (None, True, 500)
    refused = await ask(harness, payment, receivers=shares((first, 1)))
    assert (refused.status_code, refused.json()["code"]) == (409, "split_exceeds_paid")


async def test_receiver_whom_the_channel_does_not_know_gets_nothing(harness: Harness) -> None:
    first, _ = RECEIVERS["alipay"]
    payment = await harness.paid("alipay", splits=True)
    receivers = shares((STRANGER, 500), (first, 300))
    split_no = (await ask(harness, payment, receivers=receivers)).json()["split_no"]
    arrived = await harness.receives("split.failed", split_no, within_s=60)
    assert arrived.data["receivers"][0]["status"] == "failed"
    assert arrived.data["failure"]["code"]
    got = sum(one["amount"] for one in arrived.data["receivers"] if one["status"] == "succeeded")
    anew = await ask(harness, payment, receivers=shares((first, AMOUNT - got)))
    assert anew.status_code == 201, anew.text


async def test_answer_that_was_lost_does_not_split_twice(harness: Harness) -> None:
    first, _ = RECEIVERS["wechat"]
    payment = await harness.paid(splits=True)
    await harness.fault(channel="wechat", operation="split", fault="drop_answer", times=1)
    split_no = (await ask(harness, payment, receivers=shares((first, 500)))).json()["split_no"]
    await harness.receives("split.succeeded", split_no, within_s=60)
    trade = await harness.trade(payment["payment_no"])
    assert trade is not None
    assert [split["split_no"] for split in trade["splits"]] == [split_no]


async def test_channel_that_cannot_split_is_told_at_once(harness: Harness) -> None:
    request = harness.request("easy", split=shares(("1", 1)))
    answer = await harness.api.post("/v1/payments", request)
    assert (answer.status_code, answer.json()["code"]) == (422, "method_not_supported")
    payment = await harness.created(harness.request("easy"))
    answer = await ask(harness, payment, receivers=shares(("1", 1)))
    assert (answer.status_code, answer.json()["code"]) == (422, "method_not_supported")


async def test_unpaid_or_foreign_payment_cannot_be_split(harness: Harness) -> None:
    payment = await harness.created(harness.request())
    unpaid = await ask(harness, payment, receivers=shares(("1900000109", 1)))
    assert (unpaid.status_code, unpaid.json()["code"]) == (409, "payment_not_refundable")
    unknown = await ask(
        harness, payment, payment_no="P01KAN5C2FN00000000000000A", receivers=shares(("1", 1))
    )
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


def _splits_called_back(harness: Harness, payment_no: str) -> list[dict[str, Any]]:
    return [
        callback.data
        for callback in harness.callbacks.received
        if callback.type == "split.succeeded" and callback.data["payment_no"] == payment_no
    ]


async def _is_split_returned(harness: Harness, payment_no: str) -> bool:
    return bool(_splits_called_back(harness, payment_no))
