"""`read-again`. After a failed compare-and-set everything is read again."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from tests.builders.trade_core import (
    APP,
    MERCHANT,
    paid,
    refund_request,
    request,
    split_request,
)
from tests.integration.trade_core.harness import Harness
from tests.integration.trade_core.service import until

from chassis.consumer import DeadRecord
from chassis.database import is_passing
from chassis.problems import Overloaded
from contracts.api import CreatePayment, Method, OrderStatus, PaymentStatus
from trade_core.consumers import Results
from trade_core.domain.errors import SplitExceedsPaid
from trade_core.domain.order import OrderKey
from trade_core.flows.close_order import close_order
from trade_core.flows.dead_letters import list_letters, replay
from trade_core.flows.poll_due import LEASE, STUBBORN_PAUSE
from trade_core.flows.retry import TRIES, retry_on_conflict
from trade_core.store.concurrency import ConcurrentChange
from trade_core.store.dead_letters import Wanted

STUBBORN_ROW = """
create function stay() returns trigger language plpgsql as 'begin return null; end'
"""
STUBBORN = """
create trigger stubborn before update on payments for each row
when (old.payment_no = '{payment_no}') execute function stay()
"""
CHANGE_ROW = "update payments set state = $2 where payment_no = $1"


async def _while_somebody_changes_the_row(
    harness: Harness, payment_no: str, state: str, flow: Coroutine[Any, Any, Any]
) -> None:
    """Run the flow beside somebody who does not take the order's lock, and commits behind it."""
    async with harness.db.transaction() as tx:
        await tx.execute(CHANGE_ROW, payment_no, state)
        running = asyncio.create_task(flow)
        await until(harness.has_a_waiting_lock)
        assert not running.done()
    async with asyncio.timeout(60):
        await running


async def test_success_meets_a_row_that_has_just_changed(harness: Harness) -> None:
    payment = await harness.opened()
    await _while_somebody_changes_the_row(
        harness, payment.payment_no, "unknown", harness.apply(paid(payment))
    )
    assert await harness.state(payment) is PaymentStatus.SUCCEEDED
    assert (await harness.event_types()).count("payment.succeeded") == 1
    assert (await harness.balances())["channel_receivable"] == 1299


async def test_next_attempt_meets_a_row_that_has_just_changed(harness: Harness) -> None:
    first = await harness.opened()
    harness.pass_time(16)
    await _while_somebody_changes_the_row(
        harness, first.payment_no, "unknown", harness.open(request(amount=1300))
    )
    older, newer = await harness.payments(first)
    assert (older.state, older.closing) == (PaymentStatus.UNKNOWN, True)
    assert (newer.state, newer.amount) == (PaymentStatus.INITIATING, 1300)


async def test_close_meets_a_row_that_has_just_changed(harness: Harness) -> None:
    payment = await harness.opened()
    await _while_somebody_changes_the_row(
        harness,
        payment.payment_no,
        "failed",
        close_order(harness.deps, OrderKey(APP, MERCHANT, "W1")),
    )
    assert await harness.state(payment) is PaymentStatus.FAILED
    assert (await harness.order(payment)).state is OrderStatus.CLOSED


async def test_refund_meets_a_reservation_that_was_made_meanwhile(harness: Harness) -> None:
    """It adds to what is there now, not to what it has read."""
    payment = await harness.paid()
    async with harness.db.transaction() as tx:
        await tx.execute(
            "update payments set refund_reserved = 700 where payment_no = $1", payment.payment_no
        )
        refunding = asyncio.create_task(harness.refund(refund_request(payment, amount=500)))
        await until(harness.has_a_waiting_lock)
        assert not refunding.done()
    await refunding
    assert (await harness.payment(payment)).refund_reserved == 1200


async def test_split_meets_a_reservation_that_was_made_meanwhile(harness: Harness) -> None:
    """Whether it fits is decided anew."""
    payment = await harness.paid()
    async with harness.db.transaction() as tx:
        await tx.execute(
            "update payments set refund_reserved = 1000 where payment_no = $1", payment.payment_no
        )
        splitting = asyncio.create_task(harness.split(split_request(payment, "F1", 300)))
        await until(harness.has_a_waiting_lock)
        assert not splitting.done()
    with pytest.raises(SplitExceedsPaid):
        await splitting
    assert (await harness.payment(payment)).split_reserved == 0


async def test_word_that_can_never_be_written_does_not_pass_for_a_busy_row(
    harness: Harness,
) -> None:
    """The consumer then looks for it, and its neighbours go on."""
    payment, neighbour = (
        await harness.opened(),
        await harness.opened(request(merchant_order_no="N")),
    )
    await harness.rows(STUBBORN_ROW)
    await harness.rows(STUBBORN.format(payment_no=payment.payment_no))
    words = [harness.received_payment_result(paid(each)) for each in (payment, neighbour)]
    results = Results(harness.deps)
    with pytest.raises(ExceptionGroup) as refused:
        await results.apply(words)
    assert not is_passing(refused.value)
    await results.apply(words[1:])
    assert await harness.state(neighbour) is PaymentStatus.SUCCEEDED

    await results.dead_letter([DeadRecord(words[0].record, repr(refused.value))])
    (letter,) = (await list_letters(harness.deps, Wanted(), None, 50)).items
    again = await replay(harness.deps, letter.id, letter.version)
    assert (again.tries, again.replayed_at) == (1, None)
    await harness.rows("drop trigger stubborn on payments")
    assert (await replay(harness.deps, letter.id, again.version)).replayed_at is not None
    assert await harness.state(payment) is PaymentStatus.SUCCEEDED


async def test_end_that_can_never_be_written_holds_up_no_other(harness: Harness) -> None:
    def page(number: str) -> CreatePayment:
        return request(
            method=Method.CASHIER, payment_id=None, merchant_order_no=number, expires_in_s=60
        )

    stuck, neighbour = [(await harness.open(page(number))).payment for number in ("S", "N")]
    await harness.rows(STUBBORN_ROW)
    await harness.rows(STUBBORN.format(payment_no=stuck.payment_no))
    harness.pass_time(55)
    waiting = await harness.opened()
    harness.pass_time(6)
    with pytest.raises(ConcurrentChange):
        await harness.attend()
    assert await harness.state(neighbour) is PaymentStatus.CLOSED
    assert [command.payment.payment_no for command in harness.sent] == [waiting.payment_no]
    harness.pass_time(LEASE.total_seconds() + 1)
    await harness.attend()  # It had the loop end, and rest, whenever its lease was over.
    await harness.rows("drop trigger stubborn on payments")
    harness.pass_time(STUBBORN_PAUSE.total_seconds())
    await harness.attend()
    assert await harness.state(stuck) is PaymentStatus.CLOSED


async def test_change_after_change_ends_as_a_problem_and_never_as_a_guess() -> None:
    tries = 0

    @retry_on_conflict
    async def unlucky() -> None:
        nonlocal tries
        tries += 1
        raise ConcurrentChange("the row is another one again")

    with pytest.raises(Overloaded) as refused:
        await unlucky()
    assert (tries, refused.value.status) == (TRIES, 503)
