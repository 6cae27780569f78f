"""`/api/ledger`, `/api/dead-letters`: what trade-core booked, and what it could not apply."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from contracts.internal import (
    DeadLetterPage,
    DeadLetterState,
    DeadLetterView,
    LedgerBalances,
    LedgerEntries,
)
from contracts.moments import Moment
from merchant_admin.api.access import CentreOperator, CentreViewer, DepsOf, Viewer
from merchant_admin.api.bodies import Body, Version, body
from merchant_admin.api.paging import DEFAULT_LIMIT, MAX_LIMIT
from merchant_admin.api.parameters import Text
from merchant_admin.flows import books

router = APIRouter(prefix="/api")

LetterId = Annotated[int, Path(ge=1, lt=2**63)]


class _Query(BaseModel):
    """`after` is the `next_cursor` of the page before."""

    model_config = ConfigDict(frozen=True)

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT

    def filters(self) -> dict[str, object]:
        return self.model_dump(mode="json", exclude_none=True)


class BalanceQuery(_Query):
    """What is not given does not filter."""

    merchant_id: Text | None = None
    payment_id: Text | None = None
    after: Annotated[str, Field(max_length=512)] | None = None


class LetterQuery(_Query):
    """`key`: the number that the record is about, whole."""

    key: Text | None = None
    state: DeadLetterState | None = None
    kept_from: Moment | None = None
    kept_before: Moment | None = None
    after: Annotated[int, Field(ge=1, lt=2**63)] | None = None


class Replay(Body):
    """`version`: that of the dead letter as it was shown."""

    version: Version


@router.get("/ledger/balances")
async def list_balances(
    deps: DepsOf, caller: Viewer, query: Annotated[BalanceQuery, Query()]
) -> LedgerBalances:
    """What each merchant's accounts hold; a positive amount is a debit."""
    return await books.read_balances(deps, caller.scope, query.filters())


@router.get("/ledger/entries")
async def list_entries(
    deps: DepsOf, caller: Viewer, subject: Annotated[Text, Query()]
) -> LedgerEntries:
    """What was booked of a payment, refund or split, in that order."""
    return await books.read_entries(deps, caller.scope, subject)


@router.get("/dead-letters")
async def list_dead_letters(
    deps: DepsOf, _: CentreViewer, query: Annotated[LetterQuery, Query()]
) -> DeadLetterPage:
    """Words of channels that could not be applied, with their raw bytes, the newest first."""
    return await books.read_dead_letters(deps, query.filters())


@router.post("/dead-letters/{letter_id}/replay")
async def replay(
    deps: DepsOf,
    caller: CentreOperator,
    letter_id: LetterId,
    request: Annotated[Replay, Depends(body(Replay))],
) -> DeadLetterView:
    """Have it tried again; `replayed_at` tells whether it is applied now."""
    return await books.replay(deps, caller.actor, letter_id, version=request.version)
