"""What is refused at a payment link or a counter code.

TradeError
├── LinkNotFound · LinkOver                         not_found · order_closed
├── LinkMismatch · PaymentError: OrderMismatch      refund_mismatch
└── DayLimitReached · AmountMissing                 invalid_request
"""

from chassis.problems import FieldError
from contracts.codes import Code
from contracts.money import Money
from trade_core.domain.errors import PaymentError, ThreeNumbers, TradeError


class LinkNotFound(TradeError):
    """Also for a link of another app."""

    code = Code.NOT_FOUND

    def __init__(self, link_id: str) -> None:
        super().__init__(f"There is no payment link {link_id}.")


class LinkMismatch(TradeError):
    code = Code.REFUND_MISMATCH

    def __init__(self, merchant_order_no: str) -> None:
        super().__init__(
            f"merchant_order_no {merchant_order_no} is taken by a payment link with other content."
        )


class OrderMismatch(PaymentError):
    """A payment link beside an order that is there."""

    code = Code.REFUND_MISMATCH

    def __init__(self, amount: Money, payment: ThreeNumbers) -> None:
        super().__init__(
            f"merchant_order_no {payment.merchant_order_no} is taken by an order of {amount}.",
            payment,
        )


class LinkOver(TradeError):
    """Nothing can be begun there; `state` as in `contracts.api.LinkStatus`."""

    code = Code.ORDER_CLOSED

    def __init__(self, link_id: str, state: str) -> None:
        super().__init__(f"The payment link {link_id} is {state}.", extra={"state": state})


class DayLimitReached(TradeError):
    """`left`: what may still be begun at the counter code today."""

    code = Code.INVALID_REQUEST

    def __init__(self, code_id: str, left: int) -> None:
        fault = FieldError("/amount", f"is more than the {left} that are left today")
        super().__init__(
            f"The day's limit of the counter code {code_id} is reached.",
            errors=[fault],
            extra={"left": left},
        )


class AmountMissing(TradeError):
    code = Code.INVALID_REQUEST

    def __init__(self) -> None:
        fault = FieldError("/amount", "is needed: the payer says how much")
        super().__init__("The amount is missing.", errors=[fault])
