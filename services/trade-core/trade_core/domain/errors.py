"""What trade-core answers when it says no; to its operators in `operator_errors`, to payers who
begin by themselves in `pay_point_errors`.

TradeError (a problem with one of the public codes)
├── OrderNotFound · PaymentNotFound · RefundNotFound · SplitNotFound    not_found
├── CursorExpired                                           cursor_expired
├── TooManyAttempts                                         rate_limited
├── CurrencyChanged                                         invalid_request
└── PaymentError (409, with the member `payment`)
    ├── TooSoon · PaymentInProgress                         too_soon · payment_in_progress
    ├── OrderPaid · OrderClosed · CheckoutReplaced          order_paid · order_closed
    ├── PaymentConflicted                                   payment_conflicted
    ├── PaymentNotSucceeded: PaymentNotRefundable · PaymentNotSplittable · TooManyRefunds
    ├── RefundExceedsPaid · RefundMismatch
    └── SplitExceedsPaid · SplittingFinished · SplitMismatch
"""

from dataclasses import asdict, dataclass
from typing import ClassVar, Final

from chassis.problems import FieldError, Problem
from contracts.api import PaymentStatus
from contracts.codes import CODES, Code
from contracts.money import Money

SPLITTING_S: Final = 60
"""When to come back for what a split that is under way holds: channels take about a minute."""


class TradeError(Problem):
    """Root of the problems; status and retryability follow from the code, and the title, where a
    problem has none of its own."""

    code: Code = Code.INTERNAL

    def __init_subclass__(cls) -> None:
        row = CODES[cls.code]
        cls.status, cls.retryable = row.status, row.retryable
        if "title" not in cls.__dict__:
            cls.title = row.title


class OrderNotFound(TradeError):
    code = Code.NOT_FOUND

    def __init__(self, merchant_order_no: str) -> None:
        super().__init__(f"There is no order {merchant_order_no} of this merchant and app.")


class CursorExpired(TradeError):
    """`oldest` is the cursor after which nothing is missing any more."""

    code = Code.CURSOR_EXPIRED

    def __init__(self, oldest: str) -> None:
        super().__init__(
            "Events behind this cursor are not kept any more: list what changed meanwhile, then go"
            " on after `oldest`.",
            extra={"oldest": oldest},
        )


class PaymentNotFound(TradeError):
    """Also for a payment of another app, merchant or channel account."""

    code = Code.NOT_FOUND

    def __init__(self, payment_no: str) -> None:
        super().__init__(f"There is no payment {payment_no}.")


class RefundNotFound(TradeError):
    code = Code.NOT_FOUND

    def __init__(self, number: str) -> None:
        super().__init__(f"There is no refund {number}.")


class SplitNotFound(TradeError):
    code = Code.NOT_FOUND

    def __init__(self, number: str) -> None:
        super().__init__(f"There is no split {number}.")


@dataclass(frozen=True, slots=True)
class ThreeNumbers:
    """By which the app, we and the channel know a payment (三号)."""

    merchant_order_no: str
    payment_no: str
    channel_trade_no: str | None


class PaymentError(TradeError):
    """Root of what is refused because of a payment, which the problem names."""

    def __init__(
        self, detail: str, payment: ThreeNumbers, *, retry_after_s: int | None = None
    ) -> None:
        extra = {"payment": asdict(payment)}
        super().__init__(detail, retry_after_s=retry_after_s, extra=extra)


class TooSoon(PaymentError):
    code = Code.TOO_SOON

    def __init__(self, wait_s: int, latest: ThreeNumbers) -> None:
        super().__init__(
            f"The order was initiated a moment ago with other content; try again in {wait_s} s.",
            latest,
            retry_after_s=wait_s,
        )


class PaymentInProgress(PaymentError):
    code = Code.PAYMENT_IN_PROGRESS

    def __init__(self, payment: ThreeNumbers) -> None:
        super().__init__(
            f"Payment {payment.payment_no} is just being initiated; ask again in a second.",
            payment,
            retry_after_s=1,
        )


class OrderPaid(PaymentError):
    code = Code.ORDER_PAID

    def __init__(self, payment: ThreeNumbers) -> None:
        super().__init__(f"Order {payment.merchant_order_no} is paid.", payment)


