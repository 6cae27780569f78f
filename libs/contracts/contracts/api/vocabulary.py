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


class SplitStatus(StrEnum):
    """`succeeded`: every receiver has their share. `failed`: it is over, and at least one receiver
    did not get theirs; the receivers say which."""

    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class ShareStatus(StrEnum):
    """How one receiver of a split stands. `returned`: all of it was given back for a refund."""

    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RETURNED = "returned"


class RefundCause(StrEnum):
    """Why money goes back: asked for, paid twice, paid after the end, or moved outside the centre
    (at the channel's own console, by reversal or chargeback)."""

    REQUESTED = "requested"
    DUPLICATE = "duplicate"
    LATE = "late"
    EXTERNAL = "external"
