"""One bill of a property company, followed to its end: the objects that the API shows of it."""

from typing import Any, Final

MERCHANT: Final = "M01KB5T7Q2F8ZC4N6R1V9WXYDHE"
ACCOUNT: Final = "C01KB5T8A6JQ3S5M7P2X4ZGVRTK"
ORDER: Final = "W2026-001"
PAYMENT_NO: Final = "P01KB5VD3M9H2R6TXQ8Z4CFWNYA"
TRADE_NO: Final = "4200002511202611289876543210"
REFUND_NO: Final = "R01KB5W0G7K4S8VZN2Q6XDTHCMB"
SPLIT_NO: Final = "S01KB5W5N8P3T7YAR4V9ZEHKCFD"
EVENT: Final = "E01KB5VF8T2C6W9QXH4R7MZNKDA"
DELIVERY: Final = "D100"

Json = dict[str, Any]

CREATE_PAYMENT: Final[Json] = {
    "merchant_id": MERCHANT,
    "payment_id": ACCOUNT,
    "merchant_order_no": ORDER,
    "amount": 1299,
    "currency": "CNY",
    "subject": "物业费 11月",
    "method": "native",
}

OPEN_ORDER: Final[Json] = {
    "merchant_order_no": ORDER,
    "merchant_id": MERCHANT,
    "status": "open",
    "amount": 1299,
    "currency": "CNY",
    "amount_paid": 0,
    "amount_refunded": 0,
    "subject": "物业费 11月",
    "created_at": "2026-11-28T02:00:00Z",
    "expires_at": "2026-11-28T04:00:00Z",
}

PENDING: Final[Json] = {
    "payment_no": PAYMENT_NO,
    "merchant_order_no": ORDER,
    "channel_trade_no": None,
    "merchant_id": MERCHANT,
    "payment_id": ACCOUNT,
    "channel": "wechat",
    "method": "native",
    "status": "pending",
    "amount": 1299,
    "currency": "CNY",
    "amount_refunded": 0,
    "subject": "物业费 11月",
    "action": {"type": "qr_code", "qr_code": "weixin://wxpay/bizpayurl?pr=8kT3mZq"},
    "expires_at": "2026-11-28T04:00:00Z",
    "created_at": "2026-11-28T02:00:00Z",
    "paid_at": None,
    "metadata": {},
    "failure": None,
}

SUCCEEDED: Final[Json] = PENDING | {
    "channel_trade_no": TRADE_NO,
    "status": "succeeded",
    "action": None,
    "paid_at": "2026-11-28T02:00:41Z",
}

PAID_ORDER: Final[Json] = OPEN_ORDER | {"status": "paid", "amount_paid": 1299}

CREATE_REFUND: Final[Json] = {
    "merchant_id": MERCHANT,
    "payment_id": ACCOUNT,
    "payment_no": PAYMENT_NO,
    "merchant_refund_no": "W2026-001-R1",
    "amount": 299,
    "reason": "多收",
}

REFUND: Final[Json] = {
    "refund_no": REFUND_NO,
    "merchant_refund_no": "W2026-001-R1",
    "payment_no": PAYMENT_NO,
    "merchant_order_no": ORDER,
    "channel_trade_no": TRADE_NO,
    "channel_refund_no": None,
    "merchant_id": MERCHANT,
    "payment_id": ACCOUNT,
    "amount": 299,
    "currency": "CNY",
    "status": "processing",
    "reason": "多收",
    "cause": "requested",
    "created_at": "2026-11-28T03:10:00Z",
    "refunded_at": None,
    "failure": None,
}

REFUNDED: Final[Json] = REFUND | {
    "status": "succeeded",
    "channel_refund_no": "50300002511202611280000000001",
    "refunded_at": "2026-11-28T03:10:06Z",
}

CREATE_SPLIT: Final[Json] = {
    "merchant_id": MERCHANT,
    "payment_no": PAYMENT_NO,
    "merchant_split_no": "W2026-001-S1",
    "receivers": [{"account": "1900000109", "amount": 500, "description": "电梯维保"}],
    "finish": True,
}

