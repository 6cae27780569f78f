"""The ledger as people see it, and the nightly check that compares it with all else."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import pytest
from tests.builders.trade_core import (
    paid,
    refund_request,
    refund_result,
    request,
    returned,
    shared,
    split_request,
)
from tests.integration.trade_core.harness import Harness

from chassis.database import Database
from chassis.problems import InvalidRequest
from contracts.events.results import Source, Verdict
from contracts.internal import DecideRefund, LedgerBalance, RefundDecision
from trade_core.domain.checking import Findings, Part, last_due
from trade_core.flows.check_ledger import check, check_if_due
from trade_core.flows.decide import decide_refund
from trade_core.flows.read_ledger import advance_balances, list_balances, list_entries

SETTLED_S = 901


async def balances(
    harness: Harness,
    merchant_id: str = "M1",
    payment_id: str | None = None,
    after: str | None = None,
) -> list[LedgerBalance]:
    page = await list_balances(
        harness.deps, merchant_ids=[merchant_id], account_id=payment_id, after=after, limit=100
    )
    return page.items


async def test_balances_are_the_sums_of_all_postings_kept_or_not(harness: Harness) -> None:
    await harness.paid()
    harness.pass_time(SETTLED_S)
    assert await advance_balances(harness.db, harness.now) == 1
    assert await advance_balances(harness.db, harness.now) == 0
    young = await harness.paid(request(merchant_order_no="W2"))
    assert await advance_balances(harness.db, harness.now) == 0
    await harness.refund(refund_request(young, amount=300))
    assert {each.purpose: each.amount for each in await balances(harness)} == {
        "channel_receivable": 2598,
        "merchant_payable": -2298,
        "refunds_in_flight": -300,
    }


async def test_replicas_add_each_transaction_up_once(harness: Harness) -> None:
    for number in range(5):
        await harness.paid(request(merchant_order_no=f"W{number}"))
    harness.pass_time(SETTLED_S)
    added = await asyncio.gather(*(advance_balances(harness.db, harness.now) for _ in range(4)))
    assert sum(added) == 5
    (receivable, _) = await harness.rows("select amount from ledger_balance order by purpose")
    assert receivable["amount"] == 5 * 1299


async def test_balances_come_by_merchant_account_and_page(harness: Harness) -> None:
    await harness.paid()
    await harness.paid(request(merchant_order_no="W2", payment_id="C2"))
    await harness.paid(request(merchant_order_no="W3", merchant_id="M2"))
    first = await list_balances(
        harness.deps, merchant_ids=None, account_id=None, after=None, limit=4
    )
    second = await list_balances(
        harness.deps, merchant_ids=None, account_id=None, after=first.next_cursor, limit=4
    )
    accounts = [(each.merchant_id, each.payment_id) for each in (*first.items, *second.items)]
    assert accounts == [("M1", "C1")] * 2 + [("M1", "C2")] * 2 + [("M2", "C1")] * 2
    assert (first.next_cursor is None, second.next_cursor) == (False, None)
    assert {each.payment_id for each in await balances(harness, payment_id="C2")} == {"C2"}
    assert await balances(harness, merchant_id="M404") == []


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJNMSIsIkMxIl0", "WyJcdTAwMDAiLCIiLCIiLCIiXQ"])
async def test_cursor_that_is_not_ours_is_refused(harness: Harness, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        await balances(harness, after=cursor)


async def test_entries_tell_what_was_booked_of_a_number(harness: Harness) -> None:
    payment = await harness.paid()
    refund = (await harness.refund(refund_request(payment))).refund
    await harness.apply(returned(refund))
    [captured] = (await list_entries(harness.deps, payment.payment_no)).items
    assert (captured.kind, captured.merchant_id, captured.payment_id) == (
        "payment_captured",
        "M1",
        "C1",
    )
    assert [(each.purpose, each.amount) for each in captured.postings] == [
        ("channel_receivable", 1299),
        ("merchant_payable", -1299),
    ]
    kinds = [entry.kind for entry in (await list_entries(harness.deps, refund.refund_no)).items]
    assert kinds == ["refund_started", "refund_settled"]
    assert (await list_entries(harness.deps, "P404")).items == []


async def lived(harness: Harness) -> None:
    """Of everything that can become of money, something."""
    await harness.opened(request(merchant_order_no="open"))
    refunded = await harness.paid(request(merchant_order_no="refunded"))
    for number, verdict, more in (
        ("T1", Verdict.SUCCEEDED, {}),
        ("T2", Verdict.DECLINED, {}),
        ("T3", Verdict.PENDING, {}),
        ("T4", Verdict.DECLINED, {"abnormal": True}),
        ("T5", Verdict.DECLINED, {"abnormal": True}),
    ):
        refund = (await harness.refund(refund_request(refunded, number, 100))).refund
        await harness.apply(refund_result(refund, Source.REFUND, verdict, **more))
        if number == "T5":
            settled = DecideRefund(
                decision=RefundDecision.SETTLED_OUTSIDE, reason="x", decided_by="li", version=1
            )
            await decide_refund(harness.deps, refund.refund_no, settled)
    first = await harness.opened(request(merchant_order_no="twice"))
    harness.pass_time(16)
    second = await harness.opened(request(merchant_order_no="twice"))
    await harness.apply(paid(second), paid(first))
    conflict = await harness.opened(request(merchant_order_no="conflict"))
    await harness.apply(paid(conflict, amount=1))


async def checked(harness: Harness) -> Findings:
    findings = await check(harness.db, harness.now, lambda: None)
    assert findings is not None
    return findings


async def test_books_that_agree_are_found_to_agree(harness: Harness) -> None:
    await lived(harness)
    harness.pass_time(SETTLED_S)
    findings = await check(harness.db, harness.now, lambda: None, batch=2)
    assert findings is not None
    assert findings.differences == []
    assert (findings.payments, findings.transactions) == (5, 12)
    assert "ledger_check_failed" not in await harness.alerts()


async def test_books_with_splits_agree(harness: Harness) -> None:
    payment = await harness.paid(request(payment_id="C1", splits=True))
    started = await harness.split(split_request(payment, "F1", 100, 200))
    assert (await checked(harness)).differences == []
    await harness.apply(shared(started.split))
    assert (await checked(harness)).differences == []
    await harness.refund(refund_request(payment, "T1", 1299))
    assert (await checked(harness)).differences == []


CORRUPTIONS = {
    "payment without its entry": (
        "delete from ledger_posting; delete from ledger_transaction",
        "payment",
    ),
    "entry of another amount": (
        "update ledger_posting set amount = amount + sign(amount)::int",
        "payment",
    ),
    "entry that does not balance": (
        "update ledger_posting set amount = amount + 1 where line = 1",
        "transaction",
    ),
    "entry of another merchant": ("update ledger_posting set merchant_id = 'M2'", "payment"),
    "entry about nothing": (
        "update ledger_transaction set subject = 'P404'",
        "transaction",
    ),
    "posting of no transaction": ("delete from ledger_transaction", "transaction"),
    "half an entry": ("delete from ledger_posting where line = 1", "transaction"),
    "reserved for no refund": ("update payments set refund_reserved = 7", "payment"),
    "order of another amount": ("update orders set amount_paid = 1", "payment"),
    "refund that nobody booked": (
        "insert into refunds (refund_no, order_id, payment_no, app_id, merchant_id, cause, state,"
        " amount, currency, created_at) select 'R1', order_id, payment_no, 'A1', 'M1', 'late',"
        " 'succeeded', 5, 'CNY', now() from payments",
        "payment",
    ),
    "kept sum": ("update ledger_balance set amount = amount + 1", "balance"),
}
"""What somebody with all rights, and no triggers in the way, has done to the books."""


@pytest.mark.parametrize("corruption", list(CORRUPTIONS))
async def test_corrupted_row_is_found(harness: Harness, corruption: str) -> None:
    change, part = CORRUPTIONS[corruption]
    await harness.paid()
    harness.pass_time(SETTLED_S)
    await advance_balances(harness.db, harness.now)
    async with harness.db.transaction() as tx:
        await tx.execute("set local session_replication_role = replica")
        await tx.execute(change)
    findings = await checked(harness)
    assert findings.counts()[Part(part)] > 0
    assert await harness.alerts() == ["ledger_check_failed"]
    (output,) = await harness.rows("select differences from ledger_check")
    assert output["differences"] == len(findings.differences)


async def test_check_by_hand_names_what_disagrees(
    make_database: Callable[[str], Awaitable[str]],
) -> None:
    url = await make_database("trade_core")
    assert await _by_hand(url) == (0, "0 payments, 0 ledger transactions, 0 differences\n")
    db = await Database.connect(url, application_name="tests")
    await Harness(db, now=datetime.now(UTC)).paid()
    async with db.connection() as tx:
        await tx.execute("update orders set amount_paid = 1")
    await db.close()
    code, output = await _by_hand(url)
    assert code == 1
    assert "order.amount_paid is 1, not 1299" in output


async def _by_hand(url: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "trade_core.ledger_check",
        env={**os.environ, "PAYMESH_DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()


async def test_check_is_made_once_a_night_by_one_replica(harness: Harness) -> None:
    await harness.paid()

    async def tried() -> Sequence[bool]:
        found = [check_if_due(harness.deps, lambda: None) for _ in range(3)]
        return [findings is not None for findings in await asyncio.gather(*found)]

    assert sum(await tried()) == 1
    assert sum(await tried()) == 0
    harness.pass_time(24 * 3600)
    assert sum(await tried()) == 1


A_DAY_S = 24 * 3600
A_MONTH_S = 31 * A_DAY_S


async def tonight(harness: Harness) -> Findings:
    """The check of the night, after all that was made has settled."""
    harness.pass_time(A_DAY_S)
    findings = await check_if_due(harness.deps, lambda: None)
    assert findings is not None
    return findings


async def old_is(harness: Harness) -> None:
    """All that was opened so far is too old to be looked at for its age."""
    await changed(harness, "update ledger_check set finished_at = now() + interval '9 days'")


async def changed(harness: Harness, change: str) -> None:
    async with harness.db.transaction() as tx:
        await tx.execute("set local session_replication_role = replica")
        await tx.execute(change)


async def test_a_night_reads_what_is_new_or_has_moved_since_the_night_before(
    harness: Harness,
) -> None:
    first, second = await harness.paid(), await harness.paid(request(merchant_order_no="W2"))
    everything = await tonight(harness)
    assert (everything.is_full, everything.payments, everything.transactions) == (True, 2, 2)
    await old_is(harness)
    nothing = await tonight(harness)
    assert (nothing.is_full, nothing.payments, nothing.transactions) == (False, 0, 0)
    await old_is(harness)
    refund = (await harness.refund(refund_request(second, amount=100))).refund
    await harness.apply(returned(refund))
    moved = await tonight(harness)
    assert (moved.is_full, moved.payments, moved.transactions) == (False, 1, 2)
    assert moved.differences == []
    assert first.payment_no != second.payment_no


MOVED = {
    "payment": "update payments set amount_refunded = 7",
    "order": "update orders set amount_refunded = 7",
    "entry": "update ledger_posting set amount = amount + sign(amount)::int"
    " where transaction_id > (select upto from ledger_check)",
    "kept sum": "update ledger_balance set amount = amount + 1",
    "entry taken away": "delete from ledger_transaction where id > (select upto from ledger_check)",
}


@pytest.mark.parametrize("what", MOVED)
async def test_what_has_moved_since_the_night_before_is_compared(
    harness: Harness, what: str
) -> None:
    payment = await harness.paid()
    assert (await tonight(harness)).differences == []
    await old_is(harness)
    await harness.refund(refund_request(payment, amount=100))
    await changed(harness, MOVED[what])
    await harness.paid(request(merchant_order_no="W2"))
    found = await tonight(harness)
    assert (found.is_full, bool(found.differences)) == (False, True)


async def test_a_difference_is_found_every_night_until_it_is_gone(harness: Harness) -> None:
    await tonight(harness)
    await harness.paid()
    await changed(harness, "update payments set refund_reserved = 7")
    assert (await tonight(harness)).differences
    await harness.paid(request(merchant_order_no="W2"))
    assert (await tonight(harness)).differences
    await changed(harness, "update payments set refund_reserved = 0")
    assert (await tonight(harness)).differences == []


async def test_everything_is_compared_once_a_month_and_until_that_was_right(
    harness: Harness,
) -> None:
    await harness.paid()
    await tonight(harness)
    await old_is(harness)
    await changed(harness, "update payments set refund_reserved = 7")
    assert (await tonight(harness)).differences == []  # Nothing moved.
    harness.pass_time(A_MONTH_S)
    for _ in range(2):
        monthly = await tonight(harness)
        assert (monthly.is_full, bool(monthly.differences)) == (True, True)
    await changed(harness, "update payments set refund_reserved = 0")
    assert (await tonight(harness)).is_full
    assert not (await tonight(harness)).is_full


async def test_the_first_night_after_the_release_before_compares_everything(
    harness: Harness,
) -> None:
    """Which does not say how far it came."""
    await harness.rows(
        "insert into ledger_check (day, finished_at, payments, transactions, differences)"
        " values ($1, $2, 0, 0, 0)",
        last_due(harness.now).date(),
        harness.now,
    )
    assert (await tonight(harness)).is_full


@pytest.mark.parametrize(
    ("hour", "day"),
    [(0, 4), (17, 4), (18, 5), (23, 5)],
)
def test_check_is_due_at_two_in_the_morning_in_beijing(hour: int, day: int) -> None:
    due = last_due(datetime(2026, 1, 5, hour, 30, tzinfo=UTC))
    assert due == datetime(2026, 1, day, 18, tzinfo=UTC)
