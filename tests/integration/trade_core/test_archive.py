"""The archive: what is over leaves the tables in use, and whoever comes for it finds all as before.

`make simulate` puts orders away and brings them back in half of its worlds.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from tests.builders.trade_core import (
    APP,
    MERCHANT,
    closed,
    paid,
    payment_result,
    refund_request,
    refund_result,
    request,
    returned,
    shared,
    split_request,
)
from tests.integration.trade_core.harness import Harness
from tests.integration.trade_core.service import until

from contracts.api import OrderStatus, PaymentStatus, RefundCause, RefundStatus
from contracts.events.results import Source, Verdict
from contracts.identifiers import made_at
from contracts.internal import ListQuery
from trade_core.domain.errors import OrderClosed, OrderPaid, RefundExceedsPaid, RefundMismatch
from trade_core.domain.order import OrderKey
from trade_core.domain.payment import Payment
from trade_core.flows import apply_results, list_records, read, read_order
from trade_core.flows.archive_orders import archive_orders
from trade_core.flows.check_ledger import check
from trade_core.flows.close_order import close_order
from trade_core.store import archive

IN_USE = """
select (select count(*) from only orders) as orders,
    (select count(*) from only payments) as payments,
    (select count(*) from only refunds) as refunds,
    (select count(*) from only splits) as splits,
    (select count(*) from only split_shares) as split_shares