SPLIT: Final[Json] = {
    "split_no": SPLIT_NO,
    "merchant_split_no": "W2026-001-S1",
    "payment_no": PAYMENT_NO,
    "merchant_order_no": ORDER,
    "channel_trade_no": TRADE_NO,
    "channel_split_no": None,
    "merchant_id": MERCHANT,
    "payment_id": ACCOUNT,
    "amount": 500,
    "currency": "CNY",
    "status": "processing",
    "finish": True,
    "receivers": [
        {
            "account": "1900000109",
            "amount": 500,
            "description": "电梯维保",
            "status": "processing",
            "amount_returned": 0,
            "failure": None,
        }
    ],
    "created_at": "2026-11-28T03:30:00Z",
    "finished_at": None,
    "failure": None,
}

CREATE_LINK: Final[Json] = {
    "merchant_id": MERCHANT,
    "amount": 1299,
    "subject": "物业费 11月",
    "uses": 1,
    "expires_in_s": 604800,
}

LINK: Final[Json] = {
    "link_id": "L01KB5X1B4Q8S2VYN6R9ZDTHCMW",
    "url": "https://pay.example.com/pay/to/L01KB5X1B4Q8S2VYN6R9ZDTHCMW",
    "state": "open",
    "merchant_id": MERCHANT,
    "amount": 1299,
    "currency": "CNY",
    "subject": "物业费 11月",
    "uses": 1,
    "merchant_order_no": "Q01KB5X1B4Q8S2VYN6R9ZDTHCMW",
    "payment_no": None,
    "created_at": "2026-11-28T02:00:00Z",
    "expires_at": "2026-12-05T02:00:00Z",
}

CAPABILITIES: Final[Json] = {
    "merchant_id": MERCHANT,
    "cashier": True,
    "accounts": [
        {
            "payment_id": ACCOUNT,
            "channel": "wechat",
            "title": "微信支付",
            "currencies": ["CNY"],
            "can_split": True,
            "methods": [
                {"method": "native", "needs": [], "action": "qr_code"},
                {"method": "jsapi", "needs": ["openid"], "action": "jsapi"},
            ],
        }
    ],
}

STATEMENT: Final[Json] = {
    "date": "2026-11-28",
    "merchant_id": MERCHANT,
    "currency": "CNY",
    "currencies": ["CNY"],
    "is_final": True,
    "opening": 0,
    "captured": 1299,
    "refunded": 299,
    "split": 0,
    "fees": 0,
    "closing": 1000,
    "lines": [
        {
            "at": "2026-11-28T02:00:42Z",
            "kind": "captured",
            "amount": 1299,
            "currency": "CNY",
            "channel": "wechat",
            "payment_id": ACCOUNT,
            "merchant_order_no": ORDER,
            "payment_no": PAYMENT_NO,
            "channel_trade_no": TRADE_NO,
            "refund_no": None,
            "merchant_refund_no": None,
            "split_no": None,
            "merchant_split_no": None,
        }
    ],
    "next_cursor": None,
}

DELIVERED: Final[Json] = {
    "delivery_id": DELIVERY,
    "event_id": EVENT,
    "type": "payment.succeeded",
    "url": "https://app.example.com/paymesh",
    "state": "delivered",
    "created_at": "2026-11-28T02:00:42Z",
    "next_attempt_at": None,
    "merchant_id": MERCHANT,
    "attempts": [
        {
            "at": "2026-11-28T02:00:42Z",
            "status": 200,
            "error": None,
            "latency_ms": 18,
            "answer": "ok",
        }
    ],
}

WAITING: Final[Json] = DELIVERED | {"state": "pending", "attempts": []}

ENDPOINT: Final[Json] = {
    "endpoint_id": "L1",
    "app_id": "A01KB5T6B3D7F9HKMP5R8TWYACE",
    "address": "https://app.example.com/paymesh",
    "suspended_at": None,
    "suspended_for": None,
    "failing_since": None,
    "held_until": None,
    "pending": 0,
    "oldest_due_at": None,
}
