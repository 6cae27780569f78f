"""Orders, payments, refunds and splits."""

import json
from collections.abc import Mapping
from typing import Any, Final

from foundation.money_text import money
from merchant_admin.api.console.sheets.whose import APP, MERCHANT
from merchant_admin.domain.sheets import SEVERAL, Column, Described, Same, Sheet, Worded, Wording

CREATED: Final = Same("created_at_beijing", "created_at")
STATE: Final = Worded("status", "state", "state.")
AMOUNT: Final = Same("amount", "amount")
CURRENCY: Final = Same("currency", "statement_currency")
SUBJECT: Final = Same("subject", "subject")
ORDER_NO: Final = Same("merchant_order_no", "merchant_order_no")
PAYMENT_NO: Final = Same("payment_no", "payment_no")
ACCOUNT: Final = Same("payment_id", "payment_id")
FAILURE: Final = Worded("failure_code", "failure", "failure.", "failure.other")
AT_CODE: Final[tuple[Column, ...]] = (
    Same("counter_code", "counter_code"),
    Same("payers_note", "payers_note"),
)


def _receivers(row: Mapping[str, Any], wording: Wording) -> str:
    currency = row["currency"]
    return SEVERAL.join(
        " ".join([it["account"], money(it["amount"], currency), wording.t(f"state.{it['status']}")])
        for it in json.loads(row["shares"] or "[]")
    )


def _shown_state(row: Mapping[str, Any], wording: Wording) -> str:
    return wording.t(f"state.{row['shown_status']}")


SHOWN_STATE: Final = Described("state", _shown_state)

SHEETS: Final = (
    Sheet(
        "orders",
        (
            CREATED,
            ORDER_NO,
            Same("order_id", "sheet.order_id"),
            *MERCHANT,
            *APP,
            SHOWN_STATE,
            AMOUNT,
            Same("amount_paid", "amount_paid"),
            Same("amount_refunded", "amount_refunded"),
            CURRENCY,
            SUBJECT,
            *AT_CODE,
        ),
    ),
    Sheet(
        "payments",
        (
            CREATED,
            Same("paid_at_beijing", "paid_at"),
            PAYMENT_NO,
            ORDER_NO,
            Same("channel_trade_no", "channel_trade_no"),
            *MERCHANT,
            *APP,
            ACCOUNT,
            Worded("channel", "channel", "channel."),
            Worded("method", "method", "method."),
            SHOWN_STATE,
            AMOUNT,
            Same("amount_refunded", "amount_refunded"),
            CURRENCY,
            SUBJECT,
            FAILURE,
            *AT_CODE,
        ),
    ),
    Sheet(
        "refunds",
        (
            CREATED,
            Same("refunded_at_beijing", "refunded_at"),
            Same("refund_no", "refund_no"),
            Same("merchant_refund_no", "merchant_refund_no"),
            Same("channel_refund_no", "fact.channel_refund_no"),
            PAYMENT_NO,
            ORDER_NO,
            *MERCHANT,
            *APP,
            ACCOUNT,
            STATE,
            AMOUNT,
            CURRENCY,
            Worded("cause", "cause", "cause."),
            Same("reason", "approval_reason"),
            FAILURE,
        ),
    ),
    Sheet(
        "splits",
        (
            CREATED,
            Same("finished_at_beijing", "finished_at"),
            Same("split_no", "split_no"),
            Same("merchant_split_no", "merchant_split_no"),
            Same("channel_split_no", "sheet.channel_split_no"),
            PAYMENT_NO,
            ORDER_NO,
            *MERCHANT,
            *APP,
            ACCOUNT,
            STATE,
            AMOUNT,
            CURRENCY,
            Described("receiver", _receivers),
            FAILURE,
        ),
    ),
)
