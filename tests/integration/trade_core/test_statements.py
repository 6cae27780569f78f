"""Statements of channel accounts: made, fetched in pages, asked for again, shown and forgotten."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from tests.builders.trade_core import (
    ACCOUNT,
    MERCHANT,
    NOON,
    refund_request,
    request,
    returned,
)
from tests.integration.trade_core.harness import Harness
from tests.integration.trade_core.service import until
from tests.integration.trade_core.statement_channel import (
    TODAY,
    account,
    asked,
    bring,
    bring_none,
    compared,
    compared_again,
    difference,
    fetched_again,
    next_morning,
    reconciliation,
    refund_row,
    row_of,
    settle_books,
)

from chassis.problems import InvalidRequest
from contracts.events.configuration import ChannelAccountEntity, State
from contracts.internal import AskForStatement, SettleDifference
from trade_core.domain import reconciliation as schedule
from trade_core.domain.operator_errors import NoStatementOfDay, ReconciliationNotFound
from trade_core.domain.reconciliation import (
    GIVE_UP,
    LEASE,
    OVERDUE,
    RECHECKS,
    SETTLED_INTO_NEXT,
    beginning_of,
    ready_at,
)
from trade_core.flows.compare_statement import compare
from trade_core.flows.read_reconciliation import (
    ask_for,
    fetch_again,
    get_reconciliation,
    list_reconciliations,
    settle,
)
from trade_core.flows.receive_statement import NOTHING_LISTED
from trade_core.flows.reconcile import attend_reconciliations, forget, make_reconciliations
from trade_core.jobs import ReconcileLoop
from trade_core.store import reconciliations
from trade_core.store.reconciliation_views import Wanted

YESTERDAY = TODAY - timedelta(days=1)

WAITING = """
select backend_xid from pg_stat_activity
where wait_event_type = 'Lock' and datname = current_database()
"""
LET_BE = SettleDifference(reason="渠道补单", decided_by="li", version=0)


async def days(harness: Harness, payment_id: str = ACCOUNT) -> list[date]:
    rows = await harness.rows(
        "select day from statement where payment_id = $1 order by day", payment_id
    )
    return [row["day"] for row in rows]


async def alerts_of(harness: Harness, day: date) -> list[str]:
    rows = await harness.rows("select key from event_log where key like $1 order by id", f"%{day}")
    return [row["key"].partition(":")[0] for row in rows]


@asynccontextmanager
async def _slow_comparison(harness: Harness) -> AsyncIterator[None]:
    """A replica compares what is due, and reads as long as the block runs."""

    async def reads() -> bool:
        return bool(await harness.rows(WAITING))

    async with harness.db.transaction() as tx:
        await tx.execute("lock table movement in access exclusive mode")
        comparing = asyncio.create_task(attend_reconciliations(harness.deps))
        await until(reads)
        yield
    await comparing


async def test_each_account_gets_a_statement_of_each_day_whose_statement_can_be_there(
    harness: Harness,
) -> None:
    harness.now = ready_at(TODAY) - timedelta(seconds=1)
    assert await make_reconciliations(harness.deps, [account()]) == 3
    assert (await days(harness))[-1] == YESTERDAY
    harness.now = ready_at(TODAY)
    assert await make_reconciliations(harness.deps, [account()]) == 1
    assert await make_reconciliations(harness.deps, [account()]) == 0


async def test_account_has_no_statement_of_days_before_it_was_registered(harness: Harness) -> None:
    # A number that was made on the 5th of January 2026, at noon.
    young = account("C01KE6V4G80ZZZZZZZZZZZZZZZZ")
    harness.now = ready_at(TODAY + timedelta(days=1))
    await make_reconciliations(harness.deps, [young])
    assert await days(harness, young.payment_id) == [TODAY, TODAY + timedelta(days=1)]


async def test_disabled_account_has_statements_of_days_on_which_something_was_booked(
    harness: Harness,
) -> None:
    await harness.paid()
    await next_morning(harness, account(state=State.DISABLED))
    assert await days(harness) == [TODAY]


async def test_two_replicas_ask_for_each_statement_once(harness: Harness) -> None:
    accounts = [account(f"C{number}") for number in range(5)]
    harness.now = ready_at(TODAY)
    made = await asyncio.gather(*(make_reconciliations(harness.deps, accounts) for _ in range(2)))
    assert sum(made) == 15
    while sum(await asyncio.gather(*(attend_reconciliations(harness.deps) for _ in range(3)))):
        pass
    fetched = [(fetch.payment_id, fetch.day) for fetch in harness.statements_asked]
    assert len(fetched) == len(set(fetched)) == 15


async def test_two_replicas_compare_a_statement_once(harness: Harness) -> None:
    payment = await harness.paid()
    await next_morning(harness)
    fetch = await asked(harness)
    await bring(harness, fetch, [row_of(payment, amount=1300)])
    await asyncio.gather(*(attend_reconciliations(harness.deps) for _ in range(4)))
    [row] = await harness.rows("select comparisons from statement where day = $1", TODAY)
    assert row["comparisons"] == 1
    assert await harness.alerts() == ["reconciliation.differs"]


async def test_pages_may_come_twice_and_in_any_order(harness: Harness) -> None:
    payments = [await harness.paid(request(merchant_order_no=f"W{n}")) for n in range(5)]
    await next_morning(harness)
    fetch = await asked(harness)
    rows = [row_of(payment) for payment in payments]
    for first in (4, 0, 4, 0, 2):
        assert (
            await bring(harness, fetch, rows[first : first + 2], first=first, total=5)
        ).is_wanted
    assert not (await bring(harness, fetch, rows[:2], total=5)).is_wanted
    found = await compared_again(harness, fetch.statement_no)
    assert (found.state, found.rows, found.payments, found.fees) == ("matched", 5, 5, 40)


async def test_pages_side_by_side_are_counted_once(harness: Harness) -> None:
    payments = [await harness.paid(request(merchant_order_no=f"W{n}")) for n in range(4)]
    await next_morning(harness)
    fetch = await asked(harness)
    rows = [row_of(payment) for payment in payments]
    await asyncio.gather(
        *(
            bring(harness, fetch, [rows[n]], first=n, total=4)
            for n in (0, 1, 2, 3)
            for _ in range(3)
        )
    )
    found = await compared_again(harness, fetch.statement_no)
    assert (found.state, found.rows, found.paid) == ("matched", 4, 4 * 1299)


async def test_statement_that_stops_half_way_is_fetched_anew_and_its_rows_do_not_count(
    harness: Harness,
) -> None:
    payment = await harness.paid()
    await next_morning(harness)
    first = await asked(harness)
    await bring(harness, first, [row_of(payment, amount=1)], total=2)
    harness.pass_time(301)
    again = await asked(harness)
    assert (again.statement_no, again.round) == (first.statement_no, first.round + 1)
    assert not (await bring(harness, first, [row_of(payment)], first=1, total=2)).is_wanted
    await bring(harness, again, [row_of(payment)])
    found = await compared_again(harness, again.statement_no)
    assert (found.state, found.paid) == ("matched", 1299)
    [rows] = await harness.rows("select count(*) from bill_row")
    assert rows["count"] == 1


async def test_fetch_that_is_asked_for_while_one_is_under_way_is_made(harness: Harness) -> None:
    """What is accepted is done: the pages that were on their way do not count as its answer."""
    payment = await harness.paid()
    await next_morning(harness)
    under_way = await asked(harness)
    await bring(harness, under_way, [row_of(payment, amount=1)], total=2)
    await fetch_again(harness.deps, under_way.statement_no)
    assert not (await bring(harness, under_way, [row_of(payment)], first=1, total=2)).is_wanted
    again = await asked(harness)
    assert again.round == under_way.round + 1
    await bring(harness, again, [row_of(payment)])
    found = await compared_again(harness, again.statement_no)
    assert (found.state, found.paid) == ("matched", 1299)


async def test_fetch_that_is_asked_for_while_a_replica_compares_is_made(harness: Harness) -> None:
    payment = await harness.paid()
    await next_morning(harness)
    before = await asked(harness)
    await bring(harness, before, [row_of(payment, amount=1)])
    async with harness.db.connection() as tx:
        lease_until = harness.now + LEASE
        [taken] = await reconciliations.take(tx, now=harness.now, lease_until=lease_until, limit=1)
    await fetch_again(harness.deps, before.statement_no)
    await compare(harness.deps, taken)
    again = await asked(harness)
    assert again.round == before.round + 1


async def test_comparison_keeps_no_transaction_open_that_writes(harness: Harness) -> None:
    """While it reads, what others commit is told to apps: an event waits for every transaction that
    has a number."""
    payment = await harness.paid()
    await next_morning(harness)
    await bring(harness, await asked(harness), [row_of(payment)])
    async with _slow_comparison(harness):
        [reader] = await harness.rows(WAITING)
        assert reader["backend_xid"] is None
    [statement] = await harness.rows("select state from statement where day = $1", TODAY)
    assert statement["state"] == "matched"


async def test_difference_that_is_settled_while_a_replica_compares_stays_so(
    harness: Harness,
) -> None:
    payments = [await harness.paid(request(merchant_order_no=number)) for number in ("A", "B")]
    await next_morning(harness)
    rows = [row_of(payment, amount=1) for payment in payments]
    found = await compared(harness, *rows)
    await fetch_again(harness.deps, found.statement_no)
    await bring(harness, await asked(harness), rows)
    async with _slow_comparison(harness):
        await settle(harness.deps, found.differences.items[0].difference_no, LET_BE)
    now_is = await reconciliation(harness, found.statement_no)
    assert [each.state for each in now_is.differences.items] == ["settled", "open"]
    assert now_is.open_differences == 1


async def test_statement_without_rows_is_a_statement(harness: Harness) -> None:
    await next_morning(harness)
    found = await compared(harness)
    assert (found.state, found.rows, found.fees_booked) == ("matched", 0, 0)


async def test_statement_without_rows_of_a_day_on_which_something_was_booked_is_not_there_yet(
    harness: Harness,
) -> None:
    payment = await harness.paid()
    await next_morning(harness)
    for wait_min in (10, 20, 40):
        fetch = await asked(harness)
        assert (await bring(harness, fetch, [])).is_wanted
        found = await compared_again(harness, fetch.statement_no)
        assert (found.state, found.note) == ("awaited", NOTHING_LISTED)
        assert found.next_look_at == harness.now + timedelta(minutes=wait_min)
        harness.now = found.next_look_at
    assert await alerts_of(harness, TODAY) == []
    found = await compared(harness, row_of(payment))
    assert (found.state, found.note, found.fees_booked) == ("matched", None, 8)


async def test_statement_that_lists_nothing_for_a_day_differs_and_is_still_asked_for(
    harness: Harness,
) -> None:
    payment = await harness.paid()
    await next_morning(harness)
    await bring(harness, await asked(harness), [])
    harness.now = ready_at(TODAY) + OVERDUE
    found = await compared(harness)
    assert found.state == "differs"
    assert (difference(found).kind, difference(found).subject) == ("not_billed", payment.payment_no)
    waits = []
    for _ in range(3):
        assert found.next_look_at is not None
        waits.append(found.next_look_at - harness.now)
        harness.now = found.next_look_at
        found = await compared(harness)
        assert found.state == "differs"
    assert waits == list(RECHECKS[:3])
    assert await alerts_of(harness, TODAY) == ["reconciliation.no_bill", "reconciliation.differs"]
    assert found.next_look_at is not None
    harness.now = found.next_look_at
    found = await compared(harness, row_of(payment))
    assert (found.state, found.fees_booked, difference(found).state) == ("matched", 8, "closed")


async def test_statement_without_rows_is_doubted_for_what_another_days_may_have_but_half_a_day(
    harness: Harness,
) -> None:
    """UnionPay's day ends at 23:00."""
    harness.now = beginning_of(TODAY + timedelta(days=1)) - timedelta(minutes=30)
    payment = await harness.paid()
    await next_morning(harness)
    fetch = await asked(harness)
    await bring(harness, fetch, [])
    assert (await reconciliation(harness, fetch.statement_no)).state == "awaited"
    harness.now = ready_at(TODAY) + SETTLED_INTO_NEXT
    assert (await compared(harness)).state == "matched"
    next_day = TODAY + timedelta(days=1)
    await next_morning(harness, day=next_day)
    assert (await compared(harness, row_of(payment), day=next_day)).state == "matched"


