"""Many hands on the same rows of a real database in the same moment, in several replicas."""

import asyncio
from collections.abc import Sequence
from random import Random

from tests.builders.trade_core import (
    APP,
    MERCHANT,
    closed,
    paid,
    payment_result,
    refund_request,
    request,
    returned,
)
from tests.integration.trade_core.harness import Harness
from tests.integration.trade_core.service import until

from chassis.outbox import Relay
from chassis.producer import Message, NotPublished, Producer
from contracts import topics
from contracts.api import OrderStatus, PaymentStatus
from contracts.events.orders import OrderEventRecord
from contracts.events.results import Source, Verdict
from trade_core.domain.errors import OrderPaid, RefundExceedsPaid
from trade_core.domain.order import OrderKey
from trade_core.domain.payment import Payment
from trade_core.flows.close_order import close_order
from trade_core.flows.poll_due import poll_due

ORDERS = 20


async def test_webhook_query_and_close_answer_at_once(harnesses: tuple[Harness, Harness]) -> None:
    """Two replicas hear all three of each order, in any order: paid, booked and told once."""
    one, other = harnesses
    payments = [await one.opened(request(merchant_order_no=f"W{n}")) for n in range(ORDERS)]
    dice = Random(5)
    for payment in payments:
        words = [
            paid(payment),
            paid(payment, Source.QUERY),
            payment_result(payment, Source.CLOSE, Verdict.DECLINED),
            closed(payment),
        ]
        dice.shuffle(words)
        await asyncio.gather(
            *(harness.apply(word) for harness, word in zip((one, other) * 2, words, strict=True))
        )
    await _are_paid_once(one, payments)


async def test_success_and_the_apps_close_at_once(harnesses: tuple[Harness, Harness]) -> None:
    """The order is paid whoever was first: late money is taken by this app."""
    one, other = harnesses
    payments = [await one.opened(request(merchant_order_no=f"W{n}")) for n in range(ORDERS)]

    async def withdraw(number: int) -> None:
        try:
            await close_order(other.deps, OrderKey(APP, MERCHANT, f"W{number}"))
        except OrderPaid:
            return

    await asyncio.gather(
        *(withdraw(number) for number in range(ORDERS)),
        *(one.apply(paid(payment)) for payment in payments),
    )
    await _are_paid_once(one, payments)


async def test_refunds_and_their_results_at_once(harnesses: tuple[Harness, Harness]) -> None:
    """New refunds are asked for while the results of others come in: the sums stay right."""
    one, other = harnesses
    payment = await one.paid(request(amount=1000))

    async def refunded(harness: Harness, number: int) -> int:
        try:
            refund = (await harness.refund(refund_request(payment, f"T{number}", 90))).refund
        except RefundExceedsPaid:
            return 0
        await asyncio.gather(one.apply(returned(refund)), other.apply(returned(refund)))
        return refund.amount

    amounts = await asyncio.gather(*(refunded((one, other)[n % 2], n) for n in range(30)))
    now = await one.payment(payment)
    assert sum(amounts) == now.refund_reserved == now.amount_refunded == 990
    assert (await one.order(payment)).amount_refunded == 990
    assert (await one.balances())["channel_receivable"] == 10


async def test_two_due_loops_and_the_words_they_cause(harnesses: tuple[Harness, Harness]) -> None:
    """Both loops run while the answers come in: each row is asked about by one of them."""
    one, other = harnesses
    payments = [await one.opened(request(merchant_order_no=f"W{n}")) for n in range(ORDERS)]
    for harness in harnesses:
        harness.pass_time(5)

    async def loop(harness: Harness) -> None:
        while await poll_due(harness.deps):
            pass

    await asyncio.gather(loop(one), loop(other), *(one.apply(paid(p)) for p in payments[::2]))
    asked = [command.payment.payment_no for command in (*one.sent, *other.sent)]
    assert len(asked) == len(set(asked))
    assert set(asked) >= {payment.payment_no for payment in payments[1::2]}


async def test_two_relays_publish_each_orders_events_in_their_order(
    harnesses: tuple[Harness, Harness],
) -> None:
    """While business goes on, and although one of the two dies in the middle."""
    one, other = harnesses
    bus = Bus()
    dying = asyncio.create_task(Relay(one.db, bus, batch=5).run(asyncio.Event()))
    stop = asyncio.Event()
    living = asyncio.create_task(Relay(other.db, bus, batch=5).run(stop))
    payments = await asyncio.gather(
        *(one.paid(request(merchant_order_no=f"W{n}")) for n in range(ORDERS))
    )

    async def has_begun() -> bool:
        return len(bus.events) > ORDERS

    async def is_through() -> bool:
        return not await one.rows("select 1 from event_pending limit 1")

    await until(has_begun)
    dying.cancel()
    for payment in payments:
        await other.refund(refund_request(payment, f"T{payment.payment_no}"))
    await until(is_through)
    stop.set()
    await asyncio.gather(living, dying, return_exceptions=True)
    logged = await one.events()
    assert {record.id for record in bus.events} == {record.id for record in logged}
    for payment in payments:
        sequences = [e.data.sequence for e in bus.events if e.data.order_id == payment.order_id]
        firsts = list(dict.fromkeys(sequences))
        assert firsts == sorted(firsts) == [1, 2, 3, 4, 5]


class Bus(Producer):
    """Stands where the producer stands, and takes a moment for everything."""

    def __init__(self) -> None:
        super().__init__("nowhere", "tests")
        self.events: list[OrderEventRecord] = []

    async def attempt(self, messages: Sequence[Message]) -> list[NotPublished | None]:
        await asyncio.sleep(0.01)
        self.events += [
            OrderEventRecord.model_validate_json(message.value)
            for message in messages
            if message.topic == topics.ORDER_EVENTS
        ]
        return [None] * len(messages)


async def _are_paid_once(harness: Harness, payments: list[Payment]) -> None:
    for payment in payments:
        assert await harness.state(payment) is PaymentStatus.SUCCEEDED
        assert (await harness.order(payment)).state is OrderStatus.PAID
    assert (await harness.event_types()).count("payment.succeeded") == len(payments)
    assert (await harness.balances())["channel_receivable"] == 1299 * len(payments)
