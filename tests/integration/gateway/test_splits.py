"""Splits (分账) through the real bus and wire-true third parties."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.integration.gateway.harness import Harness
from tests.integration.gateway.test_payments import command

from contracts.api import PaymentView
from contracts.events.commands import CommandName, RefundRef, Share, SplitRef, SplitReturn
from contracts.identifiers import new_id
from paymesh_local.client import ApiClient

pytestmark = pytest.mark.asyncio(loop_scope="module")
RECEIVERS = {"wechat": "1900000201", "alipay": "2088000000000201"}


def split_of(channel: str) -> SplitRef:
    return SplitRef(
        split_no=new_id("split"),
        receivers=[Share(account=RECEIVERS[channel], amount=300, description="物业分成")],
        finish=False,
        channel_split_no=None,
        created_at=datetime.now(UTC),
    )


async def until_split(harness: Harness, payment: PaymentView, split: SplitRef) -> dict[str, Any]:
    for _ in range(50):
        harness.results.clear()
        await command(harness, payment, CommandName.QUERY_SPLIT, split=split)
        found = await harness.result(payment.payment_no, source="query_split")
        if found["verdict"] != "pending":
            return found
    raise AssertionError("the split does not come to its end")


@pytest.mark.parametrize("channel", ["wechat", "alipay"])
async def test_a_split_is_sent_asked_for_and_returned_for_a_refund(
    harness: Harness, api: ApiClient, channel: str
) -> None:
    answer = await api.post("/v1/payments", harness.request(channel, splits=True))
    assert answer.status_code == 201, answer.text
    payment = PaymentView.model_validate_json(answer.content)
    await harness.pay(payment.payment_no)
    notification = await harness.result(payment.payment_no, source="notice")
    paid = payment.model_copy(update={"channel_trade_no": notification["channel_trade_no"]})

    split = split_of(channel)
    await command(harness, paid, CommandName.SPLIT, split=split)
    sent = await harness.result(payment.payment_no, source="split")
    assert (sent["split_no"], sent["verdict"]) == (split.split_no, "pending")
    found = await until_split(harness, paid, split)
    assert found["verdict"] == "succeeded"
    assert [each["status"] for each in found["receivers"]] == ["succeeded"]

    refund_no = new_id("refund")
    owed = SplitReturn(
        split_no=split.split_no,
        account=RECEIVERS[channel],
        amount=100,
        return_no=f"{refund_no}-1",
    )
    refund = RefundRef(
        refund_no=refund_no,
        amount=1099,
        reason=None,
        channel_refund_no=None,
        created_at=datetime.now(UTC),
        returns=[owed],
    )
    await command(harness, paid, CommandName.REFUND, refund)
    refunded = await harness.result(payment.payment_no, source="refund")
    assert refunded["verdict"] in ("pending", "succeeded")
    assert refunded["returned"] == ([owed.return_no] if channel == "wechat" else [])
    truth = await harness.sandbox.get(f"/_control/truth?payment_no={payment.payment_no}")
    [receiver] = truth.json()["trades"][0]["splits"][0]["receivers"]
    assert (receiver["amount"], receiver["returned"]) == (300, 100)
