"""Batches of words of channels on a real database."""

import asyncio
from typing import Any

import pytest
from tests.integration.trade_core.desk import (
    Desk,
    closed,
    paid,
    returned,
    said_of_payment,
    said_of_refund,
    waits,
    wish,
)

from contracts import topics
from contracts.api import OrderStatus, PaymentStatus, RefundStatus
from contracts.events.alerts import AlertRecord
from contracts.events.configuration import LatePayment
from contracts.events.results import PaymentResult, Source, Verdict
from trade_core.domain.order import OrderKey
from trade_core.flows.close_order import close_order


async def test_batch_of_many_orders_is_applied_whole(desk: Desk) -> None:
    opened = [await desk.open(wish(merchant_order_no=f"W{n}")) for n in range(30)]
    payments = [each.payment for each in opened]
    await desk.hear(*map(waits, payments), *map(paid, payments), *map(paid, payments))
    assert {await desk.state(payment) for payment in payments} == {PaymentStatus.SUCCEEDED}
    assert (await desk.told()).count("payment.succeeded") == 30
    assert (await desk.balances())["merchant_payable"] == -30 * 1299


async def test_batch_that_comes_again_changes_nothing(desk: Desk) -> None:
    payment = await desk.opened()
    await desk.hear(paid(payment))
    events, balances = await desk.told(), await desk.balances()
    await desk.hear(waits(payment), paid(payment), paid(payment, Source.QUERY))
    assert (await desk.told(), await desk.balances()) == (events, balances)


async def test_two_consumers_with_the_same_words_book_once(desk: Desk) -> None:
    payment = await desk.opened()
    await asyncio.gather(*(desk.hear(paid(payment)) for _ in range(8)))
    assert (await desk.told()).count("payment.succeeded") == 1
    assert (await desk.balances())["channel_receivable"] == 1299


async def test_batches_over_the_same_orders_do_not_deadlock(desk: Desk) -> None:
    opened = [await desk.open(wish(merchant_order_no=f"W{n}")) for n in range(20)]
    words = [paid(each.payment) for each in opened]
    await asyncio.gather(*(desk.hear(*words) for _ in range(4)), *(
        desk.hear(*reversed(words)) for _ in range(4)
    ))  # fmt: skip
    assert (await desk.told()).count("payment.succeeded") == 20


async def test_webhook_before_the_initiations_answer(desk: Desk) -> None:
    payment = (await desk.open()).payment
    await desk.hear(paid(payment))
    await desk.hear(waits(payment))
    assert await desk.state(payment) is PaymentStatus.SUCCEEDED
    assert await desk.told() == ["payment.created", "payment.succeeded", "order.paid"]


async def test_second_payment_of_an_order_goes_back_by_itself(desk: Desk) -> None:
    first = await desk.opened()
    desk.pass_time(16)
    second = await desk.opened()
    await desk.hear(paid(second), paid(first))
    await desk.hear(paid(first))
    (refund,) = await desk.refunds(first)
    assert (refund.payment_no, refund.amount, refund.cause) == (first.payment_no, 1299, "duplicate")
    assert await desk.alerts() == ["payment.duplicate"]
    commands = await desk.attend()
    assert [(c.command, c.refund and c.refund.refund_no) for c in commands] == [
        ("refund", refund.refund_no)
    ]
    await desk.hear(returned(refund))
    order = await desk.order(first)
    assert (order.state, order.amount_paid, order.amount_refunded) == (OrderStatus.PAID, 1299, 0)
    assert (await desk.payment(first)).amount_refunded == 1299
    assert [kind for kind in await desk.told() if not kind.startswith("payment.pe")][-5:] == [
        "payment.succeeded", "order.paid", "payment.succeeded", "refund.created", "refund.succeeded"
    ]  # fmt: skip
    assert (await desk.balances())["merchant_payable"] == -1299


@pytest.mark.parametrize(
    ("policy", "state", "causes"),
    [
        (LatePayment.ACCEPT, OrderStatus.PAID, []),
        (LatePayment.REFUND, OrderStatus.CLOSED, ["late"]),
    ],
)
async def test_success_after_the_apps_close(
    desk: Desk, policy: LatePayment, state: OrderStatus, causes: list[str]
) -> None:
    desk.late = policy
    payment = await desk.opened()
    await asyncio.gather(
        close_order(desk.deps, OrderKey("A1", "M1", "W1")), _hear_soon(desk, closed(payment))
    )
    await desk.hear(paid(payment))
    order = await desk.order(payment)
    assert order.state is state
    assert order.amount_paid == (1299 if state is OrderStatus.PAID else 0)
    assert [refund.cause for refund in await desk.refunds(payment)] == causes
    assert await desk.state(payment) is PaymentStatus.SUCCEEDED


