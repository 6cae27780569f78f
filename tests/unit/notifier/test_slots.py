"""How many deliveries a replica has in flight, whoever leases them."""

from datetime import UTC, datetime

import pytest

from notifier.domain.deliveries import Lease, day_of
from notifier.domain.slots import Slots, for_first_tries, for_one_app

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def lease(number: int, app_id: str = "A1") -> Lease:
    return Lease(
        delivery_id=number,
        day=day_of("E1"),
        endpoint_id=1,
        leased_at=NOW,
        lease_until=NOW,
        tries=0,
        is_first=True,
        event_id=f"E{number}",
        app_id=app_id,
        type="ping",
        notify_url=None,
        body=b"",
        happened_at=NOW,
    )


def test_nothing_is_taken_while_nobody_sends() -> None:
    slots = Slots()

    assert slots.take(10) == 0
    slots.fill(0, [])
    assert slots.free == 0


def test_no_more_is_taken_than_is_free() -> None:
    slots, sent = Slots(), list[Lease]()
    slots.open(3, sent.append)

    assert slots.take(2) == 2
    assert slots.take(2) == 1
    assert slots.take(2) == 0


def test_what_was_taken_and_not_needed_is_given_back() -> None:
    slots, sent = Slots(), list[Lease]()
    slots.open(10, sent.append)

    slots.fill(slots.take(5), [lease(1), lease(2)])

    assert [one.delivery_id for one in sent] == [1, 2]
    assert (slots.free, slots.in_flight) == (8, 2)
    slots.give_back(sent)
    assert slots.in_flight == 0
    assert not slots.held


def test_who_waits_for_a_slot_of_an_app_hears_when_that_app_gives_one_back() -> None:
    slots, sent = Slots(), list[Lease]()
    slots.open(10, sent.append)
    slots.fill(slots.take(2), [lease(1, "A1"), lease(2, "A2")])
    slots.held_back |= {"A1"}

    assert not slots.give_back([lease(2, "A2")])
    assert slots.give_back([lease(1, "A1")])
    assert not slots.held_back


def test_what_is_leased_when_it_ends_is_left_to_its_lease() -> None:
    slots, sent = Slots(), list[Lease]()
    slots.open(10, sent.append)
    taken = slots.take(5)

    slots.close()
    slots.fill(taken, [lease(1)])

    assert sent == []
    assert slots.free == 0


@pytest.mark.parametrize(("free", "room"), [(0, 0), (1, 1), (4, 4), (5, 4), (512, 410)])
def test_first_tries_leave_room_for_retries(free: int, room: int) -> None:
    assert for_first_tries(free) == room


@pytest.mark.parametrize(
    ("free", "held", "room"), [(0, 0, 0), (1, 0, 1), (2, 0, 1), (512, 0, 256), (256, 256, 0)]
)
def test_no_app_holds_more_than_are_left_free(free: int, held: int, room: int) -> None:
    assert for_one_app(free, held) == room
