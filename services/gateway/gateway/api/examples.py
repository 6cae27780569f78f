"""What the public API looks like in use, by operation and by event: the bill of `example_objects`.

A test holds each of these to the model that it is an example of.
"""

from typing import Final

from gateway.api.example_objects import (
    CAPABILITIES,
    CREATE_LINK,
    CREATE_PAYMENT,
    CREATE_REFUND,
    CREATE_SPLIT,
    DELIVERED,
    ENDPOINT,
    EVENT,
    LINK,
    MERCHANT,
    OPEN_ORDER,
    PAID_ORDER,
    PENDING,
    REFUND,
    REFUNDED,
    SPLIT,
    STATEMENT,
    SUCCEEDED,
    WAITING,
    Json,
)


def event(kind: str, data: Json) -> Json:
    """The body of a callback."""
    return {"type": kind, "timestamp": "2026-11-28T02:00:42Z", "data": data}


def page(item: Json) -> Json:
    return {"items": [item], "next_cursor": None}


REQUESTS: Final[dict[str, Json]] = {
    "create_payment": CREATE_PAYMENT,
    "close_order": {"merchant_id": MERCHANT},
    "create_refund": CREATE_REFUND,
    "create_split": CREATE_SPLIT,
    "create_payment_link": CREATE_LINK,
}
"""By operation."""

ANSWERS: Final[dict[str, Json]] = {
    "create_payment": PENDING,
    "get_payment": SUCCEEDED | {"order": PAID_ORDER},
    "list_payments": page(SUCCEEDED),
    "get_order": PAID_ORDER | {"payments": [SUCCEEDED], "refunds": []},
    "close_order": OPEN_ORDER | {"status": "closed", "payments": [], "refunds": []},
    "list_orders": page(PAID_ORDER | {"payments": [SUCCEEDED], "refunds": []}),
    "create_refund": REFUND,
    "get_refund": REFUNDED,
    "list_refunds": page(REFUNDED),
    "create_split": SPLIT,
    "get_split": SPLIT,
    "list_splits": page(SPLIT),
    "create_payment_link": LINK,
    "get_payment_link": LINK,
    "disable_payment_link": LINK | {"state": "disabled"},
    "get_capabilities": CAPABILITIES,
    "get_statement": STATEMENT,
    "list_events": page({"id": EVENT} | event("payment.succeeded", SUCCEEDED)),
    "redeliver": WAITING,
    "list_deliveries": page(DELIVERED),
    "test_endpoint": WAITING | {"type": "ping", "merchant_id": None},
    "list_endpoints": page(ENDPOINT),
    "resume_endpoint": ENDPOINT,
}
"""By operation, of the answer where all went well."""

EVENTS: Final[dict[str, Json]] = {
    "payment.succeeded": SUCCEEDED,
    "payment.failed": PENDING
    | {
        "status": "failed",
        "action": None,
        "failure": {"code": "USER_CANCELED", "message": "付款人已取消"},
    },
    "payment.closed": PENDING | {"status": "closed", "action": None},
    "payment.conflicted": PENDING | {"status": "conflicted", "action": None},
    "refund.succeeded": REFUNDED,
    "refund.failed": REFUND
    | {"status": "failed", "failure": {"code": "NOT_ENOUGH", "message": "余额不足"}},
    "refund.abnormal": REFUND
    | {
        "status": "abnormal",
        "failure": {"code": "ABNORMAL", "message": "退款异常，用户账户已注销"},
    },
    "split.succeeded": SPLIT
    | {
        "status": "succeeded",
        "finished_at": "2026-11-28T03:30:04Z",
        "receivers": [SPLIT["receivers"][0] | {"status": "succeeded"}],
    },
    "split.failed": SPLIT | {"status": "failed", "finished_at": "2026-11-28T03:30:04Z"},
    "ping": {"app_id": ENDPOINT["app_id"]},
}
"""`data` of a callback, by its type."""