async def test_statement_without_rows_is_not_doubted_for_a_refund_that_another_day_lists(
    harness: Harness,
) -> None:
    """The channel lists it when it was begun, and we have it when it was done."""
    payment = await harness.paid()
    refund = (await harness.refund(refund_request(payment, amount=500))).refund
    harness.now += schedule.DAY
    await harness.apply(returned(refund, refunded_at=harness.now))
    next_day = TODAY + timedelta(days=1)
    for day, rows in ((TODAY, [row_of(payment), refund_row(refund)]), (next_day, [])):
        await next_morning(harness, day=day)
        assert (await compared(harness, *rows, day=day)).state == "matched"


async def test_statement_that_is_not_there_is_asked_for_ever_more_seldom(
    harness: Harness,
) -> None:
    await next_morning(harness)
    waits = []
    for _ in range(8):
        fetch = await asked(harness)
        await bring_none(harness, fetch)
        found = await reconciliation(harness, fetch.statement_no)
        assert found.next_look_at is not None
        waits.append((found.next_look_at - harness.now).total_seconds() / 60)
        harness.now = found.next_look_at
    assert waits == [10, 20, 40, 80, 160, 320, 360, 360]
    assert (found.state, found.note) == ("awaited", "STATEMENT_CREATING: 生成中")


