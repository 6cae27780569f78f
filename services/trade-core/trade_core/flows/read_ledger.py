"""What people see of the ledger; its balances are kept added up, so that reading them is cheap."""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import orjson

from chassis.database import Database
from chassis.problems import FieldError, InvalidRequest
from contracts.internal import LedgerBalance, LedgerBalances, LedgerEntries
from trade_core.domain.reconciliation import first_day_kept
from trade_core.flows.deps import Deps
from trade_core.store import balances, ledger, movements
from trade_core.store.balances import Account, Balance

SETTLED_AFTER: Final = timedelta(minutes=15)
"""No transaction lives that long: each of its statements ends after 10 s, its pauses after 30 s."""

ADVANCE_BATCH: Final = 20_000


async def advance_balances(db: Database, now: datetime) -> int:
    """Take what is settled into the kept sums, a batch at a time; answers how many transactions.

    What of it must stand in the statements of the last days is noted on the way. Several replicas
    may do it at once: each transaction is added by one of them.
    """
    async with db.transaction() as tx:
        walked = await balances.advance(tx, before=now - SETTLED_AFTER, limit=ADVANCE_BATCH)
        await movements.note(tx, walked, since=first_day_kept(now))
    return walked.count


async def list_balances(
    deps: Deps,
    *,
    merchant_ids: Sequence[str] | None,
    account_id: str | None,
    after: str | None,
    limit: int,
) -> LedgerBalances:
    """A page of balances as they are now. Raises InvalidRequest for a cursor that is not ours."""
    place = None if after is None else _place(after)
    async with deps.reader.connection() as tx:
        found = await balances.list_page(
            tx, merchant_ids=merchant_ids, account_id=account_id, after=place, limit=limit + 1
        )
    page = found[:limit]
    has_more = len(found) > limit
    return LedgerBalances(
        items=[_view(balance) for balance in page],
        next_cursor=_cursor(page[-1].account) if has_more else None,
    )


async def list_entries(deps: Deps, subject: str) -> LedgerEntries:
    """What was booked of a payment, refund or split; nothing of a number that nobody knows."""
    async with deps.db.connection() as tx:
        return LedgerEntries(items=await ledger.list_entries(tx, subject))


def _view(balance: Balance) -> LedgerBalance:
    account = balance.account
    return LedgerBalance(
        merchant_id=account.merchant_id,
        payment_id=account.account_id,
        currency=account.currency,
        purpose=account.purpose,
        amount=balance.amount,
    )


def _cursor(account: Account) -> str:
    place = [account.merchant_id, account.account_id, account.currency, account.purpose]
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def _place(cursor: str) -> Account:
    try:
        place = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        place = None
    if isinstance(place, list) and len(place) == 4 and all(map(_is_text, place)):
        return Account(*place)
    fault = FieldError("/after", "is not a cursor of this list")
    raise InvalidRequest("The cursor is not one of ours.", errors=[fault])


def _is_text(part: object) -> bool:
    return isinstance(part, str) and "\0" not in part
