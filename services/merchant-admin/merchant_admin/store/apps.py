"""Apps."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

import asyncpg

from chassis.database import Tx
from contracts.events.configuration import (
    CallbackAck,
    CallbackSignature,
    LatePayment,
    RefundSplits,
    State,
)
from merchant_admin.domain.entities import App, AppTerms, SealedCertificate
from merchant_admin.domain.errors import NoSuch
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.scope import Scope
from merchant_admin.store.entity_lists import EntityList, holding, period
from merchant_admin.store.scope import all_within, of_several

ADD = """
insert into app (app_id, name, merchant_ids, notify_url, callback_ack, reinitiate_after_s,
                 late_payment, ip_allowlist, webhook_secrets_sealed, overlap_ends_at,
                 state, version, updated_at, callback_ordered, callback_headers,
                 callback_signature, client_certificate_sealed, client_certificate_expires_at,
                 refund_splits, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
on conflict (app_id) do nothing
returning true
"""

UPDATE = """
update app
   set name = $2, merchant_ids = $3, notify_url = $4, callback_ack = $5, reinitiate_after_s = $6,
       late_payment = $7, ip_allowlist = $8, webhook_secrets_sealed = $9, overlap_ends_at = $10,
       state = $11, version = $12, updated_at = $13, callback_ordered = $14,
       callback_headers = $15, callback_signature = $16, client_certificate_sealed = $17,
       client_certificate_expires_at = $18, refund_splits = $19
 where app_id = $1
"""

GET = "select * from app where app_id = $1"
GET_LOCKED = "select * from app where app_id = $1 for update"

LIST: Final = EntityList(
    table="app",
    key="app_id",
    scope=of_several("merchant_ids"),
    conditions={
        "text": holding("name", "app_id"),
        "merchant_id": "merchant_ids @> array[{0}::text]",
        "app_id": "app_id = {0}",
        "state": "state = {0}",
        **period("created_at"),
    },
)

LIST_IDS_OF = all_within(
    "select app_id from app where merchant_ids @> array[$1::text] and :scope", "merchant_ids", 2
)

LIST_NAMES = all_within(
    "select app_id, name from app where app_id = any ($1) and :scope", "merchant_ids", 2
)

LIST_OF_MERCHANT = all_within(
    """
select * from app
 where merchant_ids @> array[$1::text] and :scope
 order by app_id desc
 limit $2
""",
    "merchant_ids",
    3,
)

MAX_IDS = 1_000

LIST_IDS = all_within(
    "select app_id from app where :scope order by app_id desc limit $1", "merchant_ids", 2
)

LIST_LOCKED = "select * from app where app_id > $1 order by app_id limit $2 for no key update"

LIST_OVERLAPPED_LOCKED = """
select * from app where overlap_ends_at <= $1 order by app_id limit $2 for update skip locked
"""


async def add_app(tx: Tx, app: App) -> bool:
    """False where there is one of this number."""
    return await tx.fetchval(ADD, *_changeable(app), app.created_at) is not None


async def update_app(tx: Tx, app: App) -> None:
    """Write what can change of an app that the caller has locked."""
    await tx.execute(UPDATE, *_changeable(app))


async def get_app(tx: Tx, app_id: str, *, lock: bool = False) -> App:
    """One app. Raises NoSuch."""
    row = await tx.fetchrow(GET_LOCKED if lock else GET, app_id)
    if row is None:
        raise NoSuch("app")
    return _app(row)


async def list_apps(tx: Tx, asked: ListQuery, *, after: str | None, limit: int) -> list[App]:
    """The newest first, from behind `after` on."""
    return [_app(row) for row in await LIST.page(tx, asked, after=after, limit=limit)]


async def list_apps_of(tx: Tx, merchant_id: str, scope: Scope, *, limit: int) -> list[App]:
    """The newest first."""
    rows = await tx.fetch(LIST_OF_MERCHANT, merchant_id, limit, scope.parameter)
    return [_app(row) for row in rows]


async def list_ids_of(tx: Tx, merchant_id: str, scope: Scope) -> list[str]:
    rows = await tx.fetch(LIST_IDS_OF, merchant_id, scope.parameter)
    return [row["app_id"] for row in rows]


async def list_app_ids(tx: Tx, scope: Scope) -> list[str]:
    """Those that work for no merchant outside the scope, the newest of very many."""
    return [row["app_id"] for row in await tx.fetch(LIST_IDS, MAX_IDS, scope.parameter)]


async def list_names(tx: Tx, app_ids: Collection[str], scope: Scope) -> dict[str, str]:
    """By id, of those that exist and work for no merchant outside the scope."""
    rows = await tx.fetch(LIST_NAMES, list(app_ids), scope.parameter)
    return {row["app_id"]: row["name"] for row in rows}


async def list_apps_locked(tx: Tx, *, after: str, limit: int) -> list[App]:
    """In the order of their ids; as `list_merchants_locked`."""
    return [_app(row) for row in await tx.fetch(LIST_LOCKED, after, limit)]


async def list_overlapped_locked(tx: Tx, now: datetime, *, limit: int) -> list[App]:
    """Apps whose older callback secret has had its time, but for those being changed just now."""
    return [_app(row) for row in await tx.fetch(LIST_OVERLAPPED_LOCKED, now, limit)]


def _changeable(app: App) -> tuple[object, ...]:
    return (
        app.app_id,
        app.terms.name,
        app.terms.merchant_ids,
        app.terms.notify_url,
        app.terms.callback_ack,
        app.terms.reinitiate_after_s,
        app.terms.late_payment,
        app.terms.ip_allowlist,
        app.webhook_secrets_sealed,
        app.overlap_ends_at,
        app.state,
        app.version,
        app.updated_at,
        app.terms.callback_ordered,
        app.terms.callback_headers,
        app.terms.callback_signature,
        app.client_certificate and app.client_certificate.sealed,
        app.client_certificate and app.client_certificate.expires_at,
        app.terms.refund_splits,
    )


def _app(row: asyncpg.Record) -> App:
    sealed = row["client_certificate_sealed"]
    return App(
        app_id=row["app_id"],
        terms=AppTerms(
            name=row["name"],
            merchant_ids=tuple(row["merchant_ids"]),
            notify_url=row["notify_url"],
            callback_ack=CallbackAck(row["callback_ack"]),
            reinitiate_after_s=row["reinitiate_after_s"],
            late_payment=LatePayment(row["late_payment"]),
            ip_allowlist=tuple(row["ip_allowlist"]),
            callback_ordered=row["callback_ordered"],
            callback_headers=row["callback_headers"],
            callback_signature=CallbackSignature(row["callback_signature"]),
            refund_splits=RefundSplits(row["refund_splits"]),
        ),
        webhook_secrets_sealed=tuple(row["webhook_secrets_sealed"]),
        overlap_ends_at=row["overlap_ends_at"],
        state=State(row["state"]),
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        client_certificate=sealed
        and SealedCertificate(sealed, row["client_certificate_expires_at"]),
    )