async def test_command_that_was_lost_is_sent_again(harness: Harness) -> None:
    harness.kafka_is_up = False
    await next_morning(harness)
    while await attend_reconciliations(harness.deps):
        pass
    assert harness.statements_asked == []
    harness.kafka_is_up = True
    harness.pass_time(601)
    assert (await asked(harness)).round == 2


async def test_people_hear_once_of_a_statement_that_does_not_come(harness: Harness) -> None:
    await next_morning(harness)
    number = (await asked(harness)).statement_no
    for hours in (20, 30, 40, 60):
        harness.now = ready_at(TODAY) + timedelta(hours=hours)
        await asked(harness)
        rows = await harness.rows("select key from event_log where key like '%no_bill%'")
        keys = [row["key"] for row in rows if row["key"].endswith(str(TODAY))]
        assert len(keys) == (hours > 24)
    assert keys == [f"reconciliation.no_bill:{ACCOUNT}:{TODAY}"]
    harness.now = ready_at(TODAY) + GIVE_UP
    found = await compared_again(harness, number)
    assert (found.state, found.next_look_at) == ("unavailable", None)


async def test_channel_without_statements_is_left_alone(harness: Harness) -> None:
    await next_morning(harness)
    fetch = await asked(harness)
    await bring_none(harness, fetch, is_final=True)
    found = await reconciliation(harness, fetch.statement_no)
    assert (found.state, found.next_look_at) == ("unavailable", None)
    before = len(await days(harness))
    harness.now = ready_at(TODAY + timedelta(days=5))
    assert await make_reconciliations(harness.deps, [account()]) == 0
    harness.now = ready_at(TODAY + timedelta(days=40))
    assert await make_reconciliations(harness.deps, [account()]) == 3
    assert len(await days(harness)) == before + 3


