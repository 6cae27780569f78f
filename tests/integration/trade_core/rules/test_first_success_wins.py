"""Rule `first-success-wins`.

The first success pays the order; each later one goes back in full by itself.
"""

import asyncio

import asyncpg
import pytest
from tests.builders.trade_core import paid, refund_result, returned
from tests.integration.trade_core.harness import Harness

from contracts.api import OrderStatus, RefundStatus
from contracts.events.results import Source, Verdict
from trade_core.domain.errors import OrderPaid


async def test_second_payment_of_an_order_goes_back_by_itself(harness: Harness) -> None:
    first = await harness.opened()
    harness.pass_time(16)
    second = await harness.opened()
    await harness.apply(paid(second), paid(first))
    await harness.apply(paid(first))
    (refund,) = await harness.refunds(first)
    assert (refund.payment_no, refund.amount, refund.cause) == (first.payment_no, 1299, "duplicate")
    assert await harness.alerts() == ["payment.duplicate"]
    commands = await harness.attend()
    assert [(c.command, c.refund and c.refund.refund_no) for c in commands] == [
        ("refund", refund.refund_no)
    ]
    await harness.apply(returned(refund))
    order = await harness.order(first)
    assert (order.state, order.amount_paid, order.amount_refunded) == (OrderStatus.PAID, 1299, 0)
    assert (await harness.payment(first)).amount_refunded == 1299
    events = [kind for kind in await harness.event_types() if not kind.startswith("payment.pe")]
    assert events[-5:] == [
        "payment.succeeded", "order.paid", "payment.succeeded", "refund.created", "refund.succeeded"
    ]  # fmt: skip
    assert (await harness.balances())["merchant_payable"] == -1299


async def test_automatic_refund_that_fails_is_for_a_person(harness: Harness) -> None:
    first = await harness.opened()
    harness.pass_time(16)
    second = await harness.opened()
    await harness.apply(paid(second), paid(first))
    (refund,) = await harness.refunds(first)
    await harness.apply(refund_result(refund, Source.REFUND, Verdict.DECLINED))
    assert await harness.refund_state(refund) is RefundStatus.FAILED
    assert await harness.alerts() == ["payment.duplicate", "refund.failed"]


async def test_races_between_success_and_a_new_attempt_never_lose_the_money(
    harness: Harness,
) -> None:
    first = await harness.opened()
    harness.pass_time(16)

    async def another() -> str:
        try:
            return (await harness.open()).payment.payment_no
        except OrderPaid:
            return "refused"

    answer, _ = await asyncio.gather(another(), harness.apply(paid(first)))
    order = await harness.order(first)
    assert order.state is OrderStatus.PAID
    assert order.amount_paid == 1299
    if answer != "refused":
        newer = next(p for p in await harness.payments(first) if p.payment_no == answer)
        assert newer.closing


async def test_order_refuses_a_second_settling_payment(harness: Harness) -> None:
    await harness.paid()
    harness.pass_time(16)
    with pytest.raises(asyncpg.UniqueViolationError, match="payments_settle_once"):
        await harness.rows(
            "insert into payments select (jsonb_populate_record(p,"
            ' \'{"payment_no": "P-second", "channel_trade_no": null}\')).* from payments p'
        )
