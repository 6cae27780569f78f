"""Imports that were checked and wait to be applied, and the numbers of merchants in such files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chassis.database import Tx
from merchant_admin.domain.errors import NoSuch

ADD: Final = """
insert into import_batch (batch_id, username, rows, created_at) values ($1, $2, $3, $4)
"""
GET_LOCKED: Final = """
select rows, applied_at from import_batch where batch_id = $1 and username = $2
   and created_at > $3 for update
"""
SET_APPLIED: Final = "update import_batch set applied_at = $2, rows = $3 where batch_id = $1"
FORGET: Final = "delete from import_batch where created_at < $1"
LIST_UNAPPLIED: Final = """
select batch_id, rows from import_batch where applied_at is null and batch_id > $1
 order by batch_id limit $2
"""
FORGET_UNAPPLIED: Final = "delete from import_batch where batch_id = $1 and applied_at is null"
LIST_REFERENCES: Final = """
select r.reference, m.merchant_id, m.name
  from merchant_reference r join merchant m using (merchant_id)
 where r.reference = any($1::text[])
"""
ADD_REFERENCE: Final = """
insert into merchant_reference (reference, merchant_id) values ($1, $2)
on conflict do nothing returning reference
"""
LOCK_MERCHANTS: Final = """
select merchant_id from merchant where merchant_id = any($1::text[]) order by merchant_id for update
"""
LIST_IDENTITIES: Final = """
select merchant_id, channel, identity from channel_account
 where merchant_id = any($1::text[]) and identity is not null
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A merchant that an earlier import made."""

    merchant_id: str
    name: str


async def add_batch(
    tx: Tx, batch_id: str, username: str, rows: Sequence[Mapping[str, Any]], at: datetime
) -> None:
    await tx.execute(ADD, batch_id, username, list(rows), at)


async def get_batch_locked(
    tx: Tx, batch_id: str, username: str, *, not_before: datetime
) -> tuple[list[Any], bool]:
    """Its rows, and whether it was applied. Raises NoSuch, also for one that is too old."""
    found = await tx.fetchrow(GET_LOCKED, batch_id, username, not_before)
    if found is None:
        raise NoSuch("import")
    return found["rows"], found["applied_at"] is not None


async def set_applied(tx: Tx, batch_id: str, at: datetime) -> None:
    """Its rows, with sealed credentials, are not needed any more."""
    await tx.execute(SET_APPLIED, batch_id, at, [])


async def forget_batches(tx: Tx, before: datetime) -> None:
    await tx.execute(FORGET, before)


async def list_unapplied(tx: Tx, *, after: str, limit: int) -> list[tuple[str, list[Any]]]:
    """The ids of those that wait, and their rows, in the order of their ids."""
    found = await tx.fetch(LIST_UNAPPLIED, after, limit)
    return [(row["batch_id"], row["rows"]) for row in found]


async def forget_unapplied(tx: Tx, batch_id: str) -> None:
    """Whoever would apply it is told to have the file checked again. One that is being applied
    goes on, and is waited for."""
    await tx.execute(FORGET_UNAPPLIED, batch_id)


async def list_known(tx: Tx, references: Sequence[str]) -> dict[str, Known]:
    """The merchants of these references that there are."""
    rows = await tx.fetch(LIST_REFERENCES, list(references))
    return {row["reference"]: Known(row["merchant_id"], row["name"]) for row in rows}


async def add_reference(tx: Tx, reference: str, merchant_id: str) -> bool:
    """False where there is one already."""
    return await tx.fetchval(ADD_REFERENCE, reference, merchant_id) is not None


async def lock_merchants(tx: Tx, merchant_ids: Sequence[str]) -> None:
    """No other import adds accounts to them before the transaction ends."""
    await tx.execute(LOCK_MERCHANTS, list(merchant_ids))


async def list_identities(
    tx: Tx, merchant_ids: Sequence[str]
) -> set[tuple[str, str, frozenset[tuple[str, str]]]]:
    """Merchant, channel and identity of each of their accounts."""
    rows = await tx.fetch(LIST_IDENTITIES, list(merchant_ids))
    return {
        (row["merchant_id"], row["channel"], frozenset(row["identity"].items())) for row in rows
    }
