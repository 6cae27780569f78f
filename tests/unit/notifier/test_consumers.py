"""What becomes of the records: which events are told, and how an app is known."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.authority import Authority

from chassis.consumer import Record
from contracts import sealing, webhooks
from contracts.api import OrderStatus, OrderSummary, PaymentView, RefundView, SplitView
from contracts.events.configuration import (
    CONFIGURATION,
    AlertRoute,
    AppEntity,
    CallbackAck,
    Configuration,
    ConfigurationRecord,
    LatePayment,
    MerchantEntity,
    State,
)
from contracts.events.orders import CALLBACK_TYPES, SOURCE, OrderEvent, OrderEventRecord
from foundation.expiry import end_of
from notifier import consumers
from notifier.consumers import OrderEvents
from notifier.domain.apps import AppBook
from notifier.domain.routes import RouteBook

NOW = datetime(2026, 11, 22, 4, 5, 6, tzinfo=UTC)
ORDER = OrderSummary(
    merchant_order_no="W2026-001",
    merchant_id="M1",
    status=OrderStatus.PAID,
    amount=1299,
    currency="CNY",
    amount_paid=1299,
    amount_refunded=0,
    subject="物业费 11月",
    created_at=NOW,
    expires_at=NOW,
)
PAYMENT = PaymentView.model_validate(
    {
        "payment_no": "P1", "merchant_order_no": "W2026-001", "channel_trade_no": "4200001",
        "merchant_id": "M1", "payment_id": "C1", "channel": "wechat", "method": "native",
        "status": "succeeded", "amount": 1299, "currency": "CNY", "amount_refunded": 0,
        "subject": "物业费 11月", "action": None, "expires_at": NOW, "created_at": NOW,
        "paid_at": NOW, "metadata": {"room": "3-1201"}, "failure": None,
    }
)  # fmt: skip
REFUND = RefundView.model_validate(
    {
        "refund_no": "R1", "merchant_refund_no": "T1", "payment_no": "P1",
        "merchant_order_no": "W2026-001", "channel_trade_no": "4200001",
        "channel_refund_no": "5000001", "merchant_id": "M1", "payment_id": "C1", "amount": 299,
        "currency": "CNY", "status": "succeeded", "reason": None, "cause": "requested",
        "created_at": NOW, "refunded_at": NOW, "failure": None,
    }
)  # fmt: skip

SPLIT = SplitView.model_validate(
    {
        "split_no": "S1", "merchant_split_no": "F1", "payment_no": "P1",
        "merchant_order_no": "W2026-001", "channel_trade_no": "4200001",
        "channel_split_no": "3000001", "merchant_id": "M1", "payment_id": "C1", "amount": 299,
        "currency": "CNY", "status": "failed", "finish": False, "created_at": NOW,
        "finished_at": NOW, "failure": {"code": "NO_RELATION", "message": "分账接收方未添加"},
        "receivers": [
            {
                "account": "190001", "amount": 299, "description": "维修基金", "status": "failed",
                "amount_returned": 0,
                "failure": {"code": "NO_RELATION", "message": "分账接收方未添加"},
            }
        ],
    }
)  # fmt: skip


def order_event(kind: str, **data: Any) -> OrderEventRecord:
    usual = {"app_id": "A1", "merchant_id": "M1", "order_id": "O1", "sequence": 3, "order": ORDER}
    return OrderEventRecord(
        id="E1",
        source=SOURCE,
        type=kind,
        subject="O1",
        time=NOW,
        data=OrderEvent(**{**usual, **data}),
    )


def record(value: bytes, headers: dict[str, str] | None = None) -> Record:
    return Record("topic", 0, 0, "key", value, headers or {}, 0)


@pytest.mark.parametrize("with_headers", [True, False])
def test_payment_event_is_told_as_the_public_payment(with_headers: bool) -> None:
    event = order_event("payment.succeeded", payment=PAYMENT, notify_url="https://app.example/n")
    headers = event.headers() if with_headers else {}

    decoded = OrderEvents.decode(record(event.to_bytes(), headers))

    assert decoded is not None
    assert (decoded.event_id, decoded.app_id, decoded.type) == ("E1", "A1", "payment.succeeded")
    assert (decoded.notify_url, decoded.happened_at) == ("https://app.example/n", NOW)
    body = json.loads(decoded.body)
    assert set(body) == {"type", "timestamp", "data"}
    assert body["timestamp"] == "2026-11-22T04:05:06Z"
    assert body["data"] == PAYMENT.model_dump(mode="json")
    assert {"merchant_order_no", "payment_no", "channel_trade_no"} <= set(body["data"])


def test_refund_event_is_told_as_the_public_refund() -> None:
    event = order_event("refund.succeeded", payment=PAYMENT, refund=REFUND)

    decoded = OrderEvents.decode(record(event.to_bytes(), event.headers()))

    assert decoded is not None
    assert decoded.notify_url is None
    assert json.loads(decoded.body)["data"] == REFUND.model_dump(mode="json")


def test_split_event_is_told_as_the_public_split() -> None:
    event = order_event("split.failed", split=SPLIT, notify_url="https://app.example/n")

    decoded = OrderEvents.decode(record(event.to_bytes(), event.headers()))

    assert decoded is not None
    assert (decoded.type, decoded.notify_url) == ("split.failed", "https://app.example/n")
    assert json.loads(decoded.body)["data"] == SPLIT.model_dump(mode="json")


@pytest.mark.parametrize(
    "kind",
    [
        "payment.created",
        "payment.pending",
        "order.paid",
        "refund.created",
        "split.created",
        "split.returned",
        "new.kind",
    ],
)
@pytest.mark.parametrize("with_headers", [True, False])
def test_other_events_pass(kind: str, with_headers: bool) -> None:
    event = order_event(kind, payment=PAYMENT)
    headers = event.headers() if with_headers else {}

    assert OrderEvents.decode(record(event.to_bytes(), headers)) is None


@pytest.mark.parametrize("kind", sorted(CALLBACK_TYPES))
def test_event_without_its_subject_is_not_an_event(kind: str) -> None:
    event = order_event(kind)

    with pytest.raises(ValueError, match="without its subject"):
        OrderEvents.decode(record(event.to_bytes(), event.headers()))


def test_callback_that_would_be_too_large_is_refused() -> None:
    huge = PAYMENT.model_copy(update={"metadata": {"text": "物" * 44_000}})
    event = order_event("payment.succeeded", payment=huge)

    with pytest.raises(ValueError, match="a callback of 132"):
        OrderEvents.decode(record(event.to_bytes(), event.headers()))


@pytest.mark.parametrize("value", [b"", b"{}", b"nonsense", b"\xff"])
def test_what_is_no_event_is_refused(value: bytes) -> None:
    with pytest.raises(ValueError):
        OrderEvents.decode(record(value))


def configured(entity: AppEntity | MerchantEntity, entity_id: str) -> ConfigurationRecord:
    return ConfigurationRecord(
        id="E1",
        source="paymesh/merchant-admin",
        type=CONFIGURATION,
        subject=entity_id,
        time=NOW,
        data=Configuration(entity=entity),
    )


class TestConfiguration:
    pair = sealing.generate()
    secrets = (webhooks.new_secret(), webhooks.new_secret())

    def app(self, **changes: Any) -> AppEntity:
        usual = {
            "app_id": "A1",
            "version": 1,
            "state": State.ACTIVE,
            "name": "物业云",
            "merchant_ids": ["M1"],
            "notify_url": "https://app.example/own",
            "callback_ack": CallbackAck.SUCCESS,
            "reinitiate_after_s": 15,
            "late_payment": LatePayment.ACCEPT,
            "ip_allowlist": [],
            "webhook_secrets_sealed": [self.sealed(secret) for secret in self.secrets],
        }
        return AppEntity.model_validate({**usual, **changes})

    def sealed(self, secret: str, context: str = "A1") -> str:
        return sealing.seal(self.pair.public_key, secret, context=context)

    def book_of(self, *entities: AppEntity) -> AppBook:
        apps = AppBook()
        configuration = consumers.Configuration(
            apps, RouteBook(), sealing.Opener.of(self.pair.private_key)
        )
        for entity in entities:
            configuration.handle(record(configured(entity, entity.app_id).to_bytes()))
        return apps

    def test_app_is_known_with_its_opened_secrets_newest_first(self) -> None:
        destination = self.book_of(self.app()).find_destination("A1", None)

        assert destination is not None
        assert destination.url == "https://app.example/own"
        assert destination.ack is CallbackAck.SUCCESS
        assert destination.keys == tuple(map(webhooks.secret_bytes, self.secrets))

    def test_older_version_is_ignored(self) -> None:
        apps = self.book_of(self.app(version=2), self.app(version=1, notify_url="https://old/"))

        app = apps.find("A1")
        assert app is not None
        assert app.notify_url == "https://app.example/own"

    def test_same_version_is_no_change(self) -> None:
        apps = self.book_of(self.app())
        apps.changed.clear()
        known = apps.find("A1")
        assert known is not None
        apps.put(known)

        assert apps.changed == set()

    @pytest.mark.parametrize(
        "changes",
        [{"state": "disabled"}, {"notify_url": None}, {"webhook_secrets_sealed": []}],
    )
    def test_nothing_can_be_sent_to_an_app_that_is_not_complete(
        self, changes: dict[str, Any]
    ) -> None:
        assert self.book_of(self.app(**changes)).find_destination("A1", None) is None

    def test_app_without_an_address_is_told_where_the_call_said(self) -> None:
        apps = self.book_of(self.app(notify_url=None))

        destination = apps.find_destination("A1", "https://app.example/of-the-call")

        assert destination is not None
        assert destination.url == "https://app.example/of-the-call"

    def test_secret_that_was_sealed_for_another_app_is_not_used(self) -> None:
        foreign = self.sealed(self.secrets[0], context="A2")
        own = self.sealed(self.secrets[1])

        apps = self.book_of(self.app(webhook_secrets_sealed=[foreign, own]))

        app = apps.find("A1")
        assert app is not None
        assert app.keys == (webhooks.secret_bytes(self.secrets[1]),)

    def test_client_certificate_is_opened_and_loaded(self) -> None:
        certificate = Authority().client()
        sealed = self.sealed(certificate.model_dump_json())
        apps = self.book_of(
            self.app(callback_client_certificate_sealed=sealed),
            self.app(version=2),
        )
        with_one = self.book_of(self.app(callback_client_certificate_sealed=sealed))

        destination = with_one.find_destination("A1", None)
        assert destination is not None
        assert destination.tls is not None
        known = with_one.find("A1")
        assert known is not None
        assert known.certificate_ends_at == end_of(certificate.certificate_pem)
        later = apps.find_destination("A1", None)
        assert later is not None
        assert later.tls is None

    @pytest.mark.parametrize(
        "content", ["junk", "{}", '{"certificate_pem": "", "private_key_pem": ""}']
    )
    def test_without_a_usable_certificate_nothing_is_sent(self, content: str) -> None:
        sealed = self.sealed(content)

        apps = self.book_of(self.app(callback_client_certificate_sealed=sealed))

        assert apps.find_destination("A1", None) is None

    def test_secrets_are_not_in_the_representation(self) -> None:
        sealed = self.sealed(Authority().client().model_dump_json())
        apps = self.book_of(self.app(callback_client_certificate_sealed=sealed))

        for text in (repr(apps.find("A1")), repr(apps.find_destination("A1", None))):
            assert "keys" not in text
            assert "tls" not in text

    def test_alert_route_of_a_merchant_is_opened_and_the_newest_version_stands(self) -> None:
        route = AlertRoute(webhook_url="https://people.example/")
        sealed = self.sealed(route.model_dump_json(), context="M1")
        foreign = self.sealed(route.model_dump_json(), context="M2")

        def known(*versions: tuple[int, str | None]) -> AlertRoute | None:
            routes = RouteBook()
            configuration = consumers.Configuration(
                AppBook(), routes, sealing.Opener.of(self.pair.private_key)
            )
            for version, text in versions:
                merchant = MerchantEntity(
                    merchant_id="M1",
                    name="物业",
                    version=version,
                    state=State.ACTIVE,
                    alert_route_sealed=text,
                )
                configuration.handle(record(configured(merchant, "M1").to_bytes()))
            return routes.find("M1")

        assert known((1, sealed)) == route
        assert known((2, sealed), (1, None)) == route
        assert known((1, sealed), (2, None)) is None
        assert known((1, foreign)) is None
        assert known() is None

    def test_tombstone_and_other_entities_pass(self) -> None:
        apps = AppBook()
        configuration = consumers.Configuration(
            apps, RouteBook(), sealing.Opener.of(self.pair.private_key)
        )

        configuration.handle(record(b""))

        assert apps.find("A1") is None
