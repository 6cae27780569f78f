"""The account's movements of a day (balance transactions), a hundred at a time.

They are booked in the currency of the account's balance, our books are in that of the payment:
amounts are those of the charge or refund behind the movement. A fee can only be told where the two
currencies are one.

Source: docs.stripe.com/api/balance_transactions/list,
docs.stripe.com/reports/balance-transaction-types
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final

from contracts.internal import MAX_RAW_CHARS
from contracts.money import Money
from gateway.channels.formats import BEIJING, UNREADABLE, json_text, text, whole
from gateway.channels.plugin import (
    Answer,
    Call,
    Outcome,
    RowKind,
    Statement,
    StatementKind,
    StatementPage,
    StatementRequest,
    StatementRow,
    Unverifiable,
    clean,
)
from gateway.channels.statement_rows import known_row, storable_row
from gateway.channels.stripe import amounts, codes, limits, objects, refunds
from gateway.channels.stripe.credentials import Account
from gateway.channels.stripe.wire import BALANCE_TRANSACTIONS

KINDS: Final[frozenset[StatementKind]] = frozenset({"trade"})
UNTOLD: Final = "CNY"
"""Of a row that cannot be read, which says nothing of money."""

_KINDS: Final[Mapping[str, RowKind]] = {
    "charge": "payment",
    "payment": "payment",
    "refund": "refund",
    "payment_refund": "refund",
}

_BY_WEBHOOK: Final = frozenset(
    {"adjustment", "refund_failure", "payment_failure_refund", "payment_reversal"}
)
"""What is booked by the webhooks of disputes and of refunds that failed, whosever it is."""


def call(requested: StatementRequest, account: Account) -> Call:
    """The day is Beijing's, as all days of the centre: Stripe tells of any span."""
    begin = datetime.combine(requested.day, time(), BEIJING)
    query = {
        "created[gte]": str(int(begin.timestamp())),
        "created[lt]": str(int((begin + timedelta(days=1)).timestamp())),
        "limit": str(limits.PAGE_ROWS),
        "expand[0]": "data.source",
    }
    if requested.after:
        query["starting_after"] = requested.after
    return Call("GET", BALANCE_TRANSACTIONS, query=query, timeout_s=60)


def read(
    answer: Answer, requested: StatementRequest, account: Account
) -> Statement | StatementPage | Outcome:
    if refusal := codes.find_refusal(answer, codes.ASK):
        return refusal
    listed, has_more = answer.content["data"], answer.content.get("has_more")
    if not isinstance(listed, list) or not isinstance(has_more, bool):
        raise Unverifiable("no list of movements")
    rows = tuple(_row(each) for each in listed)
    if not has_more:
        return Statement(rows)
    last = text(listed[-1], "id")
    if not last:
        raise Unverifiable("a list that goes on, and says not where")
    return StatementPage(rows, last)


def _row(moved: Any) -> StatementRow:
    """What cannot be read is set aside, and the rest goes on (`strangers-text-stops-nothing`)."""
    try:
        return storable_row(_read(moved))
    except (Unverifiable, *UNREADABLE):
        raw = clean(json_text(moved)[:MAX_RAW_CHARS])
        return StatementRow("unreadable", "", "", "", Money(0, UNTOLD), None, raw=raw)


def _read(moved: Mapping[str, Any]) -> StatementRow:
    type_, source = text(moved, "type"), moved.get("source")
    kind = _KINDS.get(type_, "other")
    booked = amounts.read(moved["amount"], moved["currency"])
    if kind == "other":
        number = text(moved, "source") or text(moved, "source", "id") or text(moved, "id")
        row = StatementRow(
            "other", "", "", number, booked, objects.seconds(moved, "created"), fee=_fee(moved)
        )
        if isinstance(source, Mapping) and type_ not in _BY_WEBHOOK:
            return known_row(row, objects.payment_no(source))
        return row
    if not isinstance(source, Mapping):
        raise Unverifiable("a movement of nothing")
    amount = amounts.read(source["amount"], source["currency"])
    is_refund = kind == "refund"
    return StatementRow(
        kind=kind,
        payment_no=objects.payment_no(source),
        refund_no=refunds.refund_no(source) if is_refund else "",
        channel_no=(text(source, "id") if is_refund else objects.number(source, "payment_intent"))
        or "",
        amount=Money(-amount.amount_minor if is_refund else amount.amount_minor, amount.currency),
        at=objects.seconds(moved, "created"),
        fee=_fee(moved) if booked.currency == amount.currency else 0,
    )


def _fee(moved: Mapping[str, Any]) -> int:
    """In our minor units."""
    fee = whole(moved, "fee")
    return 0 if not fee else amounts.read(fee, moved["currency"]).amount_minor
