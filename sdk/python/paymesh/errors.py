"""Everything that goes wrong, as exceptions.

PaymeshError
├── NotSendable          nothing was sent: what was given is of a wrong type, or no text
├── NotConnected         nothing was sent: the centre was not reached
├── AnswerLost           sent, but no readable answer came: what became of it is not known
├── NotSettled           the time to wait is over, and the payment is still on its way
├── NotAuthentic         a callback or return address that is not the centre's, or too old
├── NotReadable          a callback of the centre in a form that this release does not know
└── ApiError             the centre's own word (RFC 9457), by its `code`
    ├── InvalidRequest   422, 413, 415: the same again will be refused again
    ├── Unauthenticated  401: signature, key, clock or address
    ├── NotFound         404, also for what belongs to another app or merchant
    ├── Conflict         409: TooSoon, PaymentInProgress, OrderPaid, OrderClosed, …
    ├── CursorExpired    410: go on at `oldest`
    ├── Declined 402 · NotSent 502: nothing was paid · Unknown 504: query, no other order
    └── TooBusy          429, 503: later · InternalError 500
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pydantic import ValidationError

from paymesh.models.answers import ChannelWords, FieldFault, PaymentNumbers, Problem
from paymesh.models.money import PaymentView
from paymesh.models.vocabulary import Code


class PaymeshError(Exception):
    """Root of all errors of this package."""


class NotSendable(PaymeshError, ValueError):
    """`faults`: what is wrong, as the centre would say it."""

    def __init__(self, faults: list[FieldFault]) -> None:
        super().__init__(_listed(faults))
        self.faults = faults


def _listed(faults: list[FieldFault]) -> str:
    return "; ".join(f"{each.pointer}: {each.message}".removeprefix(": ") for each in faults)


class NotConnected(PaymeshError):
    """Nothing was sent; the same call may be made again at any time."""


class AnswerLost(PaymeshError):
    """The request may have arrived. Query by your own number before anything is created again."""


class NotSettled(PaymeshError):
    """`payment` is the last that was seen of it, None where it was not seen at all. `cause`: what
    kept it from being asked about, if anything."""

    def __init__(self, payment: PaymentView | None, cause: PaymeshError | None = None) -> None:
        number = "the payment" if payment is None else payment.payment_no
        why = "" if cause is None else f" The last try: {cause}"
        super().__init__(f"It is not known in time what became of {number}: query it later.{why}")
        self.payment = payment
        self.cause = cause


class NotAuthentic(PaymeshError):
    """Nothing in it may be believed."""


class NotReadable(PaymeshError):
    """The centre's own word, so it is not to be refused: answer 5xx, and it comes again."""


class ApiError(PaymeshError):
    """The centre refused, or could not. `pointer`: the first field that is wrong, if any."""

    def __init__(self, problem: Problem, retry_after_s: float | None = None) -> None:
        request = f" (request {problem.request_id})" if problem.request_id else ""
        detail = f"{problem.detail} {_listed(problem.errors)}".strip()
        super().__init__(f"{problem.code}: {detail}{request}")
        self.problem = problem
        self.retry_after_s = retry_after_s

    @property
    def status(self) -> int:
        return self.problem.status

    @property
    def code(self) -> Code:
        return self.problem.code

    @property
    def detail(self) -> str:
        return self.problem.detail

    @property
    def request_id(self) -> str:
        return self.problem.request_id

    @property
    def is_retryable(self) -> bool:
        return self.problem.retryable

    @property
    def faults(self) -> list[FieldFault]:
        return self.problem.errors

    @property
    def pointer(self) -> str | None:
        return self.problem.errors[0].pointer if self.problem.errors else None

    @property
    def payment(self) -> PaymentView | PaymentNumbers | None:
        return self.problem.payment

    @property
    def channel(self) -> ChannelWords | None:
        return self.problem.channel


class InvalidRequest(ApiError): ...


class MethodNotSupported(InvalidRequest): ...


class Unauthenticated(ApiError): ...


class NotFound(ApiError): ...


class Conflict(ApiError): ...


class ChannelAccountDisabled(Conflict): ...


class TooSoon(Conflict): ...


class PaymentInProgress(Conflict): ...


class OrderPaid(Conflict): ...


