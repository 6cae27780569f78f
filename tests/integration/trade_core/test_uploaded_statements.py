"""Statements that people bring: a round of their own, compared as those that are fetched."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from tests.builders.trade_core import ACCOUNT, MERCHANT
from tests.integration.trade_core.harness import Harness
from tests.integration.trade_core.statement_channel import (
    FOREIGN,
    TODAY,
    asked,
    compared_again,
    differences_of,
    next_morning,
    reconciliation,
    row_of,
)

from contracts.internal import BeginUpload, NoStatement, StatementPage, StatementRow, UploadRound
from trade_core.domain.operator_errors import NoStatementOfDay
from trade_core.domain.reconciliation import GIVE_UP, LEASE, OVERDUE, ready_at
from trade_core.flows.read_reconciliation import fetch_again
from trade_core.flows.receive_statement import begin_upload, take_none, take_page
from trade_core.flows.reconcile import attend_reconciliations, forget, make_reconciliations

FIRST, SECOND = "1" * 64, "2" * 64
UNREADABLE = FOREIGN.model_copy(
    update={"kind": "unreadable", "payment_no": "", "channel_no": "", "raw": "?", "line": 7}
)


async def is_to_be_uploaded(harness: Harness, day: date = TODAY) -> str:
    """The gateway was asked, and said that people bring it; answers the statement's number."""
    fetch = await asked(harness, day)
    await take_none(harness.deps, fetch.statement_no, none_found(fetch.round))
    return fetch.statement_no


def none_found(round_no: int) -> NoStatement:
    return NoStatement(
        round=round_no, is_final=False, is_uploaded=True, code="to_upload", message="people do"
    )


async def begun(harness: Harness, sha256: str = FIRST, day: date = TODAY) -> UploadRound:
    upload = BeginUpload(
        merchant_id=MERCHANT, payment_id=ACCOUNT, channel="easy", day=day, sha256=sha256
    )
    return await begin_upload(harness.deps, upload)


async def brought(harness: Harness, round_: UploadRound, *rows: StatementRow) -> bool:
    page = StatementPage(round=round_.round, first_row=0, total_rows=len(rows), rows=list(rows))
    return (await take_page(harness.deps, round_.statement_no, page)).is_wanted


async def uploaded(harness: Harness, sha256: str, *rows: StatementRow) -> Any:
    round_ = await begun(harness, sha256)
    if not round_.is_repeat:
        assert await brought(harness, round_, *rows)
    return await compared_again(harness, round_.statement_no)


async def test_what_people_bring_waits_for_them_and_is_not_asked_for(harness: Harness) -> None:
    await next_morning(harness)
    statement_no = await is_to_be_uploaded(harness)
    found = await reconciliation(harness, statement_no)
    assert found.state == "to_upload"
    assert found.next_look_at == ready_at(TODAY) + OVERDUE
    harness.statements_asked.clear()
    harness.now += timedelta(hours=23)
    await attend_reconciliations(harness.deps)
    assert TODAY not in [each.day for each in harness.statements_asked]


async def test_people_hear_once_that_nobody_brought_it(harness: Harness) -> None:
    await next_morning(harness)
    statement_no = await is_to_be_uploaded(harness)
    for _ in range(2):
        harness.now = max(harness.now, ready_at(TODAY) + OVERDUE)
        while await attend_reconciliations(harness.deps):
            pass
        found = await harness.rows("select round from statement where statement_no = $1",
                                   statement_no)  # fmt: skip
        await take_none(harness.deps, statement_no, none_found(found[0]["round"]))
        harness.now += timedelta(days=1)
    key = f"reconciliation.no_bill:{ACCOUNT}:{TODAY}"
    assert len(await harness.rows("select from event_log where key = $1", key)) == 1
    assert (await reconciliation(harness, statement_no)).next_look_at is None


async def test_the_account_is_not_left_alone_as_one_without_statements(harness: Harness) -> None:
    await next_morning(harness)
    await is_to_be_uploaded(harness)
    tomorrow = TODAY + timedelta(days=1)
    await next_morning(harness, day=tomorrow)
    days = await harness.rows("select day from statement where payment_id = $1", ACCOUNT)
    assert tomorrow in [each["day"] for each in days]


async def test_a_file_is_compared_like_a_statement_that_was_fetched(harness: Harness) -> None:
    paid = await harness.paid()
    await next_morning(harness)
    statement_no = await is_to_be_uploaded(harness)
    found = await uploaded(harness, FIRST, row_of(paid), FOREIGN)
    assert (found.statement_no, found.state) == (statement_no, "matched")
    assert (found.rows, found.payments, found.foreign_rows) == (2, 1, 1)
    assert (found.fees, found.fees_booked, found.file_sha256) == (8, 8, FIRST)


async def test_what_differs_and_what_cannot_be_read_are_differences(harness: Harness) -> None:
    paid = await harness.paid()
    await next_morning(harness)
    await is_to_be_uploaded(harness)
    found = await uploaded(harness, FIRST, row_of(paid, amount=1), UNREADABLE)
    assert found.state == "differs"
    assert differences_of(found) == [
        ("amount", paid.payment_no, "open"), ("unreadable_row", "line 7", "open")
    ]  # fmt: skip


