"""An endpoint: how much at once, when it is left alone, and how it comes back."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.answers import AttemptResult
from notifier.domain.endpoints import (
    CATCH_UP_PER_S,
    FOREVER,
    HOLDS_S,
    MAX_CAP,
    START_CAP,
    STREAK_LIMIT,
    SUSPEND_AFTER,
    UNSENDABLE_HOLD_S,
    Cause,
    Health,
    Room,
    allowance,
    dealt_out,
    origin_of,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ACCEPTED, REFUSED = AttemptResult.ACCEPTED, AttemptResult.REFUSED
FAILING, UNREACHABLE = AttemptResult.FAILING, AttemptResult.UNREACHABLE


def after(health: Health, results: Iterable[AttemptResult], now: datetime = NOW) -> Health:
    for result in results:
        health = health.after(result, now, leased_at=now)
    return health


def held_for_s(health: Health, now: datetime = NOW) -> float | None:
    return (health.held_until - now).total_seconds() if health.held_until else None


def test_cap_grows_by_successes_up_to_its_limit() -> None:
    assert after(Health(), [ACCEPTED] * 3).cap == START_CAP + 3
    assert after(Health(), [ACCEPTED] * 100).cap == MAX_CAP


def test_cap_is_halved_by_failures_and_never_zero() -> None:
    assert after(Health(cap=32), [FAILING]).cap == 16
    assert after(Health(cap=32), [UNREACHABLE] * 2).cap == 8
    assert after(Health(cap=1), [FAILING]).cap == 1


def test_refusal_does_not_change_the_cap() -> None:
    assert after(Health(cap=10), [REFUSED] * 50).cap == 10


def test_opens_after_five_unreachable_in_a_row() -> None:
    nearly = after(Health(), [UNREACHABLE] * (STREAK_LIMIT - 1))
    opened = after(nearly, [UNREACHABLE])

    assert nearly.held_until is None
    assert held_for_s(opened) == HOLDS_S[0]
    assert opened.cap == 1


@pytest.mark.parametrize("between", [ACCEPTED, REFUSED, FAILING])
def test_any_answer_interrupts_the_streak(between: AttemptResult) -> None:
    health = after(Health(), [*[UNREACHABLE] * 4, between, *[UNREACHABLE] * 4])

    assert health.held_until is None


def test_opens_when_most_of_ten_fail() -> None:
    mixed = [FAILING, FAILING, FAILING, FAILING, ACCEPTED] * 2

    assert after(Health(), mixed[:9]).held_until is None
    assert held_for_s(after(Health(), mixed)) is None  # the tenth is a success
    assert held_for_s(after(Health(), [*mixed, FAILING])) == HOLDS_S[0]


def test_stays_closed_when_fewer_fail() -> None:
    assert after(Health(), [FAILING, ACCEPTED] * 50).held_until is None


def test_refusals_never_open_it() -> None:
    assert after(Health(), [REFUSED] * 100).held_until is None


def test_old_failures_are_forgotten() -> None:
    before = after(Health(), [FAILING] * 9)
    later = NOW + timedelta(minutes=5)

    assert after(before, [FAILING] * 9, later).held_until is None


def test_what_was_under_way_when_it_opened_does_not_hold_it_longer() -> None:
    opened = after(Health(), [UNREACHABLE] * 5)

    assert after(opened, [UNREACHABLE, FAILING] * 10, NOW + timedelta(seconds=9)) == opened


def test_each_failed_probe_holds_longer_up_to_ten_minutes() -> None:
    health, now, holds = after(Health(), [UNREACHABLE] * 5), NOW, []
    for _ in range(7):
        assert health.held_until is not None
        assert health.cap == 1
        holds.append(held_for_s(health, now))
        now = health.held_until
        health = health.after(FAILING, now, leased_at=now)

    assert holds == [30, 60, 120, 300, 600, 600, 600]


@pytest.mark.parametrize(("probe", "cap"), [(ACCEPTED, 2), (REFUSED, 1)])
def test_answered_probe_closes_it_and_it_starts_slowly(probe: AttemptResult, cap: int) -> None:
    opened = after(Health(), [UNREACHABLE] * 5)
    closed = after(opened, [probe], NOW + timedelta(seconds=30))

    assert (closed.cap, closed.trips, closed.streak, closed.held_until) == (cap, 0, 0, None)


def test_what_cannot_be_sent_waits_a_minute_and_counts_for_nothing() -> None:
    health = after(Health(streak=3), [AttemptResult.UNSENDABLE] * 20)

    assert held_for_s(health) == UNSENDABLE_HOLD_S
    assert (health.cap, health.streak, health.trips) == (START_CAP, 3, 0)


@given(st.lists(st.sampled_from(AttemptResult)), st.lists(st.floats(0, 1000), min_size=1))
def test_cap_stays_within_its_bounds(results: list[AttemptResult], gaps: list[float]) -> None:
    health, now = Health(), NOW
    for number, result in enumerate(results):
        now += timedelta(seconds=gaps[number % len(gaps)])
        health = health.after(result, now, leased_at=now)

        assert 1 <= health.cap <= MAX_CAP
        is_short = health.held_until is None or health.held_until <= now + timedelta(minutes=10)
        assert is_short or health.suspended_at is not None


def test_slots_are_dealt_in_equal_parts_at_most() -> None:
    rooms = [Room(1, 3, "A1"), Room(2, 30, "A2"), Room(3, 4, "A3")]

    assert _sizes(dealt_out(rooms, 100, {})) == {1: 3, 2: 30, 3: 4}
    assert _sizes(dealt_out(rooms, 15, {})) == {1: 3, 2: 5, 3: 4}
    assert _sizes(dealt_out(rooms, 2, {})) == {1: 1, 2: 1}
    assert dealt_out(rooms, 0, {}) == dealt_out([], 10, {}) == []


def test_slots_of_one_app_are_no_more_than_it_leaves_to_the_others() -> None:
    rooms = [Room(number, 4, "A1") for number in range(40)] + [Room(40, 4, "A2")]

    dealt = dealt_out(rooms, 100, {"A1": 20})

    assert sum(room.size for room in dealt if room.app_id == "A1") == 40
    assert dealt[-1] == Room(40, 2, "A2")
    assert _sizes(dealt_out(rooms, 100, {"A1": 100})) == {40: 2}


def _sizes(rooms: list[Room]) -> dict[int, int]:
    return {room.endpoint_id: room.size for room in rooms}


@pytest.mark.parametrize(
    ("notify_url", "origin"),
    [
        (None, ""),
        ("https://app.example/a", "app.example:443"),
        ("https://APP.example:443/b?c", "app.example:443"),
        ("http://app.example/a", "app.example:80"),
        ("http://app.example:8080/a", "app.example:8080"),
        ("http://app.example:99999/a", "malformed"),
    ],
)
def test_addresses_on_one_host_share_an_endpoint(notify_url: str | None, origin: str) -> None:
    assert origin_of(notify_url) == origin


def test_gone_suspends_at_once_and_nothing_changes_it() -> None:
    gone = after(Health(), [AttemptResult.GONE])

    assert (gone.suspended_for, gone.held_until) == (Cause.GONE, FOREVER)
    assert after(gone, [ACCEPTED, REFUSED, UNREACHABLE, AttemptResult.UNSENDABLE]) == gone


@pytest.mark.parametrize("result", [REFUSED, FAILING, UNREACHABLE])
def test_five_days_without_a_success_suspend(result: AttemptResult) -> None:
    first = after(Health(), [result])

    assert after(first, [result], NOW + SUSPEND_AFTER / 2).suspended_at is None
    assert after(first, [result], NOW + SUSPEND_AFTER).suspended_for is Cause.FAILING
    assert after(first, [ACCEPTED, result], NOW + SUSPEND_AFTER).suspended_at is None


def test_breaker_keeps_the_count_of_days() -> None:
    assert after(Health(), [UNREACHABLE] * STREAK_LIMIT).failing_since == NOW


def test_endpoint_that_comes_back_catches_up() -> None:
    opened = after(Health(), [UNREACHABLE] * STREAK_LIMIT)
    later = NOW + timedelta(seconds=40)

    assert after(opened, [ACCEPTED], later).catching_up_since == later
    assert after(Health(), [ACCEPTED], later).catching_up_since is None


def test_rate_of_catching_up_grows_and_is_never_nothing() -> None:
    assert allowance(None, None) == MAX_CAP
    assert allowance(0, 1) == CATCH_UP_PER_S
    assert allowance(9, 1) == 10 * CATCH_UP_PER_S
    assert allowance(0, 3600) == CATCH_UP_PER_S
    assert allowance(0, 0.001) == 1