async def test_person_may_ask_for_any_day_that_channels_keep(harness: Harness) -> None:
    def of(day: date) -> AskForStatement:
        return AskForStatement(merchant_id=MERCHANT, payment_id=ACCOUNT, channel="wechat", day=day)

    asked_for = await ask_for(harness.deps, of(TODAY - timedelta(days=90)))
    assert (asked_for.state, asked_for.next_look_at) == ("awaited", harness.now)
    assert (await ask_for(harness.deps, of(asked_for.day))).statement_no == asked_for.statement_no
    for day in (TODAY + timedelta(days=1), TODAY - timedelta(days=91)):
        with pytest.raises(NoStatementOfDay):
            await ask_for(harness.deps, of(day))
    found = await compared(harness, day=asked_for.day)
    assert (found.state, found.next_look_at) == ("matched", None)


async def test_rows_and_our_side_are_forgotten_when_nothing_is_compared_any_more(
    harness: Harness,
) -> None:
    payment, lost = await harness.paid(), await harness.paid(request(merchant_order_no="W2"))
    await next_morning(harness)
    found = await compared(harness, row_of(payment))
    harness.now = NOON + timedelta(days=5)
    await forget(harness.deps)
    assert await counts(harness) == (1, 2)
    harness.now = NOON + timedelta(days=7)
    await forget(harness.deps)
    assert await counts(harness) == (0, 0)
    late = await compared_again(harness, found.statement_no)
    assert (late.state, late.next_look_at, late.open_differences) == ("differs", None, 1)
    # Our side is gone: a statement that is fetched again closes only what it has.
    fetch = await fetched_again(harness, found.statement_no)
    await bring(harness, fetch, [row_of(payment)])
    late = await compared_again(harness, found.statement_no)
    assert (late.state, difference(late).state) == ("differs", "open")
    assert difference(late).subject == lost.payment_no
    fetch = await fetched_again(harness, found.statement_no)
    await bring(harness, fetch, [row_of(payment), row_of(lost)])
    late = await compared_again(harness, found.statement_no)
    assert (late.state, difference(late).state) == ("matched", "closed")