async def test_the_same_file_twice_is_harmless(harness: Harness) -> None:
    paid = await harness.paid()
    await next_morning(harness)
    await is_to_be_uploaded(harness)
    once = await uploaded(harness, FIRST, row_of(paid))
    assert (await begun(harness, FIRST)).is_repeat
    assert await uploaded(harness, FIRST) == once


async def test_a_newer_file_takes_the_place_of_the_older_one(harness: Harness) -> None:
    paid = await harness.paid()
    await next_morning(harness)
    await is_to_be_uploaded(harness)
    wrong = await uploaded(harness, FIRST, row_of(paid, amount=1))
    assert wrong.state == "differs"
    right = await uploaded(harness, SECOND, row_of(paid))
    assert (right.state, right.open_differences, right.file_sha256) == ("matched", 0, SECOND)
    assert (await uploaded(harness, FIRST, row_of(paid, amount=1))).state == "differs"


async def test_of_two_files_at_once_one_is_taken_whole(harness: Harness) -> None:
    paid = await harness.paid()
    await next_morning(harness)
    await is_to_be_uploaded(harness)
    rounds = await asyncio.gather(begun(harness, FIRST), begun(harness, SECOND))
    older, newer = sorted(rounds, key=lambda each: each.round)
    assert older.round < newer.round
    assert not await brought(harness, older, row_of(paid, amount=1))
    assert await brought(harness, newer, row_of(paid))
    assert (await compared_again(harness, newer.statement_no)).state == "matched"


async def test_a_file_whose_rows_never_came_is_missing_as_before(harness: Harness) -> None:
    await next_morning(harness)
    await is_to_be_uploaded(harness)
    broken = await begun(harness, FIRST)
    harness.now += LEASE
    statement_no = await is_to_be_uploaded(harness)
    assert (await reconciliation(harness, statement_no)).state == "to_upload"
    assert not await brought(harness, broken, FOREIGN)
    assert not (await begun(harness, FIRST)).is_repeat
    assert (await uploaded(harness, FIRST, FOREIGN)).state == "matched"


async def test_fetching_again_compares_the_file_that_is_there(harness: Harness) -> None:
    paid = await harness.paid()
    await next_morning(harness)
    await is_to_be_uploaded(harness)
    found = await uploaded(harness, FIRST, row_of(paid))
    await fetch_again(harness.deps, found.statement_no)
    await is_to_be_uploaded(harness)
    again = await compared_again(harness, found.statement_no)
    assert (again.state, again.rows, again.file_sha256) == ("matched", 1, FIRST)


async def test_the_file_of_a_day_that_was_not_over_is_asked_for_again(harness: Harness) -> None:
    paid = await harness.paid()
    found = await uploaded(harness, FIRST, row_of(paid))
    assert (found.state, found.fees_booked) == ("matched", None)
    await next_morning(harness)
    statement_no = await is_to_be_uploaded(harness)
    assert statement_no == found.statement_no
    assert (await reconciliation(harness, statement_no)).state == "to_upload"
    whole = await uploaded(harness, SECOND, row_of(paid))
    assert (whole.state, whole.fees_booked) == ("matched", 8)


async def test_a_day_without_movements_is_an_empty_file(harness: Harness) -> None:
    await next_morning(harness)
    await is_to_be_uploaded(harness)
    found = await uploaded(harness, FIRST)
    assert (found.state, found.rows) == ("matched", 0)


@pytest.mark.parametrize("days", [-91, 1])
async def test_there_is_no_statement_of_such_a_day(harness: Harness, days: int) -> None:
    with pytest.raises(NoStatementOfDay):
        await begun(harness, day=TODAY + timedelta(days=days))


async def test_a_file_of_weeks_ago_is_compared_for_a_day(harness: Harness) -> None:
    harness.now += GIVE_UP
    found = await uploaded(harness, FIRST, FOREIGN)
    assert (found.day, found.state) == (TODAY, "matched")
    await make_reconciliations(harness.deps, [])


@pytest.mark.parametrize("days", [(1, 2), (2, 1)])
async def test_refunds_at_the_console_are_booked_from_old_files_in_any_order(
    harness: Harness, days: tuple[int, int]
) -> None:
    """`money-moved-outside`: the rows of the first file are forgotten when the second one comes."""
    payment = await harness.paid()
    harness.pass_time(10 * 86_400)
    for number, ahead in enumerate(days, start=1):
        row = row_of(payment, kind="refund", refund_no=f"console-{number}", amount=-300)
        round_ = await begun(harness, str(number) * 64, TODAY + timedelta(days=ahead))
        assert await brought(harness, round_, row)
        found = await compared_again(harness, round_.statement_no)
        assert (found.state, differences_of(found)) == ("matched", [])
        harness.pass_time(2 * 86_400)
        await forget(harness.deps)
    booked = [(one.amount, one.channel_refund_no) for one in await harness.refunds(payment)]
    assert sorted(booked) == [(300, "console-1"), (300, "console-2")]
