"""The ledger, for people."""

from fastapi import APIRouter

from contracts.internal import LedgerBalances, LedgerEntries
from trade_core.api.dependencies import BY_ADMIN, DepsOf, Limit
from trade_core.flows import read_ledger


def add_routes(routes: APIRouter) -> None:
    """Each route names those of our services that may call it."""
    routes.get("/ledger/balances", dependencies=BY_ADMIN)(list_balances)
    routes.get("/ledger/entries", dependencies=BY_ADMIN)(list_entries)


async def list_balances(
    deps: DepsOf,
    merchant_id: str | None = None,
    merchant_ids: str | None = None,
    payment_id: str | None = None,
    after: str | None = None,
    limit: Limit = 100,
) -> LedgerBalances:
    """What the accounts of the ledger hold now. `merchant_ids`, with commas between them: those of
    any of these merchants, where no one merchant is named."""
    several = None if merchant_ids is None else merchant_ids.split(",")
    return await read_ledger.list_balances(
        deps,
        merchant_ids=[merchant_id] if merchant_id else several,
        account_id=payment_id,
        after=after,
        limit=limit,
    )


async def list_entries(subject: str, deps: DepsOf) -> LedgerEntries:
    """What was booked of a payment, refund or split."""
    return await read_ledger.list_entries(deps, subject)
