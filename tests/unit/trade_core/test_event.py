"""An event, and the answer to a create, are written byte for byte as the contract's model would
write them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.trade_core import NOON, aggregate, fresh, paid, payment_result, pending
from tests.unit.trade_core.test_splitting import done, payment_of, taken

from contracts import actions
from contracts.actions import Action
from contracts.api import CreateRefund
from contracts.events.configuration import LatePayment
from contracts.events.orders import OrderEventRecord
from contracts.events.results import Source, Verdict
from contracts.internal import OpenedPayment
from trade_core.domain import views
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.apply_result import apply_payment_result
from trade_core.domain.refund_reservation import refund_as_requested
from trade_core.store import outgoing

BEIJING = timezone(timedelta(hours=8))

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=3), inner),
    max_leaves=8,
)


def event_types(opened: OrderAggregate) -> list[str]:
    """The events' types; each was written as it should be, and so are the answers."""
    for event in opened.events:
        payload = outgoing.order_event(event).payload
        assert OrderEventRecord.model_validate_json(payload).to_bytes() == payload
    for payment in opened.payments.values():
        answer = views.opened_payment(opened.order, payment, created=False)
        assert OpenedPayment.model_validate_json(answer).model_dump_json().encode() == answer
    return [event.type for event in opened.events]


@pytest.mark.parametrize(
    "action",
    [
        actions.QrCodeAction(qr_code="weixin://wxpay/bizpayurl?pr=x"),
        actions.RedirectAction(url="https://cashier.example/p?a=1&b=二"),
        actions.FormAction(url="https://bank.example/", method="POST", fields={"金额": "12.99"}),
        actions.JsapiAction(params={"appId": "wx1", "package": "prepay_id=1"}),
        actions.AppAction(params={"order_string": "a=1&b=2"}),
        actions.NoAction(),
    ],
    ids=lambda action: action.type,
)
def test_event_of_a_payment_that_waits_for_its_payer(action: Action) -> None:
    order, payment = fresh()
    opened = aggregate(order, payment)
    opened.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    word = payment_result(payment, Source.INITIATION, Verdict.PENDING, action=action)
    apply_payment_result(opened, word, said_at=NOON, late=LatePayment.ACCEPT)
    assert event_types(opened) == ["payment.pending"]


def test_an_alert_names_the_trace_that_made_it() -> None:
    order, payment = pending()
    opened = aggregate(order, payment)
    opened.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    word = paid(payment, amount=1)
    apply_payment_result(opened, word, said_at=NOON, late=LatePayment.ACCEPT)
    records = [json.loads(event.payload) for event in outgoing.of([opened])]
    assert "alert" in {each["type"] for each in records}
    assert {each["traceparent"] for each in records} == {opened.traceparent}


@pytest.mark.parametrize(
    "paid_at",
    [NOON, datetime(2026, 1, 5, 20, 0, 0, 120000, tzinfo=BEIJING), datetime.now(UTC)],
    ids=["whole second", "in Beijing", "to the microsecond"],
)
def test_events_of_a_payment_that_was_paid_and_of_its_order(paid_at: datetime) -> None:
    order, payment = pending(notify_url="https://app.example/n")
    opened = aggregate(order, payment)
    word = paid(payment, paid_at=paid_at)
    apply_payment_result(opened, word, said_at=NOON, late=LatePayment.ACCEPT)
    assert event_types(opened) == ["payment.succeeded", "order.paid"]


@given(st.dictionaries(st.text("ab", max_size=3), JSON, max_size=3))
def test_event_carries_whatever_the_app_knows_its_payment_by(metadata: dict[str, object]) -> None:
    order, payment = pending(metadata=metadata)
    opened = aggregate(order, payment)
    word = payment_result(payment, Source.QUERY, Verdict.DECLINED, code="NO", message="“不”")
    apply_payment_result(opened, word, said_at=NOON, late=LatePayment.ACCEPT)
    assert event_types(opened) == ["payment.failed"]


def test_events_of_refunds_and_splits() -> None:
    opened = taken(1000)
    done(opened, 300, 200, failing=["190002"])
    request = CreateRefund(
        merchant_id="M1",
        payment_id="C1",
        payment_no=payment_of(opened).payment_no,
        merchant_refund_no="B1",
        amount=100,
        reason="多收",
    )
    refund_as_requested(opened, request)
    assert event_types(opened)[2:] == ["split.created", "split.failed", "refund.created"]


@pytest.mark.parametrize(
    ("is_by_person", "named", "told_at"),
    [
        (True, None, "https://app.example/paid"),
        (False, None, None),
        (False, "https://app.example/refunded", "https://app.example/refunded"),
    ],
)
def test_a_persons_refund_is_told_where_its_payment_was_told(
    is_by_person: bool, named: str | None, told_at: str | None
) -> None:
    """People name no address; an app that names none is told at its own."""
    opened = taken(1000)
    payment = payment_of(opened)
    opened.payments[payment.payment_no] = replace(payment, notify_url="https://app.example/paid")
    request = CreateRefund(
        merchant_id="M1",
        payment_id="C1",
        payment_no=payment.payment_no,
        merchant_refund_no="B1",
        amount=100,
        notify_url=named,
    )
    assert refund_as_requested(opened, request, is_by_person=is_by_person).notify_url == told_at
    assert opened.events[-1].notify_url == told_at
