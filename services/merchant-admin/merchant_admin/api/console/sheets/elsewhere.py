"""The lists that other services keep."""

import base64
from collections.abc import Callable
from typing import Final

from contracts.internal import (
    AlertOnFile,
    DeadLetterView,
    DifferenceView,
    EndpointView,
    FoundDelivery,
    LedgerBalance,
)
from foundation.money_text import moment, plain_amount
from merchant_admin.api.console.alerts import ShownAlert
from merchant_admin.api.console.callbacks import LATE_AFTER
from merchant_admin.api.console.sheets.whose import APP, MERCHANT
from merchant_admin.api.console.shown import endpoint_state, raw
from merchant_admin.domain.export_tables import Kind
from merchant_admin.domain.listings_elsewhere import ListedTotal
from merchant_admin.domain.sheets import (
    SEVERAL,
    Column,
    Described,
    Named,
    Same,
    Sheet,
    Worded,
    Wording,
)
from merchant_admin.domain.statement_lines import Row, StatementLine

CHANNEL: Final = Worded("channel", "channel", "channel.")
ACCOUNT: Final = Same("payment_id", "payment_id")
CURRENCY: Final = Same("currency", "statement_currency")
STATEMENT_NO: Final = Same("statement_no", "fact.statement_no")
DAY: Final = Same("day", "day")


def _result(it: FoundDelivery, wording: Wording) -> str | None:
    """Of the last try."""
    if not it.attempts:
        return None
    last = it.attempts[-1]
    parts = [f"HTTP {last.status}"] if last.status else []
    return SEVERAL.join([*parts, *([wording.t(f"trouble.{last.error}")] if last.error else [])])


def _address_state(it: EndpointView, wording: Wording) -> str:
    shown = endpoint_state(it, wording.at - LATE_AFTER)
    parts = [wording.t(shown.words), wording.t(shown.why) if shown.why else None]
    return SEVERAL.join([*filter(None, parts), *([moment(shown.at)] if shown.at else [])])


def _title(it: AlertOnFile, wording: Wording) -> str:
    kind = ShownAlert.of(it).kind
    return wording.t(f"alert_kind.{kind}") if kind else it.title


def _remedy(it: AlertOnFile, wording: Wording) -> str:
    """What to do; what the service wrote, in English, where nothing else says more."""
    kind = ShownAlert.of(it).kind
    return wording.t(f"alert_remedy.{kind}") if kind else it.detail


def _about(it: AlertOnFile, wording: Wording) -> str:
    return SEVERAL.join(fact.in_words(wording.t) for fact in ShownAlert.of(it).mentions)


def _alert_state(it: AlertOnFile, wording: Wording) -> str:
    return wording.t(f"alert_state.{'acknowledged' if it.acknowledged_by else 'open'}")


def _note(it: ListedTotal, wording: Wording) -> str | None:
    """In the words of the code before the colon."""
    note = it.statement.note
    if note is None:
        return None
    key = f"failure.{note.partition(':')[0]}"
    return wording.t(key if key in wording.t else "failure.other")


def _subject(it: DifferenceView, _: Wording) -> str:
    return f"{it.subject} {it.detail or ''}".strip() if it.about == "row" else it.subject


def _letter_state(it: DeadLetterView, wording: Wording) -> str:
    return wording.t("letter.applied" if it.replayed_at else "letter.parked")


def _raw_text(it: DeadLetterView, _: Wording) -> str:
    return raw(base64.b64decode(it.value_base64))


def _side(sign: int) -> Callable[[LedgerBalance, Wording], str | None]:
    def amount(it: LedgerBalance, _: Wording) -> str | None:
        is_credit = it.amount < 0
        return plain_amount(sign * it.amount, it.currency) if is_credit == (sign < 0) else None

    return amount


_ROWS: Final = {Row.APP: "app", Row.TOTAL: "statement_total", Row.DAY: "statement_days"}


def _row(it: StatementLine, wording: Wording) -> str:
    return wording.t(_ROWS[it.row])


_SUMS: Final[tuple[Column, ...]] = tuple(
    Same(name, f"statement.{name}")
    for name in ("opening", "captured", "refunded", "split", "fees", "closing")
)

