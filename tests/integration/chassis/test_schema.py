"""Code waits for a schema that is older than it, and works with a newer one."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from chassis.schema import revisions_of, until_current

PACKAGES = ("trade_core", "merchant_admin", "notifier")
NEWER = "9999"

Until = Callable[[Callable[[], bool]], Awaitable[None]]


async def set_revision(url: str, revision: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("update alembic_version set version_num = $1", revision)
    await connection.close()


@pytest.mark.parametrize("package", PACKAGES)
async def test_older_waits_current_and_newer_go_on(
    make_database: Callable[[str], Awaitable[str]], until: Until, package: str
) -> None:
    url, newest = await make_database(package), revisions_of(package)[0]
    reasons: dict[str, bool | str] = {}
    async with asyncio.timeout(60):
        await until_current(package, url, reasons)

        await set_revision(url, "0001")
        waiting = asyncio.ensure_future(until_current(package, url, reasons))
        await until(lambda: bool(reasons))
        assert not waiting.done()
        assert reasons == {
            "schema": f"the schema is 0001, this code needs {newest}:"
            f" run python -m {package}.migrations"
        }
        await set_revision(url, NEWER)
        await waiting
    assert reasons == {}


async def test_a_database_that_is_away_is_waited_for(unused_tcp_port: int, until: Until) -> None:
    reasons: dict[str, bool | str] = {}
    url = f"postgresql://nobody@127.0.0.1:{unused_tcp_port}/nowhere"
    waiting = asyncio.ensure_future(until_current("trade_core", url, reasons))
    await until(lambda: bool(reasons))
    assert waiting.cancel(), "it has ended"
    assert "cannot be reached" in str(reasons["schema"])
