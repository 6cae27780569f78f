"""People of the back office."""

from typing import Final

import asyncpg

from chassis.database import Tx
from merchant_admin.domain.errors import NoSuch
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.users import Role, User
from merchant_admin.store.entity_lists import EntityList, holding, period

ADD = """
insert into admin_user (username, role, password_hash, is_from_environment, disabled_at, updated_at,
                        merchant_ids, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (username) do nothing
returning true
"""

UPDATE = """
update admin_user
   set role = $2, password_hash = $3, is_from_environment = $4, disabled_at = $5, updated_at = $6,
       merchant_ids = $7
 where username = $1
"""

FIND = "select * from admin_user where username = $1"
FIND_LOCKED = "select * from admin_user where username = $1 for update"

SEES: Final = "(merchant_ids is null or merchant_ids @> array[{0}::text])"
"""Whoever sees this merchant."""

LIST: Final = EntityList(
    table="admin_user",
    key="username",
    scope=None,
    conditions={
        "text": holding("username"),
        "role": "role = {0}",
        "merchant_id": SEES,
        "state": """case when disabled_at is not null then 'disabled'
                         when password_hash is null then 'invited' else 'active' end = {0}""",
        **period("created_at"),
    },
    is_ascending=True,
)

LOCK_APPOINTING = "select pg_advisory_xact_lock(hashtextextended('appointing administrator', 0))"

LIST_OF_APPOINTING_LOCKED = """
select * from admin_user where is_from_environment or username = $1 order by username for update
"""


async def add_user(tx: Tx, user: User) -> bool:
    """Whether nobody had the name."""
    return bool(await tx.fetchval(ADD, *_changeable(user), user.created_at))


async def update_user(tx: Tx, user: User) -> None:
    """Write what can change of a user that the caller has locked."""
    await tx.execute(UPDATE, *_changeable(user))


async def find_user(tx: Tx, username: str, *, lock: bool = False) -> User | None:
    """`lock`: nobody else changes them, and they log in nowhere, before the transaction ends."""
    row = await tx.fetchrow(FIND_LOCKED if lock else FIND, username)
    return None if row is None else _user(row)


async def get_user(tx: Tx, username: str, *, lock: bool = False) -> User:
    """As `find_user`. Raises NoSuch."""
    user = await find_user(tx, username, lock=lock)
    if user is None:
        raise NoSuch("user")
    return user


async def list_users(tx: Tx, asked: ListQuery, *, after: str | None, limit: int) -> list[User]:
    """By name, from behind `after` on."""
    return [_user(row) for row in await LIST.page(tx, asked, after=after, limit=limit)]


async def list_of_appointing_locked(tx: Tx, username: str) -> list[User]:
    """The environment's administrator, and who is to be it, as far as they are there. Nobody else
    appoints one before the transaction ends: whom they would find would be another by then."""
    await tx.execute(LOCK_APPOINTING)
    return [_user(row) for row in await tx.fetch(LIST_OF_APPOINTING_LOCKED, username)]


def scope_of(merchant_ids: list[str] | None) -> Scope:
    return Scope(None if merchant_ids is None else frozenset(merchant_ids))


def _changeable(user: User) -> tuple[object, ...]:
    return (
        user.username,
        user.role,
        user.password_hash,
        user.is_from_environment,
        user.disabled_at,
        user.updated_at,
        user.scope.parameter,
    )


def _user(row: asyncpg.Record) -> User:
    return User(
        username=row["username"],
        role=Role(row["role"]),
        password_hash=row["password_hash"],
        is_from_environment=row["is_from_environment"],
        disabled_at=row["disabled_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        scope=scope_of(row["merchant_ids"]),
    )
