"""Second factors and recovery codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from chassis.database import Tx

FIND = "select * from second_factor where username = $1"
FIND_LOCKED = f"{FIND} for update"

SET_PENDING = """
insert into second_factor (username, pending_sealed) values ($1, $2)
on conflict (username) do update set pending_sealed = excluded.pending_sealed
"""

CONFIRM = """
update second_factor
   set secret_sealed = pending_sealed, pending_sealed = null, last_step = $3, enrolled_at = $4
 where username = $1 and pending_sealed = $2
returning true
"""

TAKE_STEP = """
update second_factor set last_step = $2
 where username = $1 and last_step < $2 and secret_sealed = $3
returning true
"""

REMOVE = "delete from second_factor where username = $1 returning true"

DROP_CODES = "delete from recovery_code where username = $1"
ADD_CODES = "insert into recovery_code select $1, unnest($2::bytea[])"
TAKE_CODE = "delete from recovery_code where username = $1 and digest = $2 returning true"
COUNT_CODES = "select count(*) from recovery_code where username = $1"

LIST_LOCKED = """
select * from second_factor where username > $1 order by username limit $2 for update
"""

REPLACE = """
update second_factor set secret_sealed = $2, pending_sealed = $3 where username = $1
"""


@dataclass(frozen=True, slots=True)
class StoredFactor:
    """`secret_sealed`: the one that counts; `pending_sealed`: one that is being set up."""

    username: str
    secret_sealed: bytes | None
    pending_sealed: bytes | None


async def find_factor(tx: Tx, username: str, *, lock: bool = False) -> StoredFactor | None:
    """`lock`: nobody else changes it, or its codes, before the transaction ends."""
    row = await tx.fetchrow(FIND_LOCKED if lock else FIND, username)
    return None if row is None else _factor(row)


async def set_pending(tx: Tx, username: str, sealed: bytes) -> None:
    """The one that counts goes on counting until the new one is confirmed."""
    await tx.execute(SET_PENDING, username, sealed)


async def confirm(tx: Tx, username: str, sealed: bytes, *, step: int, at: datetime) -> bool:
    """Whether the pending one is still this one; from now on it counts."""
    return bool(await tx.fetchval(CONFIRM, username, sealed, step, at))


async def take_step(tx: Tx, username: str, step: int, sealed: bytes) -> bool:
    """Whether no code of this step or a later one was taken before."""
    return bool(await tx.fetchval(TAKE_STEP, username, step, sealed))


async def remove(tx: Tx, username: str) -> bool:
    """With its recovery codes; whether there was one."""
    return bool(await tx.fetchval(REMOVE, username))


async def replace_codes(tx: Tx, username: str, digests: Sequence[bytes]) -> None:
    """Of a factor that the caller has locked."""
    await tx.execute(DROP_CODES, username)
    await tx.execute(ADD_CODES, username, list(digests))


async def take_code(tx: Tx, username: str, digest: bytes) -> bool:
    """Whether it was left; it is used up now."""
    return bool(await tx.fetchval(TAKE_CODE, username, digest))


async def count_codes(tx: Tx, username: str) -> int:
    left: int = await tx.fetchval(COUNT_CODES, username)
    return left


async def list_locked(tx: Tx, *, after: str, limit: int) -> list[StoredFactor]:
    """By name, from behind `after` ("" for the first) on."""
    return [_factor(row) for row in await tx.fetch(LIST_LOCKED, after, limit)]


async def replace_sealed(tx: Tx, factor: StoredFactor) -> None:
    """Of one that the caller has locked."""
    await tx.execute(REPLACE, factor.username, factor.secret_sealed, factor.pending_sealed)


def _factor(row: asyncpg.Record) -> StoredFactor:
    return StoredFactor(row["username"], row["secret_sealed"], row["pending_sealed"])
