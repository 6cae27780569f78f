"""A payment link: an app lets payers open its order by themselves, one for all or one for each."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from contracts.api import CreatePayment, CreatePaymentLink, LinkStatus, Method, OrderStatus
from contracts.identifiers import new_id
from contracts.internal import LinkOnFile, PayAtLink
from trade_core.domain.opening import PaymentRequest
from trade_core.domain.order import Order, OrderKey
from trade_core.domain.pay_point_errors import AmountMissing, LinkOver

ORDER_LIVES: Final = timedelta(hours=2)
"""Of a link for many payers: each has as long as with any payment, also past the link's end."""

WINDOW: Final = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class PaymentLink:
    """`amount` None: the payer enters it. `order_no` None: a new order for each payer. `signed_as`
    names the signed request that it was made by."""

    link_id: str
    app_id: str
    merchant_id: str
    amount: int | None
    currency: str
    subject: str
    order_no: str | None
    fingerprint: str
    created_at: datetime
    expires_at: datetime
    disabled_at: datetime | None = None
    signed_as: str | None = None

    @property
    def order_key(self) -> OrderKey | None:
        """Of its one order."""
        if self.order_no is None:
            return None
        return OrderKey(self.app_id, self.merchant_id, self.order_no)


def fresh(
    app_id: str, request: CreatePaymentLink, signed_as: str | None, now: datetime
) -> PaymentLink:
    made_by_us = new_id("payers_order") if request.uses == 1 else None
    return PaymentLink(
        link_id=new_id("payment_link"),
        app_id=app_id,
        merchant_id=request.merchant_id,
        amount=request.amount,
        currency="CNY",
        subject=request.subject,
        order_no=request.merchant_order_no or made_by_us,
        fingerprint=request.fingerprint(),
        created_at=now,
        expires_at=now + timedelta(seconds=request.expires_in_s),
        signed_as=signed_as,
    )


def status_of(link: PaymentLink, order: Order | None, now: datetime) -> LinkStatus:
    """`order`: its one order, once that is there."""
    if order is not None and order.state is not OrderStatus.OPEN:
        return LinkStatus.USED
    if link.disabled_at is not None:
        return LinkStatus.DISABLED
    return LinkStatus.EXPIRED if now >= link.expires_at else LinkStatus.OPEN


def payment_at(link: PaymentLink, begun: PayAtLink, now: datetime) -> PaymentRequest:
    """What a payer asks for at the link. Raises LinkOver, AmountMissing."""
    status = status_of(link, None, now)
    if status is not LinkStatus.OPEN:
        raise LinkOver(link.link_id, status)
    amount = begun.amount if link.amount is None else link.amount
    if amount is None:
        raise AmountMissing
    lives = ORDER_LIVES if link.order_no is None else link.expires_at - now
    content = CreatePayment.model_construct(  # the link was checked when it was made
        merchant_id=link.merchant_id,
        payment_id=begun.payment_id,
        merchant_order_no=link.order_no or new_id("payers_order"),
        amount=amount,
        currency=link.currency,
        subject=link.subject,
        method=Method.CASHIER,
        expires_in_s=max(int(lives.total_seconds()), 1),
        metadata={"link_id": link.link_id},
    )
    return PaymentRequest(link.app_id, content, begun.channel, WINDOW)


def view(link: PaymentLink, order: Order | None, now: datetime) -> LinkOnFile:
    """With the amount and subject of its one order, once that is there: so payers are asked."""
    return LinkOnFile(
        app_id=link.app_id,
        link_id=link.link_id,
        url="",
        state=status_of(link, order, now),
        merchant_id=link.merchant_id,
        amount=link.amount if order is None else order.amount,
        currency=link.currency,
        subject=link.subject if order is None else order.subject,
        uses=None if link.order_no is None else 1,
        merchant_order_no=link.order_no,
        payment_no=None if order is None else order.latest_payment_no,
        order_state=None if order is None else order.state,
        created_at=link.created_at,
        expires_at=link.expires_at,
    )
