"""The closed lists of version 1. They may grow: a value that this release does not know is kept."""

from enum import StrEnum
from typing import Self


class OpenEnum(StrEnum):
    """A word that came with a later release of the centre is a member, too: `is_known` False."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value.upper()
        member._value_ = value
        return member

    @property
    def is_known(self) -> bool:
        return self.value in type(self)._value2member_map_


class Method(OpenEnum):
    """How the payer is called (调起方式)."""

    NATIVE = "native"
    JSAPI = "jsapi"
    MINI_PROGRAM = "mini_program"
    APP = "app"
    H5 = "h5"
    PC = "pc"
    BARCODE = "barcode"
    CASHIER = "cashier"


class PaymentStatus(OpenEnum):
    INITIATING = "initiating"
    PENDING = "pending"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CLOSED = "closed"
    CONFLICTED = "conflicted"


class OrderStatus(OpenEnum):
    OPEN = "open"
    PAID = "paid"
    CLOSED = "closed"


class RefundStatus(OpenEnum):
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABNORMAL = "abnormal"


class RefundCause(OpenEnum):
    """Why money goes back: asked for, paid twice, paid after the end, or moved outside."""

    REQUESTED = "requested"
    DUPLICATE = "duplicate"
    LATE = "late"
    EXTERNAL = "external"


class SplitStatus(OpenEnum):
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class ShareStatus(OpenEnum):
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RETURNED = "returned"


class LinkStatus(OpenEnum):
    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    DISABLED = "disabled"


class DeliveryState(OpenEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"


class AttemptError(OpenEnum):
    """Why a callback was not taken: what was wrong with the answer, or why none came."""

    BAD_STATUS = "bad_status"
    REDIRECT_NOT_FOLLOWED = "redirect_not_followed"
    BODY_NOT_SUCCESS = "body_not_success"
    TIMEOUT = "timeout"
    DNS = "dns"
    TLS = "tls"
    CONNECT = "connect"
    DISCONNECTED = "disconnected"
    PROTOCOL = "protocol"
    URL_REFUSED = "url_refused"
    ADDRESS_REFUSED = "address_refused"
    INTERNAL = "internal"


class EventType(OpenEnum):
    PAYMENT_SUCCEEDED = "payment.succeeded"
    PAYMENT_FAILED = "payment.failed"
    PAYMENT_CLOSED = "payment.closed"
    PAYMENT_CONFLICTED = "payment.conflicted"
    REFUND_SUCCEEDED = "refund.succeeded"
    REFUND_FAILED = "refund.failed"
    REFUND_ABNORMAL = "refund.abnormal"
    SPLIT_SUCCEEDED = "split.succeeded"
    SPLIT_FAILED = "split.failed"
    PING = "ping"


class LineKind(OpenEnum):
    """What a line of a day's statement is about."""

    CAPTURED = "captured"
    REFUNDED = "refunded"
    REFUNDED_OUTSIDE = "refunded_outside"
    REFUND_BOUNCED = "refund_bounced"
    SPLIT = "split"
    SPLIT_RETURNED = "split_returned"
    SPLIT_KEPT = "split_kept"
    FEES = "fees"


class PayerField(OpenEnum):
    OPENID = "openid"
    AUTH_CODE = "auth_code"
    CLIENT_IP = "client_ip"


class ActionType(OpenEnum):
    QR_CODE = "qr_code"
    REDIRECT = "redirect"
    FORM = "form"
    JSAPI = "jsapi"
    APP = "app"
    NONE = "none"


class Code(OpenEnum):
    """What a problem is, for programs."""

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
