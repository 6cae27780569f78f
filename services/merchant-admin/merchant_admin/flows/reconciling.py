"""Reconciliation (对账) as people see it: trade-core compares, people say what may stay, and bring
the statements of channels that have none to fetch."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from chassis.problems import FieldError
from contracts.internal import (
    AskForStatement,
    DifferenceView,
    ReconciliationOnFile,
    ReconciliationPage,
    ReconciliationState,
    ReconciliationView,
    SettleDifference,
    UploadedStatement,
    UploadStatement,
)
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.entities import ChannelAccount
from merchant_admin.domain.errors import Unusable
from merchant_admin.domain.scope import Scope
from merchant_admin.flows.audited_call import AuditedCall, call_audited
from merchant_admin.flows.books import scoped
from merchant_admin.flows.deps import Deps
from merchant_admin.store.channel_accounts import find_account

UPLOAD_LIMIT_S: Final = 60.0
"""Of the largest file, read by the gateway and taken by trade-core page by page."""


@dataclass(frozen=True, slots=True)
class StatementFile:
    """The file of one account and day as a person chose it; `name` is that person's word."""

    account_id: str
    day: date
    content: bytes
    name: str = ""


async def find(deps: Deps, scope: Scope, filters: Mapping[str, Any]) -> ReconciliationPage:
    """Statements of channel accounts, the latest day first. Raises Forwarded."""
    page = await deps.trade_core.get(
        ReconciliationPage, "/internal/reconciliations", scoped(scope, filters)
    )
    within = [statement for statement in page.items if scope.has(statement.merchant_id)]
    return page.model_copy(update={"items": within})


async def read(
    deps: Deps, scope: Scope, statement_no: str, filters: Mapping[str, Any]
) -> ReconciliationOnFile:
    """One statement with a page of its differences. Raises Forwarded."""
    path = f"/internal/reconciliations/{statement_no}"
    on_file = await deps.trade_core.get(ReconciliationOnFile, path, filters)
    scope.require(on_file.merchant_id, "statement")
    return on_file


async def ask_for(
    deps: Deps, actor: Actor, scope: Scope, account_id: str, day: date
) -> ReconciliationView:
    """Have the statement of this account and day fetched now. Raises Unusable, Forwarded."""
    account = await _account(deps, scope, account_id)
    request = AskForStatement(
        merchant_id=account.merchant_id, payment_id=account_id, channel=account.channel, day=day
    )
    call = AuditedCall("statement.requested", account_id, "reconciliations", request)
    return await call_audited(deps, deps.trade_core, actor, ReconciliationView, call)


async def upload(deps: Deps, actor: Actor, scope: Scope, file: StatementFile) -> UploadedStatement:
    """Have a person's file compared as the statement of its day; a newer one takes its place, the
    same one again is harmless. The audit keeps which file it was, not what is in it.

    Raises Unusable, and Forwarded with the reason at `/content` where the file is not read.
    """
    account = await _account(deps, scope, file.account_id)
    request = UploadStatement(day=file.day, content=base64.b64encode(file.content).decode())
    call = AuditedCall(
        "statement.uploaded",
        account.account_id,
        f"channel-accounts/{account.account_id}/statements",
        request,
        timeout_s=UPLOAD_LIMIT_S,
        noted={
            "day": file.day.isoformat(),
            "file_name": file.name,
            "size_bytes": len(file.content),
            "sha256": hashlib.sha256(file.content).hexdigest(),
        },
    )
    return await call_audited(deps, deps.gateway, actor, UploadedStatement, call)


async def list_missing(deps: Deps, scope: Scope, limit: int) -> list[ReconciliationView]:
    """Statements that wait for a person's file, the latest day first. Raises Forwarded."""
    filters = {"state": ReconciliationState.TO_UPLOAD.value, "limit": limit}
    return (await find(deps, scope, filters)).items


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


async def _account(deps: Deps, scope: Scope, account_id: str) -> ChannelAccount:
    async with deps.db.connection() as tx:
        account = await find_account(tx, account_id)
    if account is None or not scope.has(account.merchant_id):
        raise Unusable(
            FieldError(
                "/payment_id", "is not a channel account of this centre", "不是本中心的渠道账户"
            )
        )
    return account
