"""When statements are asked for and compared: Beijing days, back-off, the one of the day after."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.configuration import ChannelAccountEntity, State
from contracts.identifiers import made_at
from contracts.internal import ReconciliationState
from trade_core.domain import reconciliation as schedule
from trade_core.domain.reconciliation import (
    Reconciliation,
    beginning_of,
    day_of,
    finished_days,
    ready_at,
)

DAY = date(2026, 1, 5)
BEGINS = datetime(2026, 1, 4, 16, tzinfo=UTC)
"""Midnight in Beijing."""

READY = datetime(2026, 1, 6, 2, 30, tzinfo=UTC)

MOMENTS = st.integers(0, 500_000_000).map(
    lambda seconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def reconciliation(**changes: Any) -> Reconciliation:
    usual = Reconciliation(
        statement_no="B1",
        merchant_id="M1",
        account_id="C1",
        channel="wechat",
        day=DAY,
        state=ReconciliationState.COMPARING,
        attempts=0,
        round=1,
        rows_round=1,
        rows_received=1,
        rows_until=BEGINS + schedule.ROWS_KEPT,
        comparisons=0,
        asked_at=READY,
        is_overdue_told=False,
        note=None,
    )
    return replace(usual, **changes)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (BEGINS, DAY),
        (BEGINS - timedelta(microseconds=1), date(2026, 1, 4)),
        (BEGINS + timedelta(hours=24, microseconds=-1), DAY),
        (BEGINS + timedelta(hours=24), date(2026, 1, 6)),
        (datetime(2026, 1, 5, 2, tzinfo=timezone(timedelta(hours=-9))), DAY),
    ],
)
def test_day_is_that_of_beijing(moment: datetime, day: date) -> None:
    assert day_of(moment) == day


@given(MOMENTS)
def test_each_moment_lies_within_its_day(moment: datetime) -> None:
    begins = beginning_of(day_of(moment))
    assert begins <= moment < begins + timedelta(days=1)


def test_statement_can_be_there_at_half_past_ten_of_the_next_morning() -> None:
    assert (beginning_of(DAY), ready_at(DAY)) == (BEGINS, READY)


@given(MOMENTS)
def test_finished_days_are_the_latest_whose_statements_can_be_there(now: datetime) -> None:
    days = finished_days(now)
    assert len(days) == schedule.WINDOW_DAYS
    assert all(ready_at(day) <= now for day in days)
    assert ready_at(days[0] + timedelta(days=1)) > now


@given(MOMENTS)
def test_our_side_is_kept_as_long_as_it_is_compared(now: datetime) -> None:
    for day in finished_days(now):
        assert day >= schedule.first_day_kept(now)


def test_account_is_reconciled_from_the_day_of_its_registration_on() -> None:
    number = "C01KE6V4G80ZZZZZZZZZZZZZZZZ"
    account = ChannelAccountEntity(
        version=1,
        state=State.ACTIVE,
        payment_id=number,
        merchant_id="M1",
        channel="wechat",
        name="微信",
        credentials_sealed="",
    )
    registered = day_of(made_at(number))
    now = ready_at(registered + timedelta(days=1))
    assert schedule.days_to_reconcile(account, now) == [registered + timedelta(days=1), registered]
    older = account.model_copy(update={"payment_id": "C1"})
    assert len(schedule.days_to_reconcile(older, now)) == schedule.WINDOW_DAYS


@pytest.mark.parametrize(
    ("state", "asked_at", "now", "is_fetched"),
    [
        (ReconciliationState.AWAITED, None, READY, True),
        (ReconciliationState.FETCHING, READY, READY, True),
        (ReconciliationState.COMPARING, READY, READY, False),
        (ReconciliationState.DIFFERS, READY, READY + timedelta(days=3), False),
        # Asked for on its own day: what came was a part.
        (ReconciliationState.MATCHED, BEGINS + timedelta(hours=9), READY, True),
        (ReconciliationState.MATCHED, BEGINS + timedelta(hours=9), READY - timedelta(1), False),
    ],
)
def test_what_is_due_is_fetched_or_compared(
    state: ReconciliationState, asked_at: datetime | None, now: datetime, is_fetched: bool
) -> None:
    assert reconciliation(state=state, asked_at=asked_at).is_to_be_fetched(now) is is_fetched


@pytest.mark.parametrize(
    ("state", "file_round", "is_fetched"),
    [
        (ReconciliationState.DIFFERS, None, True),
        (ReconciliationState.DIFFERS, 1, False),  # what a person brought is their word
        (ReconciliationState.MATCHED, None, False),
        (ReconciliationState.COMPARING, None, False),
    ],
)
def test_a_statement_without_rows_that_differs_is_fetched_again(
    state: ReconciliationState, file_round: int | None, is_fetched: bool
) -> None:
    empty = reconciliation(state=state, rows_received=0, file_round=file_round)
    assert empty.is_to_be_fetched(READY + timedelta(days=2)) is is_fetched


@pytest.mark.parametrize(
    ("asked_at", "hours", "edge"),
    [
        (READY, 0, timedelta(0)),
        (READY, 11, timedelta(0)),
        (READY, 12, schedule.EDGE),
        (READY, 23, schedule.EDGE),
        (READY, 24, None),  # whatever it lacks is a difference now
        (BEGINS + timedelta(hours=23), 0, None),  # the day was not over
    ],
)
def test_a_statement_without_rows_is_doubted_for_a_day(
    asked_at: datetime, hours: int, edge: timedelta | None
) -> None:
    side = schedule.doubted_side(reconciliation(asked_at=asked_at), READY + timedelta(hours=hours))
    if edge is None:
        assert side is None
        return
    assert side is not None
    assert (side.booked_from, side.booked_before) == (BEGINS + edge, BEGINS + schedule.DAY - edge)


def test_statement_is_asked_for_ever_more_seldom_and_not_before_it_can_be_there() -> None:
    gaps = [schedule.next_try(DAY, attempt, READY) for attempt in (1, 2, 3, 6, 7, 60)]
    minutes = [(at - READY).total_seconds() / 60 for at in gaps if at is not None]
    assert minutes == [10, 20, 40, 320, 360, 360]
    assert schedule.next_try(DAY, 1, BEGINS) == READY
    late = READY + schedule.GIVE_UP
    assert schedule.next_try(DAY, 2, late) is None
    assert schedule.next_try(DAY, 1, late) == late + timedelta(minutes=10)


def test_people_hear_of_a_statement_that_was_asked_for_in_vain_for_a_day() -> None:
    late = READY + timedelta(hours=24)
    awaited = reconciliation(rows_round=None, attempts=5)
    assert awaited.is_overdue(late)
    assert not awaited.is_overdue(late - timedelta(seconds=1))
    assert not replace(awaited, is_overdue_told=True).is_overdue(late)
    assert not replace(awaited, rows_round=1).is_overdue(late)
    assert not replace(awaited, attempts=1).is_overdue(late)


@given(st.integers(0, 10 * 24 * 60))
def test_what_is_missed_was_looked_for_in_every_statement_that_may_list_it(minutes: int) -> None:
    now = BEGINS + timedelta(minutes=minutes)
    side = schedule.our_side(reconciliation(), now)
    if side is not None:
        first_statement = day_of(side.begun_from)
        assert now < schedule.kept_until(first_statement, beginning_of(first_statement))
        assert now < schedule.kept_until(DAY - timedelta(days=1), BEGINS)


def test_statement_is_compared_once_more_when_the_neighbours_statement_is_there() -> None:
    def after(now: datetime, **changes: Any) -> datetime | None:
        return schedule.next_comparison(
            reconciliation(**changes), now, is_asking=False, is_differing=False
        )

    neighbours = BEGINS + timedelta(hours=60)
    assert after(READY) == neighbours
    assert after(neighbours) is None
    assert after(BEGINS + timedelta(hours=9), asked_at=BEGINS + timedelta(hours=9)) == READY


def test_differences_are_compared_again_while_the_rows_are_kept() -> None:
    now, waits = READY, []
    for comparisons in range(9):
        again = schedule.next_comparison(
            reconciliation(comparisons=comparisons), now, is_asking=False, is_differing=True
        )
        if again is None:
            break
        waits.append((again - now).total_seconds() / 3600)
        now = again
    assert waits == [1 / 6, 1, 6, 24, 24, 24, 24]


def test_our_side_near_midnight_waits_for_the_neighbours() -> None:
    early = schedule.our_side(reconciliation(), READY)
    assert early is not None
    assert (early.booked_from, early.booked_before) == (
        BEGINS + schedule.EDGE,
        BEGINS + timedelta(days=1) - schedule.EDGE,
    )
    whole = schedule.our_side(reconciliation(), BEGINS + timedelta(hours=60))
    assert whole is not None
    assert (whole.booked_from, whole.booked_before) == (BEGINS, BEGINS + timedelta(days=1))
    assert schedule.our_side(reconciliation(), BEGINS + schedule.MISSED_FOR) is None
    part = reconciliation(asked_at=BEGINS + timedelta(hours=9))
    assert schedule.our_side(part, READY) is None
