"""Sixteen tries over a week, spread a little, never sooner than the app asks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.schedule import DELAYS_S, JITTER, Schedule, retry_after_s

DAY_S = 86_400
NOW = datetime(2026, 11, 22, 4, 5, 6, tzinfo=UTC)
EXACT = Schedule(spread=lambda: 0.0)


def test_schedule_of_the_design() -> None:
    waits = [EXACT.next_delay_s(failed, None) for failed in range(1, 17)]

    minute, hour = 60, 3600
    assert waits == [
        5, 30, 2 * minute, 10 * minute, 30 * minute, hour, 3 * hour, 6 * hour, 12 * hour,
        *[DAY_S] * 6, None,
    ]  # fmt: skip


def test_whole_schedule_is_about_a_week() -> None:
    assert timedelta(hours=166) < timedelta(seconds=sum(DELAYS_S)) < timedelta(days=7)


@given(failed=st.integers(1, len(DELAYS_S)), spread=st.floats(-1, 1))
def test_jitter_stays_within_a_fifth(failed: int, spread: float) -> None:
    delay_s = Schedule(spread=lambda: spread).next_delay_s(failed, None)

    planned_s = DELAYS_S[failed - 1]
    assert delay_s is not None
    assert planned_s * (1 - JITTER) <= delay_s <= planned_s * (1 + JITTER)


@pytest.mark.parametrize(
    ("asked_s", "waits_s"), [(None, 30), (1, 30), (30.5, 30.5), (3600, 3600), (1e9, DAY_S)]
)
def test_retry_after_is_the_least_that_is_waited(asked_s: float | None, waits_s: float) -> None:
    assert EXACT.next_delay_s(2, asked_s) == waits_s


def test_retry_after_does_not_make_the_last_try_another_one() -> None:
    assert EXACT.next_delay_s(16, 60) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 120 ", 120.0),
        ("1.5", 1.5),
        ("Sun, 22 Nov 2026 04:06:06 GMT", 60.0),
        ("Sunday, 22-Nov-26 04:06:06 GMT", 60.0),
        ("Sun Nov 22 04:06:06 2026", 60.0),
        ("Sun, 22 Nov 2026 12:06:06 +0800", 60.0),
    ],
)
def test_forms_of_retry_after(header: str, seconds: float) -> None:
    assert retry_after_s(header, NOW) == seconds


@pytest.mark.parametrize(
    "header",
    [
        None, "", " ", "0", "-5", "soon", "nan", "inf", "-inf", "1e999", "0x10", "1,5", "10s",
        "Sun, 22 Nov 2026 04:05:05 GMT", "Sun, 99 Nov 2026 04:06:06 GMT", "22 Nov", "1" * 65,
        "Sun, 22 Nov 99999 04:06:06 GMT", "\x00",
    ],
)  # fmt: skip
def test_junk_and_the_past_ask_for_nothing(header: str | None) -> None:
    assert retry_after_s(header, NOW) is None


@given(st.text(max_size=64))
def test_whatever_the_header_says_it_is_read(header: str) -> None:
    seconds = retry_after_s(header, NOW)

    assert seconds is None or seconds > 0
