"""Reconciliation (对账) as people see it: trade-core compares, people say what may stay."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from chassis.problems import FieldError
from contracts.internal import (
    AskForStatement,
    DifferenceView,
    ReconciliationOnFile,
    ReconciliationPage,
    ReconciliationView,
    SettleDifference,
)
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import Unusable
from merchant_admin.domain.scope import Scope
from merchant_admin.flows.audited_call import AuditedCall, call_audited
from merchant_admin.flows.books import scoped
from merchant_admin.flows.deps import Deps
from merchant_admin.store.channel_accounts import find_account


async def find(deps: Deps, scope: Scope, filters: Mapping[str, Any]) -> ReconciliationPage:
    """Statements of channel accounts, the latest day first. Raises Forwarded."""
    return await deps.trade_core.get(
        ReconciliationPage, "/internal/reconciliations", scoped(scope, filters)
    )


async def read(
    deps: Deps, scope: Scope, statement_no: str, filters: Mapping[str, Any]
) -> ReconciliationOnFile:
    """One statement with a page of its differences. Raises Forwarded."""
    path = f"/internal/reconciliations/{statement_no}"
    on_file = await deps.trade_core.get(ReconciliationOnFile, path, filters)
    scope.require(on_file.merchant_id, "statement")
    return on_file


async def ask_for(
    deps: Deps, actor: Actor, scope: Scope, payment_id: str, day: date
) -> ReconciliationView:
    """Have the statement of this account and day fetched now. Raises Unusable, Forwarded."""
    async with deps.db.connection() as tx:
        account = await find_account(tx, payment_id)
    if account is None or not scope.has(account.merchant_id):
        raise Unusable(FieldError("/payment_id", "is not a channel account of this centre"))
    request = AskForStatement(
        merchant_id=account.merchant_id, payment_id=payment_id, channel=account.channel, day=day
    )
    call = AuditedCall("statement.requested", payment_id, "reconciliations", request)
    return await call_audited(deps, deps.trade_core, actor, ReconciliationView, call)


async def fetch_again(
    deps: Deps, actor: Actor, scope: Scope, statement_no: str
) -> ReconciliationView:
    """Have the statement fetched and compared anew. Raises NoSuch, Forwarded."""
    if not scope.is_all:
        await read(deps, scope, statement_no, {"limit": 1})
    call = AuditedCall("statement.fetched", statement_no, f"reconciliations/{statement_no}/fetch")
    return await call_audited(deps, deps.trade_core, actor, ReconciliationView, call)


async def settle(
    deps: Deps, actor: Actor, difference_no: str, *, reason: str, version: int
) -> DifferenceView:
    """Say why a difference, as `version` showed it, may stay. Raises Forwarded."""
    request = SettleDifference(reason=reason, decided_by=actor.username, version=version)
    path = f"differences/{difference_no}/settle"
    call = AuditedCall("difference.settled", difference_no, path, request)
    return await call_audited(deps, deps.trade_core, actor, DifferenceView, call)
