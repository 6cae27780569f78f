"""trade-core's books as people see them: the ledger, and what could not be applied."""

from collections.abc import Mapping
from typing import Any

from chassis.problems import Forwarded
from contracts.internal import (
    DeadLetterPage,
    DeadLetterView,
    LedgerBalances,
    LedgerEntries,
    ReplayDeadLetter,
)
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.scope import Scope
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_action


def scoped(scope: Scope, filters: Mapping[str, Any]) -> dict[str, Any]:
    """The filters for a service that does not know scopes. Raises NoSuch for another merchant."""
    if merchant_id := filters.get("merchant_id"):
        scope.require(merchant_id, "merchant")
    elif scope.parameter is not None:
        return {**filters, "merchant_ids": ",".join(scope.parameter)}
    return dict(filters)


async def read_balances(deps: Deps, scope: Scope, filters: Mapping[str, Any]) -> LedgerBalances:
    """By merchant, channel account, currency and purpose. Raises Forwarded."""
    asked = scoped(scope, filters)
    page = await deps.trade_core.get(LedgerBalances, "/internal/ledger/balances", asked)
    within = [balance for balance in page.items if scope.has(balance.merchant_id)]
    return page.model_copy(update={"items": within})


async def read_entries(deps: Deps, scope: Scope, subject: str) -> LedgerEntries:
    """What was booked of a payment, refund or split. Raises Forwarded."""
    query = {"subject": subject}
    entries = await deps.trade_core.get(LedgerEntries, "/internal/ledger/entries", query)
    return LedgerEntries(items=[one for one in entries.items if scope.has(one.merchant_id)])


async def read_dead_letters(deps: Deps, filters: Mapping[str, Any]) -> DeadLetterPage:
    """The newest first. Raises Forwarded."""
    return await deps.trade_core.get(DeadLetterPage, "/internal/dead-letters", filters)


async def replay(deps: Deps, actor: Actor, letter_id: int, *, version: int) -> DeadLetterView:
    """Have it tried again, as `version` showed it. Audited with what came of it.

    Raises Forwarded.
    """
    body = ReplayDeadLetter(version=version)
    outcome: dict[str, Any] = {"outcome": "unknown"}
    try:
        path = f"/internal/dead-letters/{letter_id}/replay"
        letter = await deps.trade_core.post(DeadLetterView, path, body=body)
        outcome = {"outcome": "applied" if letter.replayed_at else "refused", "key": letter.key}
    except Forwarded as problem:
        outcome = {"outcome": problem.code}
        raise
    finally:
        async with deps.db.transaction() as tx:
            await record_action(
                tx,
                actor,
                "dead_letter.replayed",
                at=deps.clock(),
                entity_id=str(letter_id),
                after=outcome,
            )
    return letter
