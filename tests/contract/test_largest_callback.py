"""No callback that the contracts allow is too large to be sent, or to be taken by the SDK."""

import json
import time
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import pytest
from pydantic import BaseModel
from pydantic_core import to_json

from chassis.consumer import Record
from contracts import actions, api, webhooks
from contracts.events.orders import SOURCE, OrderEvent, OrderEventRecord
from contracts.money import MAX_AMOUNT
from notifier.consumers import OrderEvents
from notifier.domain.deliveries import NewDelivery
from paymesh import Event
from paymesh.callbacks import MAX_BODY_BYTES
from paymesh.frameworks import asgi
from trade_core.domain.plausible import MAX_NUMBER_CHARS

NOW: Final = datetime(2026, 11, 22, 4, 5, 6, 789_012, tzinfo=UTC)
LARGEST: Final = "𠮷"
"""A character takes four bytes at most; those that JSON escapes are in no text of these."""


def longest(model: type[BaseModel], name: str) -> str:
    return LARGEST * limit(model, name)


def limit(model: type[BaseModel], name: str) -> int:
    """What its schema says how long it may be."""
    stated = model.model_json_schema()["properties"][name]
    (found,) = {
        choice[word]
        for choice in stated.get("anyOf", [stated])
        for word in ("maxLength", "maxItems")
        if word in choice
    }
    return int(found)


FAILURE: Final = api.Failure(
    code=LARGEST * api.MAX_CODE_CHARS, message=LARGEST * api.MAX_MESSAGE_CHARS
)
COMMON: Final[dict[str, Any]] = {
    "payment_no": longest(api.CreateSplit, "payment_no"),
    "merchant_order_no": "W" * 64,
    "channel_trade_no": LARGEST * MAX_NUMBER_CHARS,
    "merchant_id": longest(api.CreateSplit, "merchant_id"),
    "payment_id": longest(api.CreateRefund, "payment_id"),
    "amount": MAX_AMOUNT,
    "currency": "CNY",
    "created_at": NOW,
    "failure": FAILURE,
}
RECEIVERS: Final = [
    api.SplitReceiver(
        account=f"{number:02d}" + longest(api.SplitReceiver, "account")[2:],
        amount=MAX_AMOUNT,
        description=longest(api.SplitReceiver, "description"),
    )
    for number in range(limit(api.CreateSplit, "receivers"))
]
SPLIT: Final = api.SplitView(
    **COMMON,
    split_no="S" * 27,
    merchant_split_no="F" * 64,
    channel_split_no=LARGEST * MAX_NUMBER_CHARS,
    status=api.SplitStatus.SUCCEEDED,
    finish=False,
    receivers=[
        api.ShareView(
            **vars(each),
            status=api.ShareStatus.SUCCEEDED,
            amount_returned=MAX_AMOUNT,
            failure=FAILURE,
        )
        for each in RECEIVERS
    ],
    finished_at=NOW,
)
PAYMENT: Final = api.PaymentView(
    **COMMON,
    channel="unionpay",
    method=api.Method.MINI_PROGRAM,
    status=api.PaymentStatus.CONFLICTED,
    amount_refunded=MAX_AMOUNT,
    subject=longest(api.CreatePayment, "subject"),
    action=actions.RedirectAction(
        url="x" * (actions.MAX_ACTION_BYTES - len(to_json(actions.RedirectAction(url=""))))
    ),
    expires_at=NOW,
    paid_at=NOW,
    metadata={"note": "x" * (4096 - len('{"note":""}'))},
)
REFUND: Final = api.RefundView(
    **COMMON,
    refund_no="R" * 27,
    merchant_refund_no="T" * 64,
    channel_refund_no=LARGEST * MAX_NUMBER_CHARS,
    status=api.RefundStatus.ABNORMAL,
    reason=longest(api.CreateRefund, "reason"),
    cause=api.RefundCause.REQUESTED,
    refunded_at=NOW,
)


def delivered(kind: str, **subject: Any) -> NewDelivery:
    """What the notifier will send of this event."""
    order = api.OrderSummary.model_construct(**ORDER)
    event = OrderEventRecord(
        id="E" * 27,
        source=SOURCE,
        type=kind,
        subject=COMMON["payment_no"],
        time=NOW,
        data=OrderEvent(
            app_id="A1", merchant_id="M1", order_id="O1", sequence=1, order=order, **subject
        ),
    )
    record = Record("order-events", 0, 0, "O1", event.to_bytes(), event.headers(), 0)
    delivery = OrderEvents.decode(record)
    assert delivery is not None
    return delivery


ORDER: Final[dict[str, Any]] = {
    "merchant_order_no": "W1",
    "merchant_id": "M1",
    "status": api.OrderStatus.PAID,
    "amount": 1,
    "currency": "CNY",
    "amount_paid": 1,
    "amount_refunded": 0,
    "subject": "x",
    "created_at": NOW,
    "expires_at": NOW,
}


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("split.succeeded", {"split": SPLIT}),
        ("payment.conflicted", {"payment": PAYMENT}),
        ("refund.abnormal", {"refund": REFUND}),
    ],
)
async def test_the_largest_callback_is_sent_and_taken(kind: str, subject: dict[str, Any]) -> None:
    body = delivered(kind, **subject).body
    secret, taken = webhooks.new_secret(), list[str]()
    headers = webhooks.sign(
        [webhooks.secret_bytes(secret)], webhook_id="E1", timestamp_s=int(time.time()), body=body
    )

    async def take(event: Event) -> None:
        taken.append(event.type)

    transport = httpx.ASGITransport(asgi.callback_app(take, secret))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as client:
        answer = await client.post("/callbacks", content=body, headers=headers)
    assert (answer.status_code, taken) == (200, [kind])


def test_the_limit_is_near_what_can_come_and_the_same_on_both_sides() -> None:
    largest = len(delivered("split.succeeded", split=SPLIT).body)
    assert webhooks.MAX_BODY_BYTES // 2 < largest < webhooks.MAX_BODY_BYTES == MAX_BODY_BYTES
    assert json.loads(to_json(SPLIT))["receivers"][49]["failure"]["code"] == FAILURE.code