class OrderClosed(PaymentError):
    code = Code.ORDER_CLOSED

    def __init__(self, latest: ThreeNumbers) -> None:
        super().__init__(
            f"Order {latest.merchant_order_no} is closed; pay under a new merchant_order_no.",
            latest,
        )


class CheckoutReplaced(PaymentError):
    code = Code.ORDER_CLOSED

    def __init__(self, payment: ThreeNumbers) -> None:
        super().__init__(
            f"The checkout of payment {payment.payment_no} was replaced by a newer one.", payment
        )


class PaymentConflicted(PaymentError):
    """conflicted-is-not-unpaid: nobody pays the order again until people have decided."""

    code = Code.PAYMENT_CONFLICTED

    def __init__(self, payment: ThreeNumbers) -> None:
        super().__init__(
            f"Payment {payment.payment_no} of this order is being checked; it must not be paid"
            " again before that is decided.",
            payment,
        )


class TooManyAttempts(TradeError):
    """`retry_after_s` None: the order has had all the attempts it may have."""

    code = Code.RATE_LIMITED

    def __init__(self, merchant_order_no: str, retry_after_s: int | None) -> None:
        super().__init__(
            f"Order {merchant_order_no} was attempted too often.", retry_after_s=retry_after_s
        )


class PaymentNotSucceeded(PaymentError):
    """`purpose`: what only money that came can be."""

    code = Code.PAYMENT_NOT_REFUNDABLE
    purpose: ClassVar[str]

    def __init__(self, payment: ThreeNumbers, state: PaymentStatus) -> None:
        self.state = state
        super().__init__(
            f"Payment {payment.payment_no} is {state}; only a succeeded one can be {self.purpose}.",
            payment,
        )


class PaymentNotRefundable(PaymentNotSucceeded):
    purpose = "refunded"


class PaymentNotSplittable(PaymentNotSucceeded):
    purpose = "split"


class TooManyRefunds(PaymentError):
    code = Code.PAYMENT_NOT_REFUNDABLE
    title = "The payment has had as many refunds as are taken"

    def __init__(self, count: int, payment: ThreeNumbers) -> None:
        super().__init__(
            f"{count} refunds were made of this payment; no more are taken of one payment.", payment
        )


class RefundExceedsPaid(PaymentError):
    """`is_splitting`: more can be refunded when the splits that are under way are decided."""

    code = Code.REFUND_EXCEEDS_PAID

    def __init__(self, left: Money, payment: ThreeNumbers, *, is_splitting: bool = False) -> None:
        super().__init__(
            f"At most {left} of this payment can be refunded while it is being split."
            if is_splitting
            else f"At most {left} of this payment can still be refunded.",
            payment,
            retry_after_s=SPLITTING_S if is_splitting else None,
        )


class RefundMismatch(PaymentError):
    code = Code.REFUND_MISMATCH

    def __init__(self, merchant_refund_no: str, payment: ThreeNumbers) -> None:
        super().__init__(
            f"merchant_refund_no {merchant_refund_no} is taken by a refund with other content.",
            payment,
        )


class SplitExceedsPaid(PaymentError):
    code = Code.SPLIT_EXCEEDS_PAID

    def __init__(self, left: Money, payment: ThreeNumbers) -> None:
        super().__init__(f"At most {left} of this payment can still be split.", payment)


class SplittingFinished(PaymentError):
    """An earlier split with `finish` gave the rest to the merchant."""

    code = Code.SPLIT_EXCEEDS_PAID

    def __init__(self, split_no: str, payment: ThreeNumbers) -> None:
        super().__init__(
            f"Split {split_no} finished it: nothing more of this payment can be split.", payment
        )


class SplitMismatch(PaymentError):
    code = Code.REFUND_MISMATCH

    def __init__(self, merchant_split_no: str, payment: ThreeNumbers) -> None:
        super().__init__(
            f"merchant_split_no {merchant_split_no} is taken by a split with other content.",
            payment,
        )


class CurrencyChanged(TradeError):
    """The older attempts may be paid yet: an order counts its money in one currency."""

    code = Code.INVALID_REQUEST

    def __init__(self, merchant_order_no: str, currency: str) -> None:
        fault = [FieldError("/currency", f"must be {currency}, as of the order's first payment")]
        super().__init__(f"The order {merchant_order_no} is in {currency}.", errors=fault)
