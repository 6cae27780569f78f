"""The closed lists of the public API: methods, states, causes."""

from enum import StrEnum


class Method(StrEnum):
    """How the payer is called (调起方式)."""

    NATIVE = "native"
    JSAPI = "jsapi"
    MINI_PROGRAM = "mini_program"
    APP = "app"
    H5 = "h5"
    PC = "pc"
    BARCODE = "barcode"
    CASHIER = "cashier"


class PaymentStatus(StrEnum):
    INITIATING = "initiating"
    PENDING = "pending"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CLOSED = "closed"
    CONFLICTED = "conflicted"


class OrderStatus(StrEnum):
    OPEN = "open"
    PAID = "paid"
    CLOSED = "closed"


class RefundStatus(StrEnum):
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABNORMAL = "abnormal"


class RefundCause(StrEnum):
    """Why money goes back: asked for, paid twice, or paid after the end (§5 rules 2 and 3)."""

    REQUESTED = "requested"
    DUPLICATE = "duplicate"
    LATE = "late"
