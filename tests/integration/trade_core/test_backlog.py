"""People hear when due work waits, and when nobody checked the books last night."""

from datetime import timedelta

from tests.builders.trade_core import payment_result, refund_request, refund_result, waits
from tests.integration.trade_core.harness import Harness

from contracts.api import PaymentStatus
from contracts.events.results import Source, Verdict
from trade_core.domain import checking
from trade_core.domain.checking import Findings
from trade_core.flows.measure import CHECK_TAKES, backlog
from trade_core.store import checking as store


async def test_the_oldest_due_row_that_nobody_took_counts(harness: Harness) -> None:
    assert (await backlog(harness.db, harness.now)).due_s == 0
    await harness.open()
    async with harness.db.transaction() as tx:
        await tx.execute("update due_work set due_at = statement_timestamp() + interval '1 hour'")
    later = await backlog(harness.db, harness.now)
    assert (later.due_s, later.due_rows) == (0, 0)
    async with harness.db.transaction() as tx:
        await tx.execute("update due_work set due_at = statement_timestamp() - interval '1 min'")
    waiting = await backlog(harness.db, harness.now)
    assert 59 < waiting.due_s < 65
    assert waiting.due_rows == 1


async def test_a_check_of_last_night_that_is_not_there_counts_after_two_hours(
    harness: Harness,
) -> None:
    began = checking.last_due(harness.now)
    assert (await backlog(harness.db, began + CHECK_TAKES)).check_s == 0
    late = began + CHECK_TAKES + timedelta(minutes=30)
    assert (await backlog(harness.db, late)).check_s == 1800
    async with harness.db.transaction() as tx:
        await store.finish(tx, began.date(), Findings(), upto=0, at=late)
    assert (await backlog(harness.db, late)).check_s == 0


async def test_the_oldest_payment_whose_outcome_nobody_knows_counts(harness: Harness) -> None:
    payment = (await harness.open()).payment
    assert (await backlog(harness.db, harness.now)).unknown_s == {}
    harness.pass_time(60)
    await harness.apply(payment_result(payment, Source.QUERY, Verdict.UNKNOWN))
    assert await harness.state(payment) is PaymentStatus.UNKNOWN
    harness.pass_time(840)
    assert (await backlog(harness.db, harness.now)).unknown_s == {("payment", "wechat"): 900}
    await harness.apply(waits(payment))
    assert (await backlog(harness.db, harness.now)).unknown_s == {}


async def test_a_refund_that_is_under_way_at_its_channel_is_not_unknown(
    harness: Harness,
) -> None:
    payment = await harness.paid()
    refund = (await harness.refund(refund_request(payment))).refund
    harness.pass_time(700)
    assert (await backlog(harness.db, harness.now)).unknown_s == {("refund", "wechat"): 700}
    await harness.apply(refund_result(refund, Source.QUERY, Verdict.PENDING))
    assert (await backlog(harness.db, harness.now)).unknown_s == {}
