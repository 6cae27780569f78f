"""What merchant-admin and trade-core would publish, for an app of a test's own."""

from datetime import UTC, datetime
from typing import Any

from chassis.producer import Message, Producer
from contracts import sealing, topics
from contracts.api import OrderStatus, OrderSummary, PaymentView
from contracts.events import configuration, orders
from contracts.identifiers import new_id

PAYMENT = {
    "merchant_order_no": "W2026-001", "channel_trade_no": "4200001", "merchant_id": "M1",
    "payment_id": "C1", "channel": "wechat", "method": "native", "status": "succeeded",
    "amount": 1299, "currency": "CNY", "amount_refunded": 0, "subject": "物业费 11月",
    "action": None, "metadata": {}, "failure": None,
}  # fmt: skip


def app_record(
    app_id: str, notify_url: str, *, secret: str, sealing_key: str, **changes: Any
) -> Message:
    """The app as merchant-admin broadcasts it, its webhook secret sealed to the notifier."""
    entity = configuration.AppEntity(
        app_id=app_id,
        version=1,
        state=configuration.State.ACTIVE,
        name="物业云",
        merchant_ids=["M1"],
        notify_url=notify_url,
        callback_ack=configuration.CallbackAck.ANY_2XX,
        reinitiate_after_s=15,
        late_payment=configuration.LatePayment.ACCEPT,
        ip_allowlist=[],
        webhook_secrets_sealed=[sealing.seal(sealing_key, secret, context=app_id)],
    ).model_copy(update=changes)
    record = configuration.ConfigurationRecord(
        id=new_id("event"),
        source=configuration.SOURCE,
        type=configuration.CONFIGURATION,
        subject=app_id,
        time=datetime.now(UTC),
        data=configuration.Configuration(entity=entity),
    )
    return Message(topics.MERCHANT_CONFIG, app_id, record.to_bytes(), record.headers())


def payment_succeeded(app_id: str) -> Message:
    return message_of(paid_order(app_id))


def message_of(record: orders.OrderEventRecord) -> Message:
    return Message(topics.ORDER_EVENTS, record.subject, record.to_bytes(), record.headers())


def paid_order(app_id: str) -> orders.OrderEventRecord:
    """A new order of this app that was just paid."""
    now = datetime.now(UTC)
    payment = PaymentView.model_validate(
        {**PAYMENT, "payment_no": new_id("payment"), "expires_at": now, "created_at": now,
         "paid_at": now}
    )  # fmt: skip
    order = OrderSummary(
        merchant_order_no=payment.merchant_order_no,
        merchant_id=payment.merchant_id,
        status=OrderStatus.PAID,
        amount=payment.amount,
        currency=payment.currency,
        amount_paid=payment.amount,
        amount_refunded=0,
        subject=payment.subject,
        created_at=now,
        expires_at=now,
    )
    order_id = new_id("order")
    return orders.OrderEventRecord(
        id=new_id("event"),
        source=orders.SOURCE,
        type=orders.OrderEventType.PAYMENT_SUCCEEDED,
        subject=order_id,
        time=now,
        data=orders.OrderEvent(
            app_id=app_id,
            merchant_id=payment.merchant_id,
            order_id=order_id,
            sequence=1,
            order=order,
            payment=payment,
        ),
    )


async def publish(producer: Producer, *messages: Message) -> None:
    for message in messages:
        await producer.send(message)