async def _hear_soon(desk: Desk, said: PaymentResult) -> None:
    await asyncio.sleep(0.1)
    await desk.hear(said)


@pytest.mark.parametrize(
    ("policy", "state", "causes"),
    [
        (LatePayment.ACCEPT, OrderStatus.PAID, []),
        (LatePayment.REFUND, OrderStatus.CLOSED, ["late"]),
    ],
)
async def test_success_after_expiry(
    desk: Desk, policy: LatePayment, state: OrderStatus, causes: list[str]
) -> None:
    desk.late = policy
    payment = await desk.opened(wish(expires_in_s=60))
    desk.pass_time(61)
    await desk.hear(closed(payment))
    assert (await desk.order(payment)).state is OrderStatus.CLOSED
    await desk.hear(paid(payment, paid_at=desk.now))
    assert (await desk.order(payment)).state is state
    assert [refund.cause for refund in await desk.refunds(payment)] == causes


@pytest.mark.parametrize("more", [{"amount": 1}, {"currency": "HKD"}, {"payment_id": "C2"}])
async def test_conflict_is_kept_apart_and_people_hear_of_it(
    desk: Desk, more: dict[str, Any]
) -> None:
    payment = await desk.opened()
    await desk.hear(paid(payment, **more))
    assert await desk.state(payment) is PaymentStatus.CONFLICTED
    assert (await desk.told())[-1] == "payment.conflicted"
    assert await desk.alerts() == ["payment.conflicted"]
    assert await desk.balances() == {}
    assert await desk.due() == {payment.payment_no: 7200}


async def test_poison_is_parked_and_its_neighbours_are_applied(desk: Desk) -> None:
    good = (await desk.open()).payment
    waiting = await desk.opened(wish(merchant_order_no="W2"))
    unknown = said_of_payment(good, Source.NOTICE, Verdict.SUCCEEDED, payment_no="P404")
    impossible = said_of_payment(waiting, Source.INITIATION, Verdict.NOT_SENT)
    await desk.hear(unknown, paid(good), impossible)

    assert await desk.state(good) is PaymentStatus.SUCCEEDED
    assert await desk.state(waiting) is PaymentStatus.PENDING
    dead = await desk.rows("select * from dead_event order by error")
    assert [row["key"] for row in dead] == [waiting.payment_no, "P404"]
    assert b'"verdict":"not_sent"' in dead[0]["value"]
    assert [row["topic"] for row in dead] == [topics.PAYMENT_RESULTS] * 2
    told = await desk.rows("select payload from event_log where topic = $1", topics.ALERTS)
    alerts = [AlertRecord.model_validate_json(row["payload"]).data for row in told]
    assert {alert.facts["number"] for alert in alerts} == {"P404", waiting.payment_no}


async def test_failed_compare_and_set_reads_again(desk: Desk) -> None:
    payment = await desk.opened()
    async with desk.db.transaction() as tx:
        # Somebody who did not take the order's lock is just changing the row.
        await tx.execute(
            "update payments set state = 'unknown' where payment_no = $1", payment.payment_no
        )
        hearing = asyncio.create_task(desk.hear(paid(payment)))
        await asyncio.sleep(0.2)
        assert not hearing.done()
    await hearing
    assert await desk.state(payment) is PaymentStatus.SUCCEEDED
    assert (await desk.told()).count("payment.succeeded") == 1
    assert (await desk.balances())["channel_receivable"] == 1299


async def test_automatic_refund_that_fails_is_for_a_person(desk: Desk) -> None:
    first = await desk.opened()
    desk.pass_time(16)
    second = await desk.opened()
    await desk.hear(paid(second), paid(first))
    (refund,) = await desk.refunds(first)
    await desk.hear(said_of_refund(refund, Source.REFUND, Verdict.DECLINED))
    assert await desk.refund_state(refund) is RefundStatus.FAILED
    assert await desk.alerts() == ["payment.duplicate", "refund.failed"]
