"""Rule `first-success-wins`.

The first success pays the order; each later one goes back in full by itself.
"""

import asyncio

import asyncpg
import pytest
from tests.integration.trade_core.desk import Desk, paid, returned, said_of_refund

from contracts.api import OrderStatus, RefundStatus
from contracts.events.results import Source, Verdict
from trade_core.domain.errors import OrderPaid


async def test_second_payment_of_an_order_goes_back_by_itself(desk: Desk) -> None:
    first = await desk.opened()
    desk.pass_time(16)
    second = await desk.opened()
    await desk.apply(paid(second), paid(first))
    await desk.apply(paid(first))
    (refund,) = await desk.refunds(first)
    assert (refund.payment_no, refund.amount, refund.cause) == (first.payment_no, 1299, "duplicate")
    assert await desk.alerts() == ["payment.duplicate"]
    commands = await desk.attend()
    assert [(c.command, c.refund and c.refund.refund_no) for c in commands] == [
        ("refund", refund.refund_no)
    ]
    await desk.apply(returned(refund))
    order = await desk.order(first)
    assert (order.state, order.amount_paid, order.amount_refunded) == (OrderStatus.PAID, 1299, 0)
    assert (await desk.payment(first)).amount_refunded == 1299
    assert [kind for kind in await desk.told() if not kind.startswith("payment.pe")][-5:] == [
        "payment.succeeded", "order.paid", "payment.succeeded", "refund.created", "refund.succeeded"
    ]  # fmt: skip
    assert (await desk.balances())["merchant_payable"] == -1299


async def test_automatic_refund_that_fails_is_for_a_person(desk: Desk) -> None:
    first = await desk.opened()
    desk.pass_time(16)
    second = await desk.opened()
    await desk.apply(paid(second), paid(first))
    (refund,) = await desk.refunds(first)
    await desk.apply(said_of_refund(refund, Source.REFUND, Verdict.DECLINED))
    assert await desk.refund_state(refund) is RefundStatus.FAILED
    assert await desk.alerts() == ["payment.duplicate", "refund.failed"]


async def test_races_between_success_and_a_new_attempt_never_lose_the_money(desk: Desk) -> None:
    first = await desk.opened()
    desk.pass_time(16)

    async def another() -> str:
        try:
            return (await desk.open()).payment.payment_no
        except OrderPaid:
            return "refused"

    answer, _ = await asyncio.gather(another(), desk.apply(paid(first)))
    order = await desk.order(first)
    assert order.state is OrderStatus.PAID
    assert order.amount_paid == 1299
    if answer != "refused":
        newer = next(p for p in await desk.payments(first) if p.payment_no == answer)
        assert newer.closing


async def test_order_refuses_a_second_settling_payment(desk: Desk) -> None:
    await desk.paid()
    desk.pass_time(16)
    with pytest.raises(asyncpg.UniqueViolationError, match="payments_settle_once"):
        await desk.rows(
            "insert into payments select (jsonb_populate_record(p,"
            ' \'{"payment_no": "P-second", "channel_trade_no": null}\')).* from payments p'
        )