SHEETS: Final = (
    Sheet(
        "callbacks",
        (
            Same("created_at_beijing", "created_at"),
            Worded("type", "event_type", "event."),
            *APP,
            *MERCHANT,
            Same("merchant_order_no", "merchant_order_no"),
            Same("payment_no", "payment_no"),
            Same("channel_trade_no", "channel_trade_no"),
            Same("url", "address"),
            Worded("state", "state", "delivery."),
            Same("attempts", "sheet.attempts"),
            Same("last_attempt_at_beijing", "last_attempt"),
            Described("result", _result),
            Same("next_attempt_at_beijing", "next_attempt"),
            Same("event_id", "event_id"),
        ),
    ),
    Sheet(
        "endpoints",
        (
            Same("address", "address"),
            *APP,
            Same("waiting", "waiting"),
            Same("oldest_due_at_beijing", "oldest_due"),
            Same("failing_since_beijing", "failing_since"),
            Described("state", _address_state),
            Same("endpoint_id", "fact.endpoint_id"),
        ),
    ),
    Sheet(
        "alerts",
        (
            Same("last_at_beijing", "alert_last"),
            Same("first_at_beijing", "sheet.first_at"),
            Worded("severity", "severity", "severity."),
            Described("alert_what", _title),
            *MERCHANT,
            Described("alert_about", _about),
            Described("alert_detail", _remedy),
            Same("total", "fact.count"),
            Described("state", _alert_state),
            Same("acknowledged_by", "sheet.taken_by"),
            Same("acknowledged_at_beijing", "sheet.taken_at"),
        ),
    ),
    Sheet(
        "reconciliations",
        (
            DAY,
            STATEMENT_NO,
            *MERCHANT,
            ACCOUNT,
            CHANNEL,
            Worded("state", "state", "statement."),
            Same("paid", "came_in"),
            Same("payments", "sheet.payments"),
            Same("refunded", "went_out"),
            Same("refunds", "sheet.refunds"),
            Same("fees", "fees"),
            Same("fees_booked", "fees_booked"),
            CURRENCY,
            Same("rows", "rows"),
            Same("foreign_rows", "foreign_rows"),
            Same("open_differences", "open_differences"),
            Same("fetched_at_beijing", "fetched_at"),
            Same("compared_at_beijing", "compared_at"),
            Described("note", _note),
        ),
    ),
    Sheet(
        "differences",
        (
            Same("found_at_beijing", "found_at"),
            DAY,
            *MERCHANT,
            ACCOUNT,
            CHANNEL,
            Worded("kind", "kind", "difference."),
            Described("number", _subject),
            Same("channel_no", "channel_trade_no"),
            Same("our_amount", "ours"),
            Same("our_currency", "sheet.our_currency"),
            Worded("our_status", "sheet.our_status", "state."),
            Same("billed_amount", "channels"),
            Same("billed_currency", "sheet.billed_currency"),
            Worded("state", "state", "difference_state."),
            Same("closed_at_beijing", "sheet.closed_at"),
            Same("reason", "approval_reason"),
            Same("settled_by", "who"),
            STATEMENT_NO,
            Same("difference_no", "sheet.difference_no"),
        ),
    ),
    Sheet(
        "dead-letters",
        (
            Same("parked_at_beijing", "parked_at"),
            Same("key", "number"),
            Same("error", "why"),
            Described("state", _letter_state),
            Same("tries", "sheet.tries"),
            Same("replayed_at_beijing", "sheet.replayed_at"),
            Same("topic", "fact.topic"),
            Same("partition", "sheet.partition"),
            Same("offset", "sheet.offset"),
            Described("raw_text", _raw_text),
        ),
    ),
    Sheet(
        "ledger",
        (
            *MERCHANT,
            Named("payment_id", "channel_account"),
            Same("payment_id", "sheet.account_id"),
            Worded("purpose", "purpose", "purpose."),
            Described("debit", _side(1), Kind.AMOUNT),
            Described("credit", _side(-1), Kind.AMOUNT),
            CURRENCY,
        ),
    ),
    Sheet(
        "statements",
        (
            Described("kind", _row),
            Same("first_day", "from_day"),
            Same("last_day", "to_day"),
            *MERCHANT,
            Same("app", "app"),
            Same("app_id", "app_id"),
            *_SUMS,
            CURRENCY,
        ),
    ),
)
