"""Code that is older or newer than its database: who is ahead of it waits for the migration.

The revisions are read from the files of the migrations, without Alembic, which only they need.
"""

import asyncio
import re
from importlib.resources import files
from typing import Final

import asyncpg
import structlog
from prometheus_client import Gauge

from chassis.database import CONNECT_LIMIT_S, UNREACHABLE

log = structlog.get_logger()

CHECK_EVERY_S: Final = 1.0
NEEDED: Final = Gauge(
    "paymesh_schema_needed", "The revision this code was written for", ["revision"]
)

_REVISION: Final = re.compile(r"""^revision\b.*= ["']([^"']+)""", re.MULTILINE)
_BEFORE: Final = re.compile(r"""^down_revision\b.*= ["']([^"']+)""", re.MULTILINE)


async def until_current(package: str, database_url: str, reasons: dict[str, bool | str]) -> None:
    """Return when the database's schema is at least the one that this code was written for.

    One that is newer will do: migrations only expand, so that the release before runs on it. What
    is waited for stands in `reasons` and, once, in the log. Raises what a database that refuses
    us for good raises.
    """
    known = revisions_of(package)
    NEEDED.labels(known[0]).set(1)
    shown = ""
    while words := await _shortcoming(package, database_url, known):
        reasons["schema"] = words
        if words != shown:
            log.warning("schema.waiting", package=package, reason=words)
            shown = words
        await asyncio.sleep(CHECK_EVERY_S)
    reasons.clear()


def revisions_of(package: str) -> list[str]:
    """The revisions that `<package>/migrations` makes; the newest, which none follows, first."""
    folder = files(f"{package}.migrations").joinpath("versions")
    texts = [each.read_text() for each in folder.iterdir() if each.name.endswith(".py")]
    known = {found[1] for text in texts if (found := _REVISION.search(text))}
    followed = {found[1] for text in texts if (found := _BEFORE.search(text))}
    (newest,) = known - followed
    return [newest, *sorted(known - {newest})]


async def _shortcoming(package: str, database_url: str, known: list[str]) -> str | None:
    """What is the matter with the schema, in words."""
    try:
        revision = await _revision_in(database_url)
    except UNREACHABLE as error:
        return f"the database cannot be reached ({type(error).__name__})"
    except asyncpg.InsufficientPrivilegeError:
        return "the schema's revision may not be read: the migration has not ended"
    newest = known[0]
    if revision == newest or (revision is not None and revision not in known):
        return None
    found = "the database has no schema" if revision is None else f"the schema is {revision}"
    return f"{found}, this code needs {newest}: run python -m {package}.migrations"


async def _revision_in(database_url: str) -> str | None:
    """None where no migration has run yet."""
    connection = await asyncpg.connect(
        database_url, timeout=CONNECT_LIMIT_S, command_timeout=CONNECT_LIMIT_S
    )
    try:
        revision: str | None = await connection.fetchval("select version_num from alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    finally:
        connection.terminate()
    return revision
