"""What an app with half of the past lists: each filter, also those that nothing or little fits."""

import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import Any, Final

from bench.cpu import seconds_of
from bench.trade_core.life import APP, MERCHANT, lone_deps
from chassis.database import Database
from contracts.internal import ListQuery
from trade_core.flows import list_records
from trade_core.flows.deps import Deps

List = Callable[[Deps, ListQuery], Awaitable[Any]]

LISTS: Final[dict[str, List]] = {
    "payments": list_records.list_payments,
    "orders": list_records.list_orders,
    "refunds": list_records.list_refunds,
    "splits": list_records.list_splits,
}
MERCHANTS: Final = [f"M{n}" for n in range(0, 20, 2)] + [MERCHANT]
"""Those of the past, and the one of all that is newest: without it each page of the newest was
empty, whatever was asked for."""

TIMES: Final = 10


@dataclass(frozen=True, slots=True)
class Read:
    """`p95_s` over all filters and times; `slowest` is the filter with the slowest middle;
    `cpu_s`: of PostgreSQL, a page."""

    name: str
    p95_s: float
    slowest: str
    slowest_s: float
    cpu_s: float


async def measure(db: Database, postgresql: int) -> list[Read]:
    """One list after the other, one call at a time."""
    deps = lone_deps(db)
    known = await _known(db)
    return [await _of(deps, name, listing, known, postgresql) for name, listing in LISTS.items()]


async def _of(deps: Deps, name: str, listing: List, known: dict[str, str], postgresql: int) -> Read:
    pids = {"postgresql": postgresql}
    took: dict[str, list[float]] = {}
    before = seconds_of(pids)["postgresql"]
    for words, filters in _filters(name, known):
        query = ListQuery(**{"app_id": APP, "merchant_ids": MERCHANTS, **filters})
        for _ in range(TIMES):
            begun = time.perf_counter()
            await listing(deps, query)
            took.setdefault(words, []).append(time.perf_counter() - begun)
    cpu_s = seconds_of(pids)["postgresql"] - before
    every = [each for times in took.values() for each in times]
    middle = {words: sorted(times)[TIMES // 2] for words, times in took.items()}
    slowest = max(middle, key=middle.__getitem__)
    p95_s = quantiles(every, n=20)[-1]
    return Read(name, p95_s, slowest, middle[slowest], cpu_s / len(every))


def _filters(name: str, known: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each in words."""
    then = datetime.now(UTC) - timedelta(days=100)
    yield "no filter", {}
    yield "the oldest first", {"order": "asc"}
    yield "a state that most have", {"status": "paid" if name == "orders" else "succeeded"}
    yield "a state that few have", {"status": "open" if name == "orders" else "failed"}
    yield "a merchant that has nothing new", {"merchant_ids": MERCHANTS[:1]}
    yield "a merchant without any", {"merchant_ids": ["M-none"]}
    yield "a channel", {"channel": "wechat"}
    yield "a channel without any", {"channel": "alipay"}
    yield "a day", {"created_from": then, "created_to": then + timedelta(days=1)}
    yield "merchant_order_no", {"merchant_order_no": known["merchant_order_no"]}
    yield "payment_no", {"payment_no": known["payment_no"]}
    yield "channel_trade_no", {"channel_trade_no": known["channel_trade_no"]}


async def _known(db: Database) -> dict[str, str]:
    async with db.connection() as tx:
        (row,) = await tx.fetch(_KNOWN, APP)
    return dict(row)


_KNOWN: Final = """
select payment_no, channel_trade_no, merchant_order_no
from payments p join orders o using (order_id)
where p.app_id = $1 and p.state = 'succeeded'
order by payment_no limit 1
"""
