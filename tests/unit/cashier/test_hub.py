"""Who is woken by which news."""

from datetime import UTC, datetime

import pytest

from cashier.consumers import tell
from cashier.flows.hub import Hub, OrderKey
from chassis.consumer import Record
from chassis.problems import Overloaded
from contracts.events.orders import OrderEvent, OrderEventRecord

ONE, OTHER = OrderKey("M1", "W-1"), OrderKey("M1", "W-2")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_news_wakes_those_who_watch_that_order() -> None:
    hub = Hub(10)
    with hub.listening(ONE) as first, hub.listening(ONE) as second, hub.listening(OTHER) as other:
        hub.tell(ONE)
        assert (first.is_set(), second.is_set(), other.is_set()) == (True, True, False)


def test_there_is_a_limit_and_leaving_makes_room() -> None:
    hub = Hub(1)
    with hub.listening(ONE), pytest.raises(Overloaded), hub.listening(OTHER):
        pass
    assert hub.is_idle
    with hub.listening(OTHER):
        assert not hub.is_idle


def record(value: bytes) -> Record:
    return Record("t", 0, 0, "O1", value, {}, 0)


def test_an_event_of_an_order_wakes_its_pages() -> None:
    order = {
        "merchant_order_no": "W-1", "merchant_id": "M1", "status": "paid", "amount": 1,
        "currency": "CNY", "amount_paid": 1, "amount_refunded": 0, "subject": "x",
        "created_at": NOW, "expires_at": NOW,
    }  # fmt: skip
    data = OrderEvent.model_validate(
        {"app_id": "A1", "merchant_id": "M1", "order_id": "O1", "sequence": 1, "order": order}
    )
    event = OrderEventRecord(
        id="E1", source="s", type="order.paid", subject="O1", time=NOW, data=data
    )
    hub = Hub(10)
    with hub.listening(ONE) as watched, hub.listening(OTHER) as other:
        tell(hub, record(event.to_bytes()))
        assert (watched.is_set(), other.is_set()) == (True, False)


def test_nothing_is_read_while_nobody_watches() -> None:
    tell(Hub(10), record(b"junk"))
