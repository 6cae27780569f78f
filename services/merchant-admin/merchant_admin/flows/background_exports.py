"""Files of long lists: asked for, made by whoever has time, kept in the database for a week.

They lie in the database because every replica can read them there, and because it is backed up,
encrypted and emptied by the same rules as the rest.
"""

import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import structlog
from pydantic import TypeAdapter

from chassis.database import PASSING
from chassis.problems import Problem
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
from merchant_admin.domain.listings import Asked
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.search import Search, SplitSearch
from merchant_admin.flows import export_files, exporting, listings
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.exporting import Counted
from merchant_admin.flows.listings import Listing
from merchant_admin.flows.recording import record_action
from merchant_admin.store import export_rows
from merchant_admin.store import exports as store
from merchant_admin.store.export_rows import Source

log = structlog.get_logger()

LEASE: Final = timedelta(minutes=5)
"""Renewed with each chunk; after it another process begins anew."""

CHUNK_BYTES: Final = 1024 * 1024
COUNT_LIMIT_S: Final = 60.0

SOURCES: Final[dict[str, Source[Any]]] = {
    source.name: source
    for source in (
        exporting.ORDERS,
        exporting.PAYMENTS,
        exporting.REFUNDS,
        exporting.SPLITS,
    )
}
LISTINGS: Final[dict[str, Listing[Any]]] = {
    listing.name: listing for listing in (listings.CALLBACKS, listings.ALERTS, listings.AUDIT)
}
SEARCHES: Final[dict[str, TypeAdapter[Any]]] = {
    name: TypeAdapter(SplitSearch if name == exporting.SPLITS.name else Search) for name in SOURCES
} | {name: TypeAdapter(Asked) for name in LISTINGS}


async def ask_for(
    deps: Deps,
    actor: Actor,
    source: Source[Any] | Listing[Any],
    search: Search | SplitSearch | Asked,
    kind: FileKind,
) -> Export:
    """Write down what is wanted. Raises NoSuch for a merchant outside the scope, and
    TooManyExports for who has several unfinished."""
    export = Export(
        export_id=new_id("export"),
        username=actor.username,
        things=source.name,
        format=kind,
        search=SEARCHES[source.name].dump_python(_bare(search), mode="json"),
        scope=search.scope,
        state=ExportState.WAITING,
        rows=0,
        rows_in_all=None,
        bytes=0,
        created_at=deps.clock(),
        finished_at=None,
    )
    if search.merchant_id is not None:
        search.scope.require(search.merchant_id, "merchant")
    async with deps.db.transaction() as tx:
        if await store.count_unfinished(tx, actor.username) >= MAX_UNFINISHED:
            raise TooManyExports(MAX_UNFINISHED)
        await store.add(tx, export)
        asked = {"list": source.name, "format": kind, **exporting.filters(search)}
        await record_action(
            tx, actor, "export.asked", at=export.created_at, entity_id=export.export_id, after=asked
        )
    deps.exports_asked.set()
    return export


async def read_page(
    deps: Deps, username: str, scope: Scope, *, after: str | None, limit: int
) -> list[Export]:
    """Of this person, the newest first; what has data outside their scope of now is left out."""
    async with deps.db.connection() as tx:
        found = await store.list_of(tx, username, after=after, limit=limit)
    return [export for export in found if export.is_for(username, scope)]


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
    except (Problem, OSError, *PASSING) as error:
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
    counted = Counted(MAX_ROWS)
    if export.things in LISTINGS:
        pages, table = _listed(deps, export), LISTINGS[export.things].columns.table
    else:
        pages, table = await _found(deps, export), SOURCES[export.things].table
    place = written = 0
    async for chunk in _of_size(export_files.content(table, counted.through(pages), export.format)):
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


def _listed(deps: Deps, export: Export) -> export_files.Pages:
    """How many rows there are is known in the end."""
    kept = SEARCHES[export.things].validate_python(export.search)
    asked = replace(kept, scope=export.scope)
    return LISTINGS[export.things].pages(deps, asked, export.format)


async def _found(deps: Deps, export: Export) -> export_files.Pages:
    """Raises TooManyRows."""
    source = SOURCES[export.things]
    kept = SEARCHES[export.things].validate_python(export.search)
    search = replace(kept, scope=export.scope, after=None, limit=MAX_ROWS + 1)
    async with deps.db.transaction() as tx:
        await tx.execute(f"set local statement_timeout = '{COUNT_LIMIT_S:.0f}s'")
        rows = await export_rows.count(tx, source, search, timeout_s=COUNT_LIMIT_S)
        await store.note_count(tx, export, rows)
    if rows > MAX_ROWS:
        raise TooManyRows(MAX_ROWS)
    return exporting.pages(deps, source, replace(search, limit=exporting.PAGE), export.format)


def _bare(search: Search | SplitSearch | Asked) -> Search | SplitSearch | Asked:
    """Without whose it is, which is kept beside it."""
    if isinstance(search, Asked):
        return replace(search, scope=Scope(None))
    return replace(search, scope=Scope(None), after=None)


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
