"""What searches find, as the API shows it."""

from datetime import datetime

from pydantic import BaseModel

from contracts.api import OrderSummary, PaymentView, RefundView, SplitView
from contracts.internal import RefundOnFile
from merchant_admin.domain.search import Delivery, FoundOrder, FoundPayment, FoundRefund, FoundSplit
from merchant_admin.flows.searching import PaymentInFull


class DeliveryView(BaseModel):
    """How the app's callback of the last change fared."""

    state: str
    attempts: int
    last_status: int | None
    url: str
    at: datetime

    @classmethod
    def of(cls, delivery: Delivery | None) -> "DeliveryView | None":
        if delivery is None:
            return None
        return cls.model_validate(delivery, from_attributes=True)


class OrderItem(OrderSummary):
    order_id: str
    app_id: str

    @classmethod
    def of(cls, found: FoundOrder) -> "OrderItem":
        return cls(**found.order.model_dump(), order_id=found.order_id, app_id=found.app_id)


class PaymentItem(PaymentView):
    order_id: str
    app_id: str
    delivery: DeliveryView | None

    @classmethod
    def of(cls, found: FoundPayment) -> "PaymentItem":
        return cls(
            **found.payment.model_dump(),
            order_id=found.order_id,
            app_id=found.app_id,
            delivery=DeliveryView.of(found.delivery),
        )


class RefundItem(RefundView):
    order_id: str
    app_id: str
    delivery: DeliveryView | None

    @classmethod
    def of(cls, found: FoundRefund) -> "RefundItem":
        return cls(
            **found.refund.model_dump(),
            order_id=found.order_id,
            app_id=found.app_id,
            delivery=DeliveryView.of(found.delivery),
        )


class RefundInFullView(RefundItem):
    """As trade-core has it now; `version` is what a decision about it names, null while trade-core
    does not answer."""

    version: int | None

    @classmethod
    def full(cls, found: FoundRefund, on_file: RefundOnFile | None) -> "RefundInFullView":
        newest = {} if on_file is None else on_file.model_dump()
        return cls(**{"version": None, **RefundItem.of(found).model_dump(), **newest})


class SplitItem(SplitView):
    order_id: str
    app_id: str
    delivery: DeliveryView | None

    @classmethod
    def of(cls, found: FoundSplit) -> "SplitItem":
        return cls(
            **found.split.model_dump(),
            order_id=found.order_id,
            app_id=found.app_id,
            delivery=DeliveryView.of(found.delivery),
        )


class PaymentInFullView(PaymentItem):
    order: OrderItem
    refunds: list[RefundItem]
    splits: list[SplitItem]

    @classmethod
    def full(cls, payment: PaymentInFull) -> "PaymentInFullView":
        return cls(
            **PaymentItem.of(payment.found).model_dump(),
            order=OrderItem.of(payment.order),
            refunds=[RefundItem.of(refund) for refund in payment.refunds],
            splits=[SplitItem.of(split) for split in payment.splits],
        )
