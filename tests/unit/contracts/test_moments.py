"""Moments and days as strangers write them."""

import pytest
from pydantic import TypeAdapter, ValidationError

from contracts.moments import Day, Moment


@pytest.mark.parametrize(
    "written",
    [
        "0001-01-01T00:00:00+14:00",  # before all time, in UTC
        "9999-12-31T23:59:59-23:59",  # after it
        "1999-12-31T23:59:59Z",
        "2026-01-01T00:00:00",  # of which place?
        "-1",
        "1764374400",
        "99999999999999",
        1764374400,
        1764374400.5,
        "infinity",
        "",
    ],
)
def test_what_is_no_moment_that_books_can_hold_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Moment).validate_python(written)


@pytest.mark.parametrize("written", ["2026-01-01T08:00:00+08:00", "2026-01-01T00:00:00.000Z"])
def test_a_moment_is_read_with_any_offset(written: str) -> None:
    assert TypeAdapter(Moment).validate_python(written).timestamp() == 1767225600


@pytest.mark.parametrize("written", ["0001-01-01", "9999-12-31", "20260101", "1764374400", 0])
def test_what_is_no_day_that_books_can_hold_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Day).validate_python(written)
