"""The closed list of error codes of the public API, each with its HTTP status and meaning."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Code(StrEnum):
    INVALID_REQUEST = "invalid_request"
    BODY_TOO_LARGE = "body_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    UNAUTHENTICATED = "unauthenticated"
    NOT_FOUND = "not_found"
    METHOD_NOT_SUPPORTED = "method_not_supported"
    CHANNEL_ACCOUNT_DISABLED = "channel_account_disabled"
    TOO_SOON = "too_soon"
    PAYMENT_IN_PROGRESS = "payment_in_progress"
    ORDER_PAID = "order_paid"
    ORDER_CLOSED = "order_closed"
    PAYMENT_NOT_REFUNDABLE = "payment_not_refundable"
    REFUND_EXCEEDS_PAID = "refund_exceeds_paid"
    REFUND_MISMATCH = "refund_mismatch"
    SPLIT_EXCEEDS_PAID = "split_exceeds_paid"
    PAYMENT_CONFLICTED = "payment_conflicted"
    CURSOR_EXPIRED = "cursor_expired"
    DECLINED = "declined"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class CodeRow:
    """`retryable`: the very same request may succeed when it is sent again later."""

    status: int
    title: str
    retryable: bool = False


CODES: Final[dict[Code, CodeRow]] = {
    Code.INVALID_REQUEST: CodeRow(422, "The request is malformed"),
    Code.BODY_TOO_LARGE: CodeRow(413, "The body is too large"),
    Code.UNSUPPORTED_MEDIA_TYPE: CodeRow(415, "The body must be application/json"),
    Code.UNAUTHENTICATED: CodeRow(401, "The request is not authenticated"),
    Code.NOT_FOUND: CodeRow(404, "There is no such thing"),
    Code.METHOD_NOT_SUPPORTED: CodeRow(422, "The channel account does not offer this method"),
    Code.CHANNEL_ACCOUNT_DISABLED: CodeRow(409, "The channel account is disabled"),
    Code.TOO_SOON: CodeRow(409, "The order was initiated a moment ago with other content", True),
    Code.PAYMENT_IN_PROGRESS: CodeRow(409, "The first initiation is still running", True),
    Code.ORDER_PAID: CodeRow(409, "The order is paid"),
    Code.ORDER_CLOSED: CodeRow(409, "The order is closed"),
    Code.PAYMENT_NOT_REFUNDABLE: CodeRow(409, "The payment has not succeeded"),
    Code.REFUND_EXCEEDS_PAID: CodeRow(409, "The refund exceeds what is left of the payment"),
    Code.REFUND_MISMATCH: CodeRow(409, "The number is known with other content"),
    Code.SPLIT_EXCEEDS_PAID: CodeRow(409, "The split exceeds what is left of the payment"),
    Code.PAYMENT_CONFLICTED: CodeRow(409, "A payment of the order is being checked by people"),
    Code.CURSOR_EXPIRED: CodeRow(410, "The events behind this cursor are not kept any more"),
    Code.DECLINED: CodeRow(402, "The channel declined"),
    Code.NOT_SENT: CodeRow(502, "The channel surely did nothing", True),
    Code.UNKNOWN: CodeRow(504, "It is not known what the channel did"),
    Code.RATE_LIMITED: CodeRow(429, "Too many requests", True),
    Code.OVERLOADED: CodeRow(503, "Too many requests in flight", True),
    Code.INTERNAL: CodeRow(500, "Something broke on our side", True),
}