async def counts(harness: Harness) -> tuple[int, int]:
    [row] = await harness.rows(
        "select (select count(*) from bill_row) as rows, (select count(*) from movement) as ours"
    )
    return row["rows"], row["ours"]


async def test_our_side_is_noted_once_and_only_of_the_last_days(harness: Harness) -> None:
    await harness.paid()
    harness.now = NOON + timedelta(days=9)
    await harness.paid(request(merchant_order_no="W2"))
    await settle_books(harness)
    await settle_books(harness)
    [row] = await harness.rows("select day, amount from movement")
    assert (row["day"], row["amount"]) == (TODAY + timedelta(days=9), 1299)


async def test_statements_are_listed_from_the_latest_day_on(harness: Harness) -> None:
    await next_morning(harness, account("C1"), account("C2", merchant_id="M2"))
    seen: list[tuple[date, str]] = []
    after = None
    while True:
        page = await list_reconciliations(harness.deps, Wanted(), after, 4)
        seen += [(item.day, item.payment_id) for item in page.items]
        after = page.next_cursor
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 6
    assert [day for day, _ in seen] == sorted((day for day, _ in seen), reverse=True)

    async def listed(**filters: Any) -> int:
        return len((await list_reconciliations(harness.deps, Wanted(**filters), None, 100)).items)

    assert await listed(merchant_id="M2") == 3
    assert await listed(account_id="C1", first_day=YESTERDAY) == 2
    assert await listed(last_day=YESTERDAY) == 4
    assert await listed(state="matched") == 0
    for cursor in ("x", "e30", "W10", "WzEsMl0"):
        with pytest.raises(InvalidRequest):
            await list_reconciliations(harness.deps, Wanted(), cursor, 4)
    with pytest.raises(ReconciliationNotFound):
        await get_reconciliation(harness.deps, "B404", None, 1)


@dataclass
class Known:
    """The channel accounts of a configuration that was read."""

    changes: int = 1

    def list_all(self) -> list[ChannelAccountEntity]:
        return [account(f"C{number}") for number in range(self.changes)]


async def test_loop_has_the_statements_of_all_accounts_fetched_also_of_those_that_come_later(
    harness: Harness,
) -> None:
    harness.now = ready_at(TODAY)
    known, stop = Known(), asyncio.Event()
    running = asyncio.create_task(ReconcileLoop(harness.deps, known).run(stop))

    async def has_asked(count: int) -> bool:
        return len(harness.statements_asked) == count

    await until(lambda: has_asked(3))
    known.changes = 2
    await until(lambda: has_asked(6))
    stop.set()
    await running
    assert {fetch.payment_id for fetch in harness.statements_asked} == {"C0", "C1"}


async def test_the_rows_of_however_many_statements_are_forgotten(harness: Harness) -> None:
    payment = await harness.paid()
    await next_morning(harness)
    found = await compared(harness, row_of(payment))
    others = """
        insert into statement (statement_no, merchant_id, payment_id, channel, day, state,
            rows_round, rows_until)
        select 'B' || n, 'M1', 'CX' || n, 'wechat', day, 'matched', 1, rows_until
        from statement, generate_series(1, 25) n where statement_no = $1"""
    await harness.rows(others, found.statement_no)
    rows = """
        insert into bill_row (statement_no, round, line, about, subject, is_ours, channel_no,
            amount, currency, fee, status)
        select 'B' || n, 1, 0, 'payment', 'P', true, '4', 1, 'CNY', 0, 'done'
        from generate_series(1, 25) n"""
    await harness.rows(rows)
    harness.now = NOON + timedelta(days=7)
    await forget(harness.deps)
    assert (await counts(harness))[0] == 0
