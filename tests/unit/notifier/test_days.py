"""The day of an event is in its id, so that it is found however late it comes again."""

from datetime import UTC, date, datetime

import pytest

from contracts.identifiers import new_id
from notifier.domain.deliveries import UNDATED, day_of


def test_day_is_the_one_when_the_id_was_made() -> None:
    before = datetime.now(UTC).date()
    day = day_of(new_id("event"))

    assert before <= day <= datetime.now(UTC).date()


@pytest.mark.parametrize(
    ("event_id", "day"),
    [
        ("E00000000000000000000000000", date(1970, 1, 1)),
        ("E01ARZ3NDEKTSV4RRFFQ69G5FAV", date(2016, 7, 30)),  # the example of the ULID spec
        ("E01K9ZZZZZZZZZZZZZZZZZZZZZZ", date(2025, 11, 14)),
    ],
)
def test_day_of_known_ids(event_id: str, day: date) -> None:
    assert day_of(event_id) == day


@pytest.mark.parametrize(
    "event_id", ["", "evt-1", "P01ARZ3NDEKTSV4RRFFQ69G5FAV", "E7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
                 "EZZZZZZZZZZZZZZZZZZZZZZZZZZ", "E01ARZ3NDEKTSV4RRFFQ69G5FAVX"]
)  # fmt: skip
def test_id_without_a_day_has_the_same_one_always(event_id: str) -> None:
    assert day_of(event_id) == UNDATED
