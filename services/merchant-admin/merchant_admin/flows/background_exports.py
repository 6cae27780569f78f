"""Files of long lists: asked for, made by whoever has time, kept in the database for a week.

They lie in the database because every replica can read them there, and because it is backed up,
encrypted and emptied by the same rules as the rest.
"""

import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import structlog
from pydantic import TypeAdapter, ValidationError

from chassis.database import PASSING
from chassis.problems import Problem
from chassis.web import Language
from contracts.identifiers import new_id
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import NoSuch, TooManyExports, TooManyRows
from merchant_admin.domain.export_tables import FileKind
from merchant_admin.domain.exports import (
    KEPT_FOR,
    MAX_BYTES,
    MAX_ROWS,
    MAX_UNFINISHED,
    Export,
    ExportState,
)
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.search import Search, SplitSearch
from merchant_admin.flows import exporting, listings, money_listings
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.exporting import Counted, Exportable, QueryT
from merchant_admin.flows.recording import record_action
from merchant_admin.store import exports as store

log = structlog.get_logger()

LEASE: Final = timedelta(minutes=5)
"""Renewed with each chunk; after it another process begins anew."""

CHUNK_BYTES: Final = 1024 * 1024
COUNT_LIMIT_S: Final = 60.0

LISTINGS: Final[Mapping[str, Exportable[Any]]] = {
    listing.name: listing
    for listing in (
        money_listings.ORDERS,
        money_listings.PAYMENTS,
        money_listings.REFUNDS,
        money_listings.SPLITS,
        listings.CALLBACKS,
        listings.ALERTS,
        listings.AUDIT,
        listings.RECONCILIATIONS,
        listings.DEAD_LETTERS,
    )
}
"""Those that may be too long to wait for."""

QUERIES: Final[Mapping[str, TypeAdapter[Any]]] = {
    **{name: TypeAdapter(ListQuery) for name in LISTINGS},
    **{name: TypeAdapter(Search) for name in ("orders", "payments", "refunds")},
    "splits": TypeAdapter(SplitSearch),
}


async def ask_for(
    deps: Deps,
    actor: Actor,
    listing: Exportable[QueryT],
    query: QueryT,
    kind: FileKind,
    *,
    language: Language | None = None,
) -> Export:
    """Write down what is wanted; `language`: as for `exporting.export`. Raises NoSuch for a
    merchant outside the scope, and TooManyExports for who has several unfinished."""
    export = Export(
        export_id=new_id("export"),
        username=actor.username,
        things=listing.name,
        format=kind,
        language=language,
        search=QUERIES[listing.name].dump_python(_bare(query), mode="json"),
        scope=query.scope,
        state=ExportState.WAITING,
        rows=0,
        rows_in_all=None,
        bytes=0,
        created_at=deps.clock(),
        finished_at=None,
    )
    if query.merchant_id is not None:
        query.scope.require(query.merchant_id, "merchant")
    async with deps.db.transaction() as tx:
        if await store.count_unfinished_locked(tx, actor.username) >= MAX_UNFINISHED:
            raise TooManyExports(MAX_UNFINISHED)
        await store.add(tx, export)
        asked = {"list": listing.name, "format": kind, **exporting.filters(query)}
        await record_action(
            tx, actor, "export.asked", at=export.created_at, entity_id=export.export_id, after=asked
        )
    deps.exports_asked.set()
    return export


async def read_page(
    deps: Deps, username: str, asked: ListQuery, *, after: str | None, limit: int
) -> list[Export]:
    """Of this person, the newest first; what has data outside their scope of now is left out."""
    theirs = replace(asked, filters={**asked.filters, "username": username})
    async with deps.db.connection() as tx:
        return await store.list_exports(tx, theirs, after=after, limit=limit)


async def read(deps: Deps, username: str, scope: Scope, export_id: str) -> Export:
    """Raises NoSuch, also for another person's."""
    async with deps.db.connection() as tx:
        export = await store.find(tx, export_id)
    if export is None or not export.is_for(username, scope):
        raise NoSuch("export")
    return export


