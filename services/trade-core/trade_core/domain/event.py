"""An event: what became true of an order, with everything as it is then."""

from dataclasses import dataclass
from datetime import datetime

from contracts.events.channel_calls import ChannelCall
from contracts.events.orders import OrderEventType
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund
from trade_core.domain.split import Split


@dataclass(frozen=True, slots=True)
class Event:
    """Of a payment, or of a refund or a split with its payment; with none of them it is the
    order's own. `sequence` is the order's version, `call` the channel's word that made it true."""

    event_id: str
    type: OrderEventType
    sequence: int
    at: datetime
    traceparent: str | None
    order: Order
    payment: Payment | None = None
    refund: Refund | None = None
    split: Split | None = None
    call: ChannelCall | None = None

    @property
    def about(self) -> Payment | Refund | Split | None:
        return self.refund or self.split or self.payment

    @property
    def subject(self) -> str:
        """The number of what it is about."""
        if self.refund is not None:
            return self.refund.refund_no
        if self.split is not None:
            return self.split.split_no
        return self.order.order_id if self.payment is None else self.payment.payment_no

    @property
    def notify_url(self) -> str | None:
        """The address given with the call that it is about."""
        return None if self.about is None else self.about.notify_url
