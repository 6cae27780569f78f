"""Batches of words of channels on a real database."""

import asyncio

from tests.builders.trade_core import paid, payment_result, request, waits
from tests.integration.trade_core.harness import Harness

from contracts import topics
from contracts.api import PaymentStatus
from contracts.events.alerts import AlertRecord
from contracts.events.results import Source, Verdict
from trade_core.consumers import Results


async def test_batch_of_many_orders_is_applied_whole(harness: Harness) -> None:
    opened = [await harness.open(request(merchant_order_no=f"W{n}")) for n in range(30)]
    payments = [each.payment for each in opened]
    await harness.apply(*map(waits, payments), *map(paid, payments), *map(paid, payments))
    assert {await harness.state(payment) for payment in payments} == {PaymentStatus.SUCCEEDED}
    assert (await harness.event_types()).count("payment.succeeded") == 30
    assert (await harness.balances())["merchant_payable"] == -30 * 1299


async def test_large_batch_is_applied_side_by_side_and_each_payment_in_its_order(
    harness: Harness,
) -> None:
    opened = [await harness.open(request(merchant_order_no=f"W{n}")) for n in range(100)]
    words = [
        harness.received_payment_result(make(each.payment))
        for make in (waits, paid)
        for each in opened
    ]
    await Results(harness.deps).apply(words)

    types_by_order: dict[str, list[str]] = {}
    for event in await harness.events():
        types_by_order.setdefault(event.data.order_id, []).append(event.type)
    whole_life = ["payment.created", "payment.pending", "payment.succeeded", "order.paid"]
    assert list(types_by_order.values()) == [whole_life] * 100


async def test_batches_over_the_same_orders_do_not_deadlock(harness: Harness) -> None:
    opened = [await harness.open(request(merchant_order_no=f"W{n}")) for n in range(20)]
    words = [paid(each.payment) for each in opened]
    await asyncio.gather(*(harness.apply(*words) for _ in range(4)), *(
        harness.apply(*reversed(words)) for _ in range(4)
    ))  # fmt: skip
    assert (await harness.event_types()).count("payment.succeeded") == 20


async def test_poison_is_a_dead_letter_and_its_neighbours_are_applied(harness: Harness) -> None:
    good = (await harness.open()).payment
    waiting = await harness.opened(request(merchant_order_no="W2"))
    unknown = payment_result(good, Source.NOTICE, Verdict.SUCCEEDED, payment_no="P404")
    impossible = payment_result(waiting, Source.INITIATION, Verdict.NOT_SENT)
    await harness.apply(unknown, paid(good), impossible)

    assert await harness.state(good) is PaymentStatus.SUCCEEDED
    assert await harness.state(waiting) is PaymentStatus.PENDING
    dead = await harness.rows("select * from dead_event order by error")
    assert [row["key"] for row in dead] == [waiting.payment_no, "P404"]
    assert b'"verdict":"not_sent"' in dead[0]["value"]
    assert [row["topic"] for row in dead] == [topics.PAYMENT_RESULTS] * 2
    rows = await harness.rows("select payload from event_log where topic = $1", topics.ALERTS)
    alerts = [AlertRecord.model_validate_json(row["payload"]).data for row in rows]
    assert {alert.facts["payment_no"] for alert in alerts} == {"P404", waiting.payment_no}