async def fetch(deps: Deps, actor: Actor, scope: Scope, export_id: str) -> AsyncIterator[bytes]:
    """The bytes of a file that is done, chunk by chunk; that it is taken is audited. Raises
    NoSuch, also for one that is not done."""
    export = await read(deps, actor.username, scope, export_id)
    if export.state is not ExportState.DONE:
        raise NoSuch("export")
    async with deps.db.transaction() as tx:
        taken = {"list": export.things, "rows": export.rows}
        await record_action(
            tx, actor, "export.fetched", at=deps.clock(), entity_id=export_id, after=taken
        )
    return _chunks(deps, export_id)


async def remove(deps: Deps, actor: Actor, scope: Scope, export_id: str) -> None:
    """Also one that is being made: its maker stops at the next chunk."""
    await read(deps, actor.username, scope, export_id)
    async with deps.db.transaction() as tx:
        await store.remove(tx, export_id)
        await record_action(
            tx, actor, "export.removed", at=deps.clock(), entity_id=export_id, after={}
        )


async def make_next(deps: Deps, beat: Callable[[], None] = lambda: None) -> bool:
    """Make one that waits; whether there was one. What fails is said to have failed. `beat`: told
    of each chunk."""
    now = deps.clock()
    async with deps.db.transaction() as tx:
        export = await store.take(tx, now, now + LEASE)
    if export is None:
        return False
    try:
        state = await _make(deps, export, beat)
    except (Problem, OSError, ValidationError, *PASSING) as error:
        log.warning("export.failed", export_id=export.export_id, reason=repr(error))
        state = ExportState.FAILED
    if state is not None:
        async with deps.db.transaction() as tx:
            await store.finish(tx, export, state, deps.clock())
        log.info("export.made", export_id=export.export_id, state=state)
    return True


async def forget_old(deps: Deps) -> None:
    """A week is enough to fetch it."""
    async with deps.db.transaction() as tx:
        await store.forget(tx, deps.clock() - KEPT_FOR)


async def _make(deps: Deps, export: Export, beat: Callable[[], None]) -> ExportState | None:
    """None: it is not ours any more."""
    listing = LISTINGS[export.things]
    kept = QUERIES[export.things].validate_python(export.search)
    query = replace(kept, scope=export.scope)
    rows = await listing.count(deps, query, MAX_ROWS + 1, COUNT_LIMIT_S)
    if rows is not None:
        async with deps.db.transaction() as tx:
            await store.note_count(tx, export, rows)
        if rows > MAX_ROWS:
            raise TooManyRows(MAX_ROWS)
    counted = Counted(MAX_ROWS)
    content_made = await exporting.content_of(
        deps, listing, query, export.format, language=export.language, counted=counted
    )
    place = written = 0
    async for chunk in _of_size(content_made):
        content = zlib.compress(chunk, 1)
        written += len(content)
        if written > MAX_BYTES:
            raise TooManyRows(counted.rows)
        async with deps.db.transaction() as tx:
            until = deps.clock() + LEASE
            if not await store.add_chunk(
                tx, export, place, content, rows=counted.rows, lease_until=until
            ):
                return None
        place += 1
        beat()
    return ExportState.DONE


def _bare(query: QueryT) -> QueryT:
    """Without whose it is, which is kept beside it."""
    return replace(exporting.from_the_top(query), scope=Scope(None))


async def _of_size(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    waiting = bytearray()
    async for part in content:
        waiting += part
        if len(waiting) >= CHUNK_BYTES:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


async def _chunks(deps: Deps, export_id: str) -> AsyncIterator[bytes]:
    """Each read by itself: a slow reader holds no connection. Ends early where it is removed."""
    place = 0
    while True:
        async with deps.db.connection() as tx:
            content = await store.find_chunk(tx, export_id, place)
        if content is None:
            return
        yield zlib.decompress(content)
        place += 1
