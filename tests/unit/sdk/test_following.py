"""Every event at least once and in order, over restarts, outages and what is not kept any more."""

from itertools import islice
from pathlib import Path

import httpx
import pytest
from tests.unit.sdk.prepared_centre import Centre, event, page, payment, problem

from paymesh import AsyncPaymesh, FileStore, Gap, MemoryStore, Unauthenticated


def test_events_come_in_order_and_the_end_is_waited_at(slept: list[float]) -> None:
    centre = Centre(page([event(1), event(2)], "c1"), page([], None), page([event(3)], "c2"))
    found = centre.client().events.follow(poll_s=2)
    assert [each.id for each in islice(found, 3)] == ["E1", "E2", "E3"]
    assert [each.url.params.get("after") for each in centre.requests] == [None, "c1", "c1"]
    assert slept == [2]


def test_after_a_restart_it_goes_on_where_the_app_was(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "place.json")
    both = page([event(1), event(2)], "c1")
    first = Centre(both).client().events.follow(store=store)
    assert [each.id for each in islice(first, 2)] == ["E1", "E2"]  # E2 is not dealt with yet

    again = Centre(page([event(1), event(2)], "c1"), page([event(3)], "c2"))
    found = again.client().events.follow(store=store)
    assert [each.id for each in islice(found, 2)] == ["E2", "E3"]


def test_an_event_that_left_the_page_is_no_reason_to_leave_out_others() -> None:
    store = MemoryStore("c7|E1")
    centre = Centre(page([event(2), event(3)], "c8"))
    found = centre.client().events.follow(store=store)
    assert [each.id for each in islice(found, 2)] == ["E2", "E3"]
    assert centre.requests[0].url.params["after"] == "c7"


def test_the_given_cursor_counts_where_the_store_is_empty() -> None:
    centre = Centre(page([event(9)], "c9"))
    next(centre.client().events.follow("c8", MemoryStore()))
    assert centre.requests[0].url.params["after"] == "c8"


def test_an_expired_cursor_goes_on_at_the_oldest_and_tells_the_gap() -> None:
    gaps: list[Gap] = []
    centre = Centre(problem(410, "cursor_expired", oldest="c5"), page([event(6)], "c6"))
    store = MemoryStore("c1|")
    found = centre.client().events.follow(store=store, on_gap=gaps.append)
    assert next(found).id == "E6"
    assert gaps == [Gap("c1", "c5")]
    assert centre.requests[1].url.params["after"] == "c5"


def test_an_outage_is_waited_out_and_a_wrong_key_is_told(slept: list[float]) -> None:
    away = [httpx.ConnectError("refused")] * 12
    centre = Centre(*away, page([event(1)], "c1"), problem(401, "unauthenticated"))
    found = centre.client().events.follow()
    assert next(found).id == "E1"
    with pytest.raises(Unauthenticated):
        next(found)


def test_an_event_of_a_later_release_does_not_hold_up_those_behind_it() -> None:
    action = {"type": "face_scan", "room": 3}
    odd = payment(action=action)
    later = [event(1, data=odd), event(2, type="refund.scheduled", data={"at": "tomorrow"})]
    centre = Centre(page([*later, event(3)], "c1"))
    found = centre.client().events.follow()
    first, second, third = (next(found) for _ in range(3))
    assert first.payment is not None
    assert first.payment.model_dump()["action"] == action
    assert (second.data, third.id) == ({"at": "tomorrow"}, "E3")


class AsyncStore:
    """As an app with an asynchronous database has it."""

    def __init__(self) -> None:
        self.place: str | None = None

    async def load(self) -> str | None:
        return self.place

    async def save(self, place: str) -> None:
        self.place = place


async def test_the_asynchronous_client_awaits_its_store_and_follows_the_same_way() -> None:
    centre, store = Centre(page([event(1), event(2)], "c1"), page([event(3)], "c2")), AsyncStore()
    http = httpx.AsyncClient(transport=httpx.MockTransport(centre))
    url = "https://pay.example"
    async with AsyncPaymesh(url, app_id="A1", key_id="K1", secret="s", http=http) as paymesh:
        seen = []
        async for each in paymesh.events.follow(store=store):
            seen.append(each.id)
            if each.id == "E3":
                break
    assert seen == ["E1", "E2", "E3"]
    assert store.place == "c1|"
