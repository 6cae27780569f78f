"""Keys of apps. A deleted key is found by nobody but the republication."""

import asyncpg

from chassis.database import Tx
from contracts.events.configuration import KeyAlgorithm, State
from merchant_admin.domain.entities import Key
from merchant_admin.domain.errors import NoSuch
from merchant_admin.domain.keys import find_validity

ADD = """
insert into app_key (key_id, app_id, alg, public_key_pem, secret_sealed,
                     deleted_at, state, version, created_at, updated_at,
                     certificate_expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (key_id) do nothing
returning true
"""

UPDATE = """
update app_key
   set deleted_at = $2, state = $3, version = $4, updated_at = $5, secret_sealed = $6
 where key_id = $1
"""

GET = "select * from app_key where app_id = $1 and key_id = $2 and deleted_at is null"
GET_LOCKED = """
select * from app_key where app_id = $1 and key_id = $2 and deleted_at is null for update
"""

LIST = """
select * from app_key
 where app_id = $1 and deleted_at is null and ($2::text is null or key_id < $2)
 order by key_id desc
 limit $3
"""

LIST_LOCKED = "select * from app_key where key_id > $1 order by key_id limit $2 for no key update"


async def add_key(tx: Tx, key: Key) -> bool:
    """False where there is one of this number."""
    validity = find_validity(key.public_key_pem)
    added = await tx.fetchval(
        ADD,
        key.key_id,
        key.app_id,
        key.alg,
        key.public_key_pem,
        key.secret_sealed,
        key.deleted_at,
        key.state,
        key.version,
        key.created_at,
        key.updated_at,
        validity and validity[1],
    )
    return added is not None


async def update_key(tx: Tx, key: Key) -> None:
    """Write what can change of a key that the caller has locked."""
    await tx.execute(
        UPDATE,
        key.key_id,
        key.deleted_at,
        key.state,
        key.version,
        key.updated_at,
        key.secret_sealed,
    )


async def get_key(tx: Tx, app_id: str, key_id: str, *, lock: bool = False) -> Key:
    """One key of this app that was not deleted. Raises NoSuch."""
    row = await tx.fetchrow(GET_LOCKED if lock else GET, app_id, key_id)
    if row is None:
        raise NoSuch("key")
    return _key(row)


async def list_keys(tx: Tx, app_id: str, *, after: str | None, limit: int) -> list[Key]:
    """The newest first, from behind `after` on."""
    return [_key(row) for row in await tx.fetch(LIST, app_id, after, limit)]


async def list_keys_locked(tx: Tx, *, after: str, limit: int) -> list[Key]:
    """Of all apps, the deleted too, in the order of their ids; as `list_merchants_locked`."""
    return [_key(row) for row in await tx.fetch(LIST_LOCKED, after, limit)]


def _key(row: asyncpg.Record) -> Key:
    return Key(
        key_id=row["key_id"],
        app_id=row["app_id"],
        alg=KeyAlgorithm(row["alg"]),
        public_key_pem=row["public_key_pem"],
        secret_sealed=row["secret_sealed"],
        deleted_at=row["deleted_at"],
        state=State(row["state"]),
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