class OrderClosed(Conflict): ...


class PaymentNotRefundable(Conflict): ...


class RefundExceedsPaid(Conflict): ...


class RefundMismatch(Conflict): ...


class SplitExceedsPaid(Conflict): ...


class PaymentConflicted(Conflict): ...


class CursorExpired(ApiError):
    @property
    def oldest(self) -> str | None:
        """The cursor of the oldest events that are kept."""
        value = (self.problem.model_extra or {}).get("oldest")
        return value if isinstance(value, str) else None


class Declined(ApiError): ...


class NotSent(ApiError): ...


class Unknown(ApiError): ...


class TooBusy(ApiError): ...


class InternalError(ApiError): ...


BY_CODE: Final[dict[Code, type[ApiError]]] = {
    Code.INVALID_REQUEST: InvalidRequest,
    Code.BODY_TOO_LARGE: InvalidRequest,
    Code.UNSUPPORTED_MEDIA_TYPE: InvalidRequest,
    Code.METHOD_NOT_SUPPORTED: MethodNotSupported,
    Code.UNAUTHENTICATED: Unauthenticated,
    Code.NOT_FOUND: NotFound,
    Code.CHANNEL_ACCOUNT_DISABLED: ChannelAccountDisabled,
    Code.TOO_SOON: TooSoon,
    Code.PAYMENT_IN_PROGRESS: PaymentInProgress,
    Code.ORDER_PAID: OrderPaid,
    Code.ORDER_CLOSED: OrderClosed,
    Code.PAYMENT_NOT_REFUNDABLE: PaymentNotRefundable,
    Code.REFUND_EXCEEDS_PAID: RefundExceedsPaid,
    Code.REFUND_MISMATCH: RefundMismatch,
    Code.SPLIT_EXCEEDS_PAID: SplitExceedsPaid,
    Code.PAYMENT_CONFLICTED: PaymentConflicted,
    Code.CURSOR_EXPIRED: CursorExpired,
    Code.DECLINED: Declined,
    Code.NOT_SENT: NotSent,
    Code.UNKNOWN: Unknown,
    Code.RATE_LIMITED: TooBusy,
    Code.OVERLOADED: TooBusy,
    Code.INTERNAL: InternalError,
}


BY_STATUS: Final[dict[int, type[ApiError]]] = {
    401: Unauthenticated,
    404: NotFound,
    409: Conflict,
    413: InvalidRequest,
    415: InvalidRequest,
    422: InvalidRequest,
    429: TooBusy,
    500: InternalError,
    503: TooBusy,
    504: Unknown,
}
"""Of a code that came with a later release."""


def api_error(status: int, body: bytes, retry_after_s: float | None) -> ApiError | None:
    """The exception of an answer that is an error; None where its body is no problem of ours,
    so that something between us and the centre has spoken."""
    try:
        problem = Problem.model_validate_json(body)
    except ValidationError:
        return None
    kind = BY_CODE.get(problem.code, BY_STATUS.get(status, ApiError))
    return kind(problem, retry_after_s)


OF_THE_CENTRE: Final = frozenset(
    {"busy", "circuit_open", "inexpressible", "no_serial", "not_reached"}
)
"""Why a payment failed in the centre's own words: the channel never had it."""


def failed(payment: PaymentView, request_id: str = "") -> ApiError:
    """A payment that failed, as the exception that its first answer was."""
    words = payment.failure
    if words is not None and words.code in OF_THE_CENTRE:
        code, status, channel = Code.NOT_SENT, 502, None
        detail = "The payment surely did not reach the channel; another one may be tried."
    else:
        code, status = Code.DECLINED, 402
        channel = words and ChannelWords(code=words.code, message=words.message)
        detail = "The channel declined the payment."
    problem = Problem(
        title=code,
        status=status,
        code=code,
        detail=detail,
        errors=[],
        request_id=request_id,
        retryable=code is Code.NOT_SENT,
        payment=payment,
        channel=channel,
    )
    return BY_CODE[code](problem)


@contextmanager
def noted(fact: str) -> Iterator[None]:
    """What must be known to look for it, or to repeat it, where something goes wrong here."""
    try:
        yield
    except PaymeshError as error:
        error.add_note(fact)
        raise
