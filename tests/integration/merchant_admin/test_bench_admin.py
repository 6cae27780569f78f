"""`make bench-admin` in short: what each of its pages asks the database does not grow with the
orders, and each statement finds its rows by an index."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from bench.admin import history
from bench.admin.__main__ import pages

from .conftest import Admin
from .people import Person

FEW, MORE = 40, 400
CONNECTIONS: Final = 10
MOST_STATEMENTS: Final = 40
READ_MODEL: Final = "orders_view|payments_view|refunds_view|splits_view|order_history"
SCANNED: Final = re.compile(f"Seq Scan on ({READ_MODEL})")

Asked = list[tuple[str, tuple[Any, ...]]]


@asynccontextmanager
async def listened_to(admin: Admin) -> AsyncIterator[Asked]:
    """What the service asks its database meanwhile, on whichever connection."""
    asked: Asked = []

    def note(query: Any) -> None:
        asked.append((query.query, tuple(query.args or ())))

    async with AsyncExitStack() as held:
        for _ in range(CONNECTIONS):
            connection = await held.enter_async_context(admin.deps.db.connection())
            connection.add_query_logger(note)
    yield asked


async def test_no_page_asks_more_of_more_orders_and_none_scans_them(
    admin: Admin, postgres_server: str
) -> None:
    async with admin.deps.db.connection() as tx:
        name = await tx.fetchval("select current_database()")
    url = urlsplit(postgres_server)._replace(path=f"/{name}").geturl()
    person = await Person.logged_in(admin)
    statements: dict[int, dict[str, int]] = {}
    scanned = {}
    async with listened_to(admin) as asked:
        for orders in (FEW, MORE):
            async with admin.deps.db.transaction() as tx:
                await tx.execute(f"truncate {READ_MODEL.replace('|', ', ')}")
                await tx.execute(
                    "truncate payment_hours, time_to_pay_hours, callback_hours, merchant cascade"
                )
            await history.make(url, orders)
            statements[orders] = {}
            for page in pages(orders):
                asked.clear()
                headers = None if page.paths[0].startswith("/api") else person.headers
                client = admin.http if headers is None else admin.anonymous
                answer = await client.get(page.paths[0], headers=headers)
                assert answer.status_code in (200, 303), (page.name, answer.text)
                statements[orders][page.name] = len(asked)
                for plan in [await plan_of(admin, *one) for one in list(asked)]:
                    if found := SCANNED.findall(plan):
                        scanned[page.name] = found
    assert scanned == {}
    assert statements[FEW] == statements[MORE]
    assert max(statements[MORE].values()) <= MOST_STATEMENTS, statements


async def plan_of(admin: Admin, query: str, args: tuple[Any, ...]) -> str:
    if not query.lstrip().lower().startswith(("select", "with", "(")):
        return ""
    async with admin.deps.db.transaction() as tx:
        await tx.execute("set local plan_cache_mode = force_custom_plan")
        return "\n".join(row[0] for row in await tx.fetch(f"explain {query}", *args))
