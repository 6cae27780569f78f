"""Splits and the shares of their receivers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import asyncpg

from chassis.database import Tx
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.split import Share, Split
from trade_core.store import archive
from trade_core.store.concurrency import require_all
from trade_core.store.rows import failure_json, split_of


async def by_numbers(tx: Tx, split_nos: Sequence[str]) -> dict[str, Split]:
    return await _splits(tx, await archive.fetch(tx, _BY_NUMBERS, split_nos))


async def of_payment(tx: Tx, payment_no: str) -> dict[str, Split]:
    return await _splits(tx, await tx.fetch(_OF_PAYMENT, payment_no))


async def find_by_number(
    tx: Tx, app_id: str, merchant_id: str, merchant_split_no: str
) -> Split | None:
    rows = await tx.fetch(_BY_APP_NUMBER, app_id, merchant_id, merchant_split_no)
    return next(iter((await _splits(tx, rows)).values()), None)


async def insert(tx: Tx, aggregates: Iterable[OrderAggregate]) -> None:
    """Write the new ones. Raises ConcurrentChange where a number was taken meanwhile."""
    for aggregate in aggregates:
        for split in aggregate.splits.values():
            if split.split_no not in aggregate.snapshot.splits:
                require_all(await tx.execute(_INSERT, *_values(split)), 1)
                shares = split.shares
                places = list(range(1, len(shares) + 1))
                texts = [share.description for share in shares]
                amounts = [share.amount for share in shares]
                row = split.split_no, *_changing(shares), places, amounts, texts
                await tx.execute(_INSERT_SHARES, *row)


async def update(tx: Tx, changes: Sequence[tuple[Split, Split]]) -> None:
    """Write those that changed, before and after. Raises ConcurrentChange."""
    for was, split in changes:
        tag = await tx.execute(
            _UPDATE,
            split.split_no,
            was.state,
            *_outcome(split),
        )
        require_all(tag, 1)
        if split.shares != was.shares:
            tag = await tx.execute(_UPDATE_SHARES, split.split_no, *_changing(split.shares))
            require_all(tag, len(split.shares))


async def _splits(tx: Tx, rows: Sequence[asyncpg.Record]) -> dict[str, Split]:
    if not rows:
        return {}
    shares: Mapping[str, list[asyncpg.Record]] = defaultdict(list)
    for share in await tx.fetch(_SHARES, [row["split_no"] for row in rows]):
        shares[share["split_no"]].append(share)
    return {row["split_no"]: split_of(row, shares[row["split_no"]]) for row in rows}


def _values(split: Split) -> tuple[object, ...]:
    return (
        split.split_no,
        split.order_id,
        split.payment_no,
        split.app_id,
        split.merchant_id,
        split.merchant_split_no,
        split.fingerprint,
        split.amount,
        split.currency,
        split.finish,
        split.notify_url,
        split.created_at,
        *_outcome(split),
    )


def _outcome(split: Split) -> tuple[object, ...]:
    """What changes of it, and what one that is new may have already."""
    return (
        split.state,
        split.last_fact,
        split.channel_split_no,
        failure_json(split.failure),
        split.finished_at,
    )


def _changing(shares: Sequence[Share]) -> tuple[list[object], ...]:
    return (
        [share.account for share in shares],
        [share.state for share in shares],
        [share.amount_returning for share in shares],
        [share.amount_returned for share in shares],
        [failure_json(share.failure) for share in shares],
    )


_BY_NUMBERS = "select * from {only} splits where split_no = any ($1::text[])"
_OF_PAYMENT = "select * from splits where payment_no = $1 order by created_at, split_no"
_BY_APP_NUMBER = """
select * from splits where app_id = $1 and merchant_id = $2 and merchant_split_no = $3
"""
_SHARES = "select * from split_shares where split_no = any ($1::text[]) order by split_no, position"

_INSERT = """
insert into splits (split_no, order_id, payment_no, app_id, merchant_id, merchant_split_no,
    fingerprint, amount, currency, finish, notify_url, created_at,
    state, heard, channel_split_no, failure, finished_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
on conflict do nothing
"""

_INSERT_SHARES = """
insert into split_shares (split_no, position, account, amount, description, state,
    amount_returning, amount_returned, failure)
select $1, s.position, s.account, s.amount, s.description, s.state, s.coming, s.returned, s.failure
from unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::jsonb[],
            $7::smallint[], $8::bigint[], $9::text[])
  as s (account, state, coming, returned, failure, position, amount, description)
"""

_UPDATE = """
update only splits
set state = $3, heard = $4, channel_split_no = $5, failure = $6, finished_at = $7
where split_no = $1 and state = $2
"""

_UPDATE_SHARES = """
update only split_shares s
set state = c.state, amount_returning = c.coming, amount_returned = c.returned,
    failure = c.failure
from unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::jsonb[])
  as c (account, state, coming, returned, failure)
where s.split_no = $1 and s.account = c.account
"""
