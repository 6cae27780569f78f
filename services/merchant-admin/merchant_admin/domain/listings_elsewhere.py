"""The lists that other services keep, as files: what stands in their columns. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from contracts.internal import (
    AlertOnFile,
    DeadLetterView,
    DifferenceView,
    EndpointView,
    FoundDelivery,
    LedgerBalance,
    ReconciliationView,
    StatementTotal,
)
from merchant_admin.domain.list_columns import Columns, day, json_text, money, number, text, time

CALLBACKS: Final[Columns[FoundDelivery]] = Columns(
    "callbacks",
    {
        "created_at_beijing": time(lambda it: it.created_at),
        "event_id": text(lambda it: it.event_id),
        "type": text(lambda it: it.type),
        "app_id": text(lambda it: it.app_id),
        "merchant_id": text(lambda it: it.merchant_id),
        "merchant_order_no": text(lambda it: it.merchant_order_no),
        "payment_no": text(lambda it: it.payment_no),
        "channel_trade_no": text(lambda it: it.channel_trade_no),
        "state": text(lambda it: it.state),
        "url": text(lambda it: it.url),
        "attempts": number(lambda it: len(it.attempts)),
        "last_attempt_at_beijing": time(lambda it: it.attempts[-1].at if it.attempts else None),
        "last_status": number(lambda it: it.attempts[-1].status if it.attempts else None),
        "last_error": text(lambda it: it.attempts[-1].error if it.attempts else None),
        "next_attempt_at_beijing": time(lambda it: it.next_attempt_at),
    },
)

ENDPOINTS: Final[Columns[EndpointView]] = Columns(
    "endpoints",
    {
        "endpoint_id": text(lambda it: it.endpoint_id),
        "app_id": text(lambda it: it.app_id),
        "address": text(lambda it: it.address),
        "waiting": number(lambda it: it.pending),
        "oldest_due_at_beijing": time(lambda it: it.oldest_due_at),
        "failing_since_beijing": time(lambda it: it.failing_since),
        "held_until_beijing": time(lambda it: it.held_until),
        "suspended_at_beijing": time(lambda it: it.suspended_at),
        "suspended_for": text(lambda it: it.suspended_for),
    },
)

ALERTS: Final[Columns[AlertOnFile]] = Columns(
    "alerts",
    {
        "last_at_beijing": time(lambda it: it.last_at),
        "first_at_beijing": time(lambda it: it.first_at),
        "severity": text(lambda it: it.severity),
        "key": text(lambda it: it.key),
        "title": text(lambda it: it.title),
        "detail": text(lambda it: it.detail),
        "merchant_id": text(lambda it: it.merchant_id),
        "facts": text(lambda it: json_text(it.facts)),
        "total": number(lambda it: it.total),
        "acknowledged_by": text(lambda it: it.acknowledged_by),
        "acknowledged_at_beijing": time(lambda it: it.acknowledged_at),
    },
)


@dataclass(frozen=True, slots=True)
class ListedTotal:
    """A line of the file: one currency of a statement, or a statement with nothing of ours."""

    statement: ReconciliationView
    total: StatementTotal | None

    @property
    def currency(self) -> str | None:
        return None if self.total is None else self.total.currency


def by_currency(statements: Iterable[ReconciliationView]) -> list[ListedTotal]:
    return [ListedTotal(it, total) for it in statements for total in it.by_currency or (None,)]


def _total(of: Callable[[StatementTotal], int | None]) -> Callable[[ListedTotal], int | None]:
    return lambda it: None if it.total is None else of(it.total)


RECONCILIATIONS: Final[Columns[ListedTotal]] = Columns(
    "reconciliations",
    {
        "day": day(lambda it: it.statement.day),
        "statement_no": text(lambda it: it.statement.statement_no),
        "merchant_id": text(lambda it: it.statement.merchant_id),
        "payment_id": text(lambda it: it.statement.payment_id),
        "channel": text(lambda it: it.statement.channel),
        "state": text(lambda it: it.statement.state),
        "currency": text(lambda it: it.currency),
        "rows": number(lambda it: it.statement.rows),
        "payments": number(_total(lambda it: it.payments)),
        "paid": money(_total(lambda it: it.paid), lambda it: it.currency),
        "refunds": number(_total(lambda it: it.refunds)),
        "refunded": money(_total(lambda it: it.refunded), lambda it: it.currency),
        "foreign_rows": number(lambda it: it.statement.foreign_rows),
        "fees": money(_total(lambda it: it.fees), lambda it: it.currency),
        "fees_booked": money(_total(lambda it: it.fees_booked), lambda it: it.currency),
        "open_differences": number(lambda it: it.statement.open_differences),
        "fetched_at_beijing": time(lambda it: it.statement.fetched_at),
        "compared_at_beijing": time(lambda it: it.statement.compared_at),
        "note": text(lambda it: it.statement.note),
    },
)

DIFFERENCES: Final[Columns[DifferenceView]] = Columns(
    "differences",
    {
        "found_at_beijing": time(lambda it: it.found_at),
        "difference_no": text(lambda it: it.difference_no),
        "statement_no": text(lambda it: it.statement_no),
        "day": day(lambda it: it.day),
        "merchant_id": text(lambda it: it.merchant_id),
        "payment_id": text(lambda it: it.payment_id),
        "channel": text(lambda it: it.channel),
        "kind": text(lambda it: it.kind),
        "subject": text(lambda it: it.subject),
        "channel_no": text(lambda it: it.channel_no),
        "our_amount": money(lambda it: it.our_amount, lambda it: it.our_currency),
        "our_currency": text(lambda it: it.our_currency),
        "our_status": text(lambda it: it.our_status),
        "billed_amount": money(lambda it: it.billed_amount, lambda it: it.billed_currency),
        "billed_currency": text(lambda it: it.billed_currency),
        "state": text(lambda it: it.state),
        "closed_at_beijing": time(lambda it: it.closed_at),
        "reason": text(lambda it: it.reason),
        "settled_by": text(lambda it: it.settled_by),
        "detail": text(lambda it: it.detail),
    },
)

DEAD_LETTERS: Final[Columns[DeadLetterView]] = Columns(
    "dead-letters",
    {
        "parked_at_beijing": time(lambda it: it.parked_at),
        "id": number(lambda it: it.id),
        "topic": text(lambda it: it.topic),
        "partition": number(lambda it: it.partition),
        "offset": number(lambda it: it.offset),
        "key": text(lambda it: it.key),
        "error": text(lambda it: it.error),
        "tries": number(lambda it: it.tries),
        "replayed_at_beijing": time(lambda it: it.replayed_at),
        "value_base64": text(lambda it: it.value_base64),
    },
)

BALANCES: Final[Columns[LedgerBalance]] = Columns(
    "ledger",
    {
        "merchant_id": text(lambda it: it.merchant_id),
        "payment_id": text(lambda it: it.payment_id),
        "currency": text(lambda it: it.currency),
        "purpose": text(lambda it: it.purpose),
        "balance": money(lambda it: it.amount, lambda it: it.currency),
    },
)
