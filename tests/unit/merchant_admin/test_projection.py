"""A batch of events boiled down."""

from datetime import UTC, datetime

from contracts.events.deliveries import DeliveryEvent, DeliveryEventRecord
from contracts.events.orders import OrderEvent, OrderEventRecord, OrderEventType
from merchant_admin.domain.projection import project

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ORDER = {
    "merchant_order_no": "W-1", "merchant_id": "M1", "status": "open", "amount": 1,
    "currency": "CNY", "amount_paid": 0, "amount_refunded": 0, "subject": "x",
    "created_at": NOW, "expires_at": NOW,
}  # fmt: skip
PAYMENT = {
    "payment_no": "P1", "merchant_order_no": "W-1", "channel_trade_no": None, "merchant_id": "M1",
    "payment_id": "C1", "channel": "wechat", "method": "native", "status": "pending", "amount": 1,
    "currency": "CNY", "amount_refunded": 0, "subject": "x", "expires_at": NOW, "created_at": NOW,
    "action": {"type": "qr_code", "qr_code": "weixin://pay"}, "paid_at": None, "metadata": {},
    "failure": None,
}  # fmt: skip


def event(sequence: int, kind: OrderEventType, *, payment: bool = True) -> OrderEventRecord:
    data = OrderEvent.model_validate(
        {
            "app_id": "A1", "merchant_id": "M1", "order_id": "O1", "sequence": sequence,
            "order": ORDER, "payment": PAYMENT if payment else None,
        }
    )  # fmt: skip
    return OrderEventRecord(
        id=f"E{sequence}", source="s", type=kind, subject="O1", time=NOW, data=data
    )


def test_the_highest_sequence_counts_wherever_it_stands() -> None:
    second = event(2, OrderEventType.PAYMENT_SUCCEEDED)
    for events in ([second, event(1, OrderEventType.PAYMENT_PENDING)], [second, second]):
        batch = project(events)
        assert [mention.sequence for mention in batch.orders] == [2]
        assert [mention.callback_id for mention in batch.payments] == ["E2"]


def test_an_order_event_leaves_the_payment_as_it_was() -> None:
    batch = project(
        [
            event(2, OrderEventType.PAYMENT_SUCCEEDED),
            event(3, OrderEventType.ORDER_PAID, payment=False),
        ]
    )
    assert [mention.sequence for mention in batch.orders] == [3]
    assert [mention.sequence for mention in batch.payments] == [2]


def test_only_events_that_apps_are_told_have_a_callback() -> None:
    [mention] = project([event(1, OrderEventType.PAYMENT_PENDING)]).payments
    assert mention.callback_id is None


def test_how_to_pay_is_not_kept() -> None:
    [mention] = project([event(1, OrderEventType.PAYMENT_PENDING)]).payments
    assert mention.view.action is None


def test_the_latest_news_of_a_callback_counts() -> None:
    def delivery_event(minute: int, kind: str, event_id: str | None = "E1") -> DeliveryEventRecord:
        at = NOW.replace(minute=minute)
        data = DeliveryEvent(
            event_id=event_id, event_type=None, app_id="A1", url="u", attempts=1, last_status=500,
            at=at,
        )  # fmt: skip
        return DeliveryEventRecord(
            id=f"D{minute}", source="s", type=kind, subject="E1", time=at, data=data
        )

    batch = project(
        [
            delivery_event(2, "delivery.delivered"),
            delivery_event(1, "delivery.exhausted"),
            delivery_event(3, "endpoint.suspended", None),
        ]
    )
    assert {key: news.newest.state for key, news in batch.deliveries.items()} == {"E1": "delivered"}
