"""Fen and yuan, Beijing time."""

import pytest

from sandbox import clock
from sandbox.money import fen, yuan


@pytest.mark.parametrize(("amount", "text"), [(1, "0.01"), (1299, "12.99"), (-50, "-0.50")])
def test_yuan_has_two_decimals(amount: int, text: str) -> None:
    assert yuan(amount) == text


@pytest.mark.parametrize(
    ("text", "amount"),
    [("12.99", 1299), ("12.9", 1290), ("12", 1200), (12.99, 1299), (0.01, 1), ("1e3", None),
     ("-1", None), ("1.001", None), ("", None), (None, None), (True, None), ("１", None)],
)  # fmt: skip
def test_only_plain_amounts_are_read(text: object, amount: int | None) -> None:
    assert fen(text) == amount


def test_times_are_beijing_on_the_wire_and_utc_in_the_control_api() -> None:
    at = clock.read_rfc3339("2026-11-22T20:00:00+08:00")
    assert clock.utc_rfc3339(at) == "2026-11-22T12:00:00.000Z"
    assert clock.beijing_rfc3339(at) == "2026-11-22T20:00:00+08:00"
    assert clock.beijing_text(at) == "2026-11-22 20:00:00"
    assert clock.read_beijing_text("2026-11-22 20:00:00") == at


def test_a_day_begins_at_midnight_in_beijing() -> None:
    first, last = clock.read_beijing_day("2026-11-22")
    assert clock.utc_rfc3339(first) == "2026-11-21T16:00:00.000Z"
    assert last - first == clock.DAY_S


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        clock.read_rfc3339("2026-11-22T20:00:00")
