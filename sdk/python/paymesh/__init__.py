"""Paymesh (聚合支付中心) for apps: payments, refunds, what happened, and callbacks.

with Paymesh(url, app_id=…, key_id=…, secret=…) as paymesh:
    payment = paymesh.payments.create_and_settle(merchant_id=…, merchant_order_no=…, …)

event = paymesh.verify(headers, body, webhook_secret)
"""

from paymesh.callbacks import Return, Verifier, verify, verify_return
from paymesh.client import AsyncPaymesh, Paymesh
from paymesh.errors import (
    AnswerLost,
    ApiError,
    Conflict,
    CursorExpired,
    Declined,
    InternalError,
    InvalidRequest,
    NotAuthentic,
    NotConnected,
    NotFound,
    NotReadable,
    NotSendable,
    NotSent,
    NotSettled,
    PaymeshError,
    TooBusy,
    TooSoon,
    Unauthenticated,
    Unknown,
)
from paymesh.exchange import Store
from paymesh.following import FileStore, Gap, MemoryStore
from paymesh.models import (
    Event,
    Method,
    OrderView,
    Payer,
    PaymentStatus,
    PaymentView,
    RefundStatus,
    RefundView,
    SplitReceiver,
    SplitView,
)
from paymesh.settings import Settings
from paymesh.signing import Credentials

__all__ = [
    "AnswerLost",
    "ApiError",
    "AsyncPaymesh",
    "Conflict",
    "Credentials",
    "CursorExpired",
    "Declined",
    "Event",
    "FileStore",
    "Gap",
    "InternalError",
    "InvalidRequest",
    "MemoryStore",
    "Method",
    "NotAuthentic",
    "NotConnected",
    "NotFound",
    "NotReadable",
    "NotSendable",
    "NotSent",
    "NotSettled",
    "OrderView",
    "Payer",
    "PaymentStatus",
    "PaymentView",
    "Paymesh",
    "PaymeshError",
    "RefundStatus",
    "RefundView",
    "Return",
    "Settings",
    "SplitReceiver",
    "SplitView",
    "Store",
    "TooBusy",
    "TooSoon",
    "Unauthenticated",
    "Unknown",
    "Verifier",
    "verify",
    "verify_return",
]
