"""The read model: events in any order and number become what is searched."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.consumer import DeadRecord, Record
from contracts import topics
from contracts.events.alerts import AlertRecord
from contracts.events.deliveries import DeliveryEvent, DeliveryEventRecord
from contracts.events.orders import OrderEvent, OrderEventRecord, OrderEventType
from contracts.identifiers import new_id
from merchant_admin.flows.read_model import apply, keep_dead_letters

from .conftest import Admin

BEGAN = datetime(2026, 11, 22, 8, tzinfo=UTC)


class Story:
    """One order as trade-core tells it, event by event."""

    def __init__(self, **members: Any) -> None:
        self.app_id = members.pop("app_id", "A1")
        self.merchant_id = members.pop("merchant_id", "M1")
        self.channel = members.pop("channel", "wechat")
        self.subject = members.pop("subject", "物业费 11月")
        self.currency = members.pop("currency", "CNY")
        self.created_at = members.pop("created_at", BEGAN)
        self.metadata = members.pop("metadata", {})
        self.merchant_order_no = members.pop("merchant_order_no", new_id("event"))
        self.order_id, self.payment_no = new_id("order"), new_id("payment")
        self.refund_no = new_id("refund")
        self.sequence = 0
        self.events: list[OrderEventRecord] = []

    def order(self, status: str, paid: int = 0, refunded: int = 0) -> dict[str, Any]:
        return {
            "merchant_order_no": self.merchant_order_no, "merchant_id": self.merchant_id,
            "status": status, "amount": 1299, "currency": self.currency, "amount_paid": paid,
            "amount_refunded": refunded, "subject": self.subject, "created_at": self.created_at,
            "expires_at": self.created_at + timedelta(hours=2),
        }  # fmt: skip

    def payment(self, status: str) -> dict[str, Any]:
        is_paid = status == "succeeded"
        return {
            "payment_no": self.payment_no, "merchant_order_no": self.merchant_order_no,
            "channel_trade_no": f"42{self.payment_no}" if is_paid else None,
            "merchant_id": self.merchant_id, "payment_id": "C1", "channel": self.channel,
            "method": "native", "status": status, "amount": 1299, "currency": self.currency,
            "amount_refunded": 0, "subject": self.subject,
            "action": {"type": "qr_code", "qr_code": "weixin://wxpay/bizpayurl?pr=payme"},
            "expires_at": self.created_at + timedelta(hours=2), "created_at": self.created_at,
            "paid_at": self.created_at if is_paid else None, "metadata": self.metadata,
            "failure": None,
        }  # fmt: skip

    def refund(self, status: str) -> dict[str, Any]:
        return {
            "refund_no": self.refund_no, "merchant_refund_no": f"r-{self.merchant_order_no}",
            "payment_no": self.payment_no, "merchant_order_no": self.merchant_order_no,
            "channel_trade_no": f"42{self.payment_no}",
            "channel_refund_no": f"50{self.refund_no}" if status == "succeeded" else None,
            "merchant_id": self.merchant_id, "payment_id": "C1", "amount": 300,
            "currency": self.currency,
            "status": status, "reason": "多收", "cause": "requested",
            "created_at": self.created_at, "refunded_at": None, "failure": None,
        }  # fmt: skip

    def tell(self, kind: OrderEventType, **members: Any) -> OrderEventRecord:
        self.sequence += 1
        content = {
            "app_id": self.app_id, "merchant_id": self.merchant_id,
            "order_id": self.order_id, "sequence": self.sequence, **members,
        }  # fmt: skip
        numbers = (("refund", "refund_no"), ("split", "split_no"), ("payment", "payment_no"))
        subjects = [members[about][number] for about, number in numbers if about in members]
        event = OrderEventRecord(
            id=new_id("event"),
            source="paymesh/trade-core",
            type=kind,
            subject=next(iter(subjects), self.order_id),
            time=self.created_at,
            data=OrderEvent.model_validate(content),
        )
        self.events.append(event)
        return event

    def paid(self) -> "Story":
        for status in ("initiating", "pending", "succeeded"):
            kind = OrderEventType(f"payment.{'created' if status == 'initiating' else status}")
            order = self.order("paid", 1299) if status == "succeeded" else self.order("open")
            self.tell(kind, order=order, payment=self.payment(status))
        self.tell(OrderEventType.ORDER_PAID, order=self.order("paid", 1299))
        return self

    def refunded(self) -> "Story":
        self.tell(
            OrderEventType.REFUND_CREATED, order=self.order("paid", 1299),
            refund=self.refund("processing"),
        )  # fmt: skip
        self.tell(
            OrderEventType.REFUND_SUCCEEDED, order=self.order("paid", 1299, 300),
            refund=self.refund("succeeded"),
        )  # fmt: skip
        return self


async def found(admin: Admin, things: str, **query: Any) -> list[dict[str, Any]]:
    answer = await admin.http.get(f"/api/{things}", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def everything(admin: Admin) -> list[list[dict[str, Any]]]:
    return [await found(admin, things) for things in ("orders", "payments", "refunds")]


async def test_events_become_what_is_searched(admin: Admin) -> None:
    story = Story().paid().refunded()
    await apply(admin.deps, story.events)
    [[order], [payment], [refund]] = await everything(admin)
    assert (order["status"], order["amount_refunded"], order["order_id"]) == (
        "paid", 300, story.order_id,
    )  # fmt: skip
    assert (payment["status"], payment["app_id"], payment["amount_refunded"]) == (
        "succeeded", "A1", 300,
    )  # fmt: skip
    assert payment["channel_trade_no"] == f"42{story.payment_no}"
    assert (refund["status"], refund["reason"]) == ("succeeded", "多收")
    assert payment["action"] is None


async def test_duplicates_and_disorder_change_nothing(admin: Admin) -> None:
    story = Story().paid().refunded()
    await apply(admin.deps, story.events)
    wanted = await everything(admin)
    chance = random.Random(7)
    for _ in range(20):
        batch = chance.choices(story.events, k=9)
        await apply(admin.deps, batch)
        for event in chance.sample(story.events, k=3):
            await apply(admin.deps, [event])
    assert await everything(admin) == wanted


async def test_any_order_of_arrival_leads_to_the_same(admin: Admin) -> None:
    for number, order in enumerate(itertools.permutations(range(4))):
        story = Story(merchant_order_no=f"W-{number}").paid()
        for index in order:
            await apply(admin.deps, [story.events[index]])
        [payment] = await found(admin, "payments", merchant_order_no=f"W-{number}")
        [placed] = await found(admin, "orders", merchant_order_no=f"W-{number}")
        assert (payment["status"], placed["status"]) == ("succeeded", "paid"), order


async def test_each_number_finds_its_payment_order_and_refund(admin: Admin) -> None:
    story, other = Story().paid().refunded(), Story().paid().refunded()
    await apply(admin.deps, [*story.events, *other.events])
    numbers = {
        "merchant_order_no": story.merchant_order_no,
        "payment_no": story.payment_no,
        "channel_trade_no": f"42{story.payment_no}",
        "merchant_refund_no": f"r-{story.merchant_order_no}",
        "refund_no": story.refund_no,
        "channel_refund_no": f"50{story.refund_no}",
    }
    for name, number in numbers.items():
        for query in ({name: number}, {"number": number}):
            [order] = await found(admin, "orders", **query)
            [payment] = await found(admin, "payments", **query)
            [refund] = await found(admin, "refunds", **query)
            assert order["order_id"] == story.order_id, query
            assert payment["payment_no"] == story.payment_no, query
            assert refund["refund_no"] == story.refund_no, query
    assert await found(admin, "payments", number="nothing", merchant_id="M1") == []


async def test_filters_by_merchant_app_channel_state_and_time(admin: Admin) -> None:
    early = Story(app_id="A1", merchant_id="M1", channel="alipay").paid().refunded()
    late = Story(app_id="A2", merchant_id="M2", created_at=BEGAN + timedelta(days=1)).paid()
    late.tell(
        OrderEventType.PAYMENT_CONFLICTED,
        order=late.order("open"),
        payment=late.payment("conflicted"),
    )
    await apply(admin.deps, [*early.events, *late.events])
    noon = (BEGAN + timedelta(hours=12)).isoformat()
    for query, story in (
        ({"merchant_id": "M1"}, early), ({"app_id": "A2"}, late), ({"channel": "alipay"}, early),
        ({"created_from": noon}, late), ({"created_before": noon}, early),
        ({"created_from": (BEGAN + timedelta(days=1)).isoformat()}, late),
        ({"state": "conflicted"}, late), ({"state": "succeeded"}, early),
    ):  # fmt: skip
        [payment] = await found(admin, "payments", **query)
        assert payment["payment_no"] == story.payment_no, query
    for query in ({"merchant_id": "M1"}, {"channel": "alipay"}, {"state": "paid"}):
        [order] = await found(admin, "orders", **query)
        assert order["order_id"] == early.order_id, query
    for query in ({"channel": "alipay"}, {"state": "succeeded"}, {"app_id": "A1"}):
        assert len(await found(admin, "refunds", **query)) == 1, query
    assert await found(admin, "refunds", channel="wechat") == []


async def test_filters_go_by_the_names_of_the_lists_for_apps_too(admin: Admin) -> None:
    story = Story().paid()
    await apply(admin.deps, story.events)
    for things, status in (("orders", "paid"), ("payments", "succeeded")):
        assert len(await found(admin, things, status=status)) == 1
        assert await found(admin, things, status="closed") == []
        after, before = BEGAN + timedelta(seconds=1), BEGAN
        assert len(await found(admin, things, created_to=after.isoformat())) == 1
        assert await found(admin, things, created_to=before.isoformat()) == []


async def test_a_bad_filter_is_pointed_at(admin: Admin) -> None:
    for query, name in (
        ("state=paid", "state"), ("created_from=yesterday", "created_from"),
        ("created_from=2026-11-22T00:00:00", "created_from"), ("merchant_id=%00", "merchant_id"),
        ("number=", "number"),
    ):  # fmt: skip
        answer = await admin.http.get(f"/api/payments?{query}")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{name}")


async def test_results_go_page_by_page_even_where_times_are_the_same(admin: Admin) -> None:
    stories = [Story().paid() for _ in range(7)]
    await apply(admin.deps, [event for story in stories for event in story.events])
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        params = {"limit": "3", **({"after": cursor} if cursor else {})}
        page = (await admin.http.get("/api/payments", params=params)).json()
        seen += [item["payment_no"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == sorted((story.payment_no for story in stories), reverse=True)


async def test_a_payment_is_shown_with_order_refunds_and_callback(admin: Admin) -> None:
    story = Story().paid()
    succeeded = story.events[2]
    story.refunded()
    await apply(admin.deps, story.events)
    path = f"/api/payments/{story.payment_no}"
    assert (await admin.http.get(path)).json()["delivery"] is None

    delivered = delivery(succeeded.id, "delivery.delivered", attempts=2, at=BEGAN)
    late_news = delivery(succeeded.id, "delivery.exhausted", attempts=1, at=BEGAN - timedelta(1))
    suspended = delivery(None, "endpoint.suspended", attempts=9, at=BEGAN)
    await apply(admin.deps, [delivered, suspended])
    await apply(admin.deps, [late_news])
    payment = (await admin.http.get(path)).json()
    assert (payment["delivery"]["state"], payment["delivery"]["attempts"]) == ("delivered", 2)
    assert payment["order"]["order_id"] == story.order_id
    assert [refund["refund_no"] for refund in payment["refunds"]] == [story.refund_no]
    for path in (f"/api/orders/{story.order_id}", f"/api/refunds/{story.refund_no}"):
        assert (await admin.http.get(path)).status_code == 200


def delivery(
    event_id: str | None, kind: str, *, attempts: int, at: datetime
) -> DeliveryEventRecord:
    return DeliveryEventRecord(
        id=new_id("event"), source="paymesh/notifier", type=kind, subject=event_id or "A1", time=at,
        data=DeliveryEvent(
            event_id=event_id, event_type="payment.succeeded", app_id="A1",
            url="https://app.example/", attempts=attempts, last_status=200, at=at,
        ),
    )  # fmt: skip


async def test_what_cannot_be_used_is_kept_and_told(admin: Admin) -> None:
    record = Record(topics.ORDER_EVENTS, 0, 7, "O1", b"junk", {}, 0)

    await keep_dead_letters(admin.deps, [DeadRecord(record, "not an event")])

    async with admin.deps.db.connection() as tx:
        assert await tx.fetchval("select value from dead_event") == b"junk"
        (shown,) = await tx.fetch("select topic, key, payload from event_log")
    assert (shown["topic"], shown["key"]) == (topics.ALERTS, f"read_model.parked:{record.topic}")
    assert AlertRecord.model_validate_json(shown["payload"]).data.detail == "not an event"


async def test_records_of_topics_that_were_made_anew_are_kept_beside_the_older_ones(
    admin: Admin,
) -> None:
    for value in (b"junk", b"rubbish", b"junk"):
        record = Record(topics.ORDER_EVENTS, 0, 7, "O1", value, {}, 0)
        await keep_dead_letters(admin.deps, [DeadRecord(record, "not an event")])

    async with admin.deps.db.connection() as tx:
        assert await tx.fetchval("select count(*) from dead_event") == 2