"""

NOTHING = dict.fromkeys(("orders", "payments", "refunds", "splits", "split_shares"), 0)


async def in_use(harness: Harness) -> dict[str, int]:
    [row] = await harness.rows(IN_USE)
    return dict(row)


async def is_in_use(harness: Harness, payment: Payment) -> bool:
    found = await harness.rows("select from only orders where order_id = $1", payment.order_id)
    return bool(found)


# ── what goes ─────────────────────────────────────────────────────────────────────────────────────


async def test_an_order_goes_with_all_that_belongs_to_it_to_its_month(harness: Harness) -> None:
    payment = await harness.paid(request(amount=1000))
    split = (await harness.split(split_request(payment, "F1", 100, 200))).split
    await harness.apply(shared(split))
    await harness.apply(returned((await harness.refund(refund_request(payment, "T1", 300))).refund))
    before = await read_order.read(harness.deps, payment.order_id)

    assert await harness.archive() == 1

    assert await in_use(harness) == NOTHING
    month = f"{made_at(payment.order_id):%Y_%m}"
    tables = await harness.rows("select distinct tableoid::regclass::text as name from payments")
    assert [row["name"] for row in tables] == [f"archive.payments_{month}"]
    assert await read_order.read(harness.deps, payment.order_id) == before


async def test_a_number_is_listed_long_before_its_order_goes(harness: Harness) -> None:
    payment = await harness.paid()
    young, later = timedelta(days=-36_500), timedelta(minutes=11)
    assert await archive_orders(harness.deps, young, "") == payment.order_id
    assert await archive_orders(harness.deps, young, "") == payment.order_id
    assert await is_in_use(harness, payment)
    harness.now += later
    assert await archive_orders(harness.deps, young, "") == payment.order_id
    assert not await is_in_use(harness, payment)


async def test_what_is_young_stays(harness: Harness) -> None:
    payment = await harness.paid()
    assert await archive_orders(harness.deps, timedelta(days=400), "") is None
    assert await is_in_use(harness, payment)


async def _initiating(harness: Harness) -> Payment:
    return (await harness.open()).payment


async def _unknown(harness: Harness) -> Payment:
    payment = (await harness.open()).payment
    await harness.apply(payment_result(payment, Source.INITIATION, Verdict.UNKNOWN))
    return payment


async def _conflicted(harness: Harness) -> Payment:
    payment = await harness.opened()
    await harness.apply(paid(payment, amount=1))
    return payment


async def _being_closed(harness: Harness) -> Payment:
    payment = await harness.opened()
    await close_order(harness.deps, OrderKey(APP, MERCHANT, "W1"))
    return payment


async def _being_refunded(harness: Harness) -> Payment:
    payment = await harness.paid()
    await harness.refund(refund_request(payment))
    return payment


async def _abnormal(harness: Harness) -> Payment:
    payment = await harness.paid()
    refund = (await harness.refund(refund_request(payment))).refund
    await harness.apply(refund_result(refund, Source.REFUND, Verdict.DECLINED, abnormal=True))
    assert await harness.refund_state(refund) is RefundStatus.ABNORMAL
    return payment


async def _being_split(harness: Harness) -> Payment:
    payment = await harness.paid(request(amount=1000))
    await harness.split(split_request(payment, "F1", 100))
    return payment


async def _being_looked_at(harness: Harness) -> Payment:
    payment = await harness.paid()
    await harness.rows(
        "insert into due_work (subject, account, due_at, attempt) values ($1, 'C1', now(), 0)",
        payment.payment_no,
    )
    return payment


@pytest.mark.parametrize(
    "going_on",
    [
        Harness.opened,
        _initiating,
        _unknown,
        _conflicted,
        _being_closed,
        _being_refunded,
        _abnormal,
        _being_split,
        _being_looked_at,
    ],
)
async def test_nothing_goes_with_which_something_is_going_on(
    harness: Harness, going_on: Callable[[Harness], Awaitable[Payment]]
) -> None:
    payment = await going_on(harness)
    assert await harness.archive() == 0
    assert await is_in_use(harness, payment)


# ── who comes for it ──────────────────────────────────────────────────────────────────────────────


async def test_a_paid_order_is_not_opened_again(harness: Harness) -> None:
    payment = await harness.paid()
    await harness.archive()
    harness.pass_time(3600)
    with pytest.raises(OrderPaid):
        await harness.open(request(amount=1))
    [row] = await harness.rows("select count(*) from orders")
    assert row["count"] == 1
    assert await harness.state(payment) is PaymentStatus.SUCCEEDED


async def test_the_same_create_again_is_answered_with_the_payment_as_it_was(
    harness: Harness,
) -> None:
    payment = await harness.paid()
    await harness.archive()
    again = await harness.open()
    assert (again.created, again.payment.payment_no) == (False, payment.payment_no)


async def test_a_closed_order_is_not_opened_again(harness: Harness) -> None:
    payment = await harness.opened(request(expires_in_s=60))
    harness.pass_time(61)
    await harness.apply(closed(payment))
    assert await harness.archive() == 1
    harness.pass_time(3600)
    with pytest.raises(OrderClosed):
        await harness.open(request(amount=500))


async def test_late_money_is_taken(harness: Harness) -> None:
    payment = await harness.opened(request(expires_in_s=60))
    harness.pass_time(61)
    await harness.apply(closed(payment))
    assert await harness.archive() == 1
    await harness.apply(paid(payment))
    order = await harness.order(payment)
    assert (order.state, order.amount_paid) == (OrderStatus.PAID, 1299)
    assert await harness.archive() == 1


async def test_refunds_and_their_repeats(harness: Harness) -> None:
    payment = await harness.paid(request(amount=1000))
    refund = (await harness.refund(refund_request(payment, "T1", 600))).refund
    await harness.apply(returned(refund))
    await harness.archive()

    repeated = await harness.refund(refund_request(payment, "T1", 600))
    assert (repeated.created, repeated.refund.refund_no) == (False, refund.refund_no)
    await harness.archive()
    with pytest.raises(RefundMismatch):
        await harness.refund(refund_request(payment, "T1", 601))
    with pytest.raises(RefundExceedsPaid):
        await harness.refund(refund_request(payment, "T2", 401))
    await harness.archive()
    rest = (await harness.refund(refund_request(payment, "T2", 400))).refund
    await harness.apply(returned(rest))
    assert (await harness.order(payment)).amount_refunded == 1000


async def test_the_number_of_a_refund_in_the_archive_is_taken(harness: Harness) -> None:
    old = await harness.paid(request(amount=1000))
    await harness.apply(returned((await harness.refund(refund_request(old, "T1", 600))).refund))
    await harness.archive()
    new = await harness.paid(request(merchant_order_no="W2", amount=1000))
    with pytest.raises(RefundMismatch):
        await harness.refund(refund_request(new, "T1", 600))


async def test_money_moved_outside_is_booked(harness: Harness) -> None:
    payment = await harness.paid(request(amount=1000))
    await harness.archive()
    await harness.apply(paid(payment, amount_refunded=300, channel_refund_no="2026010522001"))
    [outside] = await harness.refunds(payment)
    assert (outside.cause, outside.amount) == (RefundCause.EXTERNAL, 300)


async def test_a_trade_of_the_archive_settles_no_other_payment(harness: Harness) -> None:
    old = await harness.paid(request(merchant_order_no="W1"))
    assert await harness.archive() == 1
    new = await harness.opened(request(merchant_order_no="W2"))
    result = harness.received_payment_result(paid(new, channel_trade_no=old.channel_trade_no))
    [refused] = await apply_results.apply_payment_results(harness.deps, [result])
    assert old.payment_no in refused.error
    assert await harness.state(new) is PaymentStatus.PENDING


async def test_reading_brings_nothing_back(harness: Harness) -> None:
    payment = await harness.paid(request(amount=1000))
    refund = (await harness.refund(refund_request(payment, "T1", 300))).refund
    await harness.apply(returned(refund))
    await harness.archive()
    deps, key = harness.deps, OrderKey(APP, MERCHANT, "W1")

    assert (await read.get_payment(deps, payment.payment_no, APP)).amount_refunded == 300
    order = await read.get_order(deps, key)
    assert [one.refund_no for one in order.refunds] == [refund.refund_no]
    assert (await read.get_refund(deps, refund.refund_no, APP)).amount == 300
    found = await read.get_refund_by_number(
        deps, app_id=APP, merchant_id=MERCHANT, merchant_refund_no="T1"
    )
    assert found.refund_no == refund.refund_no
    assert (await read.get_checkout(deps, payment.payment_no)).payment.amount_refunded == 300
    assert await in_use(harness) == NOTHING


async def test_lists_go_on_from_the_tables_in_use_into_the_archive(harness: Harness) -> None:
    old = [await harness.paid(request(merchant_order_no=f"W{n}")) for n in range(5)]
    assert await harness.archive() == 5
    new = [await harness.paid(request(merchant_order_no=f"N{n}")) for n in range(3)]
    expected = [each.payment_no for each in reversed([*old, *new])]

    seen: list[str] = []
    after: str | None = None
    while True:
        query = ListQuery(app_id=APP, merchant_ids=[MERCHANT], limit=2, after=after)
        page = await list_records.list_payments(harness.deps, query)
        seen += [one.payment_no for one in page.items]
        after = page.next_cursor
        if after is None:
            break
    assert seen == expected


async def differences(harness: Harness) -> list[str]:
    findings = await check(harness.db, harness.now, lambda: None)
    assert findings is not None
    return [each.subject for each in findings.differences]


async def test_the_nightly_check_reads_the_archive(harness: Harness) -> None:
    payment = await harness.paid()
    await harness.archive()
    assert await differences(harness) == []
    await harness.rows(
        "update payments set refund_reserved = 1 where payment_no = $1", payment.payment_no
    )
    assert await differences(harness) == [payment.payment_no]


# ── at once ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_create_that_comes_in_the_middle_of_the_move(
    harnesses: tuple[Harness, Harness],
) -> None:
    """It begins before the order is in the archive, and ends when it is not among those in use."""
    one, other = harnesses
    payment = await one.paid()
    async with one.db.transaction() as tx:
        assert await archive.list_over(tx, after="", before="P", limit=1) == [payment.order_id]
    async with one.db.transaction() as tx:
        moving = await archive.lock_listed(tx, [payment.order_id], timedelta())
        await archive.put_away(tx, archive.month_of(payment.order_id), moving)
        creating = asyncio.create_task(other.open(request(amount=7), window_s=0))
        await until(one.has_a_waiting_lock)
    with pytest.raises(OrderPaid):
        await creating
    assert [each.payment_no for each in await other.payments(payment)] == [payment.payment_no]


async def test_creates_and_refunds_while_the_archive_takes_all_it_can(
    harnesses: tuple[Harness, Harness],
) -> None:
    """No number is opened twice, no refund exceeds what was paid, nothing is lost on the way."""
    one, other = harnesses
    payments = [await one.paid(request(merchant_order_no=f"W{n}", amount=1000)) for n in range(20)]
    done = asyncio.Event()

    async def put_away() -> None:
        while not done.is_set():
            await one.archive()
            await asyncio.sleep(0)

    async def refuse(number: int) -> None:
        with pytest.raises(OrderPaid):
            await other.open(request(merchant_order_no=f"W{number}", amount=7), window_s=0)

    async def refunded(harness: Harness, payment: Payment, number: int) -> int:
        try:
            asked = refund_request(payment, f"{payment.payment_no[-6:]}-{number}", 400)
            refund = (await harness.refund(asked)).refund
        except RefundExceedsPaid:
            return 0
        await other.apply(returned(refund))
        return refund.amount

    putting_away = asyncio.create_task(put_away())
    refunds = [refunded((one, other)[n % 2], each, n) for each in payments for n in range(3)]
    amounts, _ = await asyncio.gather(
        asyncio.gather(*refunds), asyncio.gather(*(refuse(number) for number in range(20)))
    )
    done.set()
    await putting_away
    assert sum(amounts) == 20 * 800
    assert await one.archive() == 20
    assert await in_use(one) == NOTHING
    [row] = await one.rows(
        "select count(*), count(distinct merchant_order_no) as numbers from orders"
    )
    assert tuple(row) == (20, 20)
    assert {(await one.payment(each)).amount_refunded for each in payments} == {800}
    assert await differences(one) == []
