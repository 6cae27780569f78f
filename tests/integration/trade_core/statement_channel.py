"""A channel that gives statements, and a gateway that brings them, for tests of reconciliation."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from tests.builders.trade_core import ACCOUNT, MERCHANT, NOON
from tests.integration.trade_core.harness import Harness

from contracts.events.commands import FetchStatement
from contracts.events.configuration import ChannelAccountEntity, State
from contracts.internal import (
    DifferenceView,
    NoStatement,
    ReconciliationOnFile,
    StatementPage,
    StatementReceipt,
    StatementRow,
)
from trade_core.domain.payment import Payment
from trade_core.domain.reconciliation import ready_at
from trade_core.domain.refund import Refund
from trade_core.flows import read_reconciliation
from trade_core.flows.read_ledger import advance_balances
from trade_core.flows.receive_statement import take_none, take_page
from trade_core.flows.reconcile import attend_reconciliations, make_reconciliations

TODAY = date(2026, 1, 5)
"""The day of NOON, in Beijing."""

ANSWERED_S = 61


def account(payment_id: str = ACCOUNT, **changes: Any) -> ChannelAccountEntity:
    usual = ChannelAccountEntity(
        version=1,
        state=State.ACTIVE,
        payment_id=payment_id,
        merchant_id=MERCHANT,
        channel="wechat",
        name="微信",
        credentials_sealed="c2VhbGVk",
    )
    return usual.model_copy(update=changes)


def row_of(payment: Payment, **changes: Any) -> StatementRow:
    """The channel's row of a payment, in agreement with it."""
    usual = StatementRow(
        kind="payment",
        payment_no=payment.payment_no,
        refund_no="",
        channel_no=payment.channel_trade_no or "42000",
        amount=payment.amount,
        currency=payment.currency,
        fee=8,
        at=NOON,
    )
    return usual.model_copy(update=changes)


def refund_row(refund: Refund, **changes: Any) -> StatementRow:
    usual = StatementRow(
        kind="refund",
        payment_no=refund.payment_no,
        refund_no=refund.refund_no,
        channel_no="50300",
        amount=-refund.amount,
        currency=refund.currency,
        fee=-3,
        at=NOON,
    )
    return usual.model_copy(update=changes)


FOREIGN = StatementRow(
    kind="payment",
    payment_no="SHOP-1",
    refund_no="",
    channel_no="42999",
    amount=100,
    currency="CNY",
    fee=1,
    at=NOON,
)


async def next_morning(
    harness: Harness, *accounts: ChannelAccountEntity, day: date = TODAY
) -> None:
    """The statement of the day can be there, and what was booked has settled."""
    harness.now = max(harness.now, ready_at(day))
    await settle_books(harness)
    await make_reconciliations(harness.deps, accounts or [account()])


async def settle_books(harness: Harness) -> None:
    """What the ledger holds is noted as our side, as if a quarter of an hour had passed."""
    await advance_balances(harness.db, harness.now + timedelta(minutes=16))


async def asked(harness: Harness, day: date = TODAY, payment_id: str = ACCOUNT) -> FetchStatement:
    """The command by which this statement was asked for last."""
    while await attend_reconciliations(harness.deps):
        pass
    [*_, fetch] = [
        f for f in harness.statements_asked if (f.day, f.payment_id) == (day, payment_id)
    ]
    return fetch


async def fetched_again(harness: Harness, statement_no: str) -> FetchStatement:
    """The command that follows when a person has it fetched again."""
    await read_reconciliation.fetch_again(harness.deps, statement_no)
    while await attend_reconciliations(harness.deps):
        pass
    assert harness.statements_asked[-1].statement_no == statement_no
    return harness.statements_asked[-1]


async def bring(
    harness: Harness,
    fetch: FetchStatement,
    rows: Sequence[StatementRow],
    *,
    first: int = 0,
    total: int | None = None,
) -> StatementReceipt:
    """A page; all of the statement, where nothing else is said."""
    page = StatementPage(
        round=fetch.round,
        first_row=first,
        total_rows=len(rows) if total is None else total,
        rows=list(rows),
    )
    return await take_page(harness.deps, fetch.statement_no, page)


async def bring_none(
    harness: Harness, fetch: FetchStatement, *, is_final: bool = False
) -> StatementReceipt:
    result = NoStatement(
        round=fetch.round, is_final=is_final, code="STATEMENT_CREATING", message="生成中"
    )
    return await take_none(harness.deps, fetch.statement_no, result)


async def compared(
    harness: Harness, *rows: StatementRow, day: date = TODAY, payment_id: str = ACCOUNT
) -> ReconciliationOnFile:
    """The statement of the day came with these rows, and was compared for the first time."""
    fetch = await asked(harness, day, payment_id)
    await bring(harness, fetch, rows)
    return await compared_again(harness, fetch.statement_no)


async def compared_again(harness: Harness, statement_no: str) -> ReconciliationOnFile:
    """After what is due was attended to."""
    while await attend_reconciliations(harness.deps):
        pass
    return await reconciliation(harness, statement_no)


async def reconciliation(harness: Harness, statement_no: str) -> ReconciliationOnFile:
    return await read_reconciliation.get_reconciliation(harness.deps, statement_no, None, 100)


def differences_of(found: ReconciliationOnFile) -> list[tuple[str, str, str]]:
    """Kind, number and state of each difference."""
    return sorted((each.kind, each.subject, each.state) for each in found.differences.items)


def difference(found: ReconciliationOnFile) -> DifferenceView:
    [only] = found.differences.items
    return only
