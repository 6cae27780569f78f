"""Every night the books are compared with each other: ledger, payments, refunds, splits, orders.

In ranges of keys, so that nothing waits for it; by one replica, because it holds a lock.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog
from prometheus_client import Counter, Gauge

from chassis.database import Connection, Database
from trade_core.domain import checking
from trade_core.domain.checking import Difference, Findings, Part
from trade_core.flows import read_ledger
from trade_core.flows.deps import Deps
from trade_core.store import checking as store
from trade_core.store import outgoing
from trade_core.store.balances import Account

log = structlog.get_logger()

Beat = Callable[[], None]

DIFFERENCES = Gauge("paymesh_ledger_differences", "Differences that the last check found", ["part"])
CHECKS = Counter("paymesh_ledger_checks", "Checks of the books that were finished", ["result"])

BATCH: Final = 1_000
BREATH_S: Final = 0.01
"""Between two ranges, for the others."""


async def check_if_due(deps: Deps, beat: Beat) -> Findings | None:
    """Check where tonight's check was not made yet; None: it was, or another replica is at it."""
    now = deps.clock()
    async with deps.db.connection() as tx:
        if await store.is_finished(tx, checking.last_due(now).date()):
            return None
    return await check(deps.db, now, beat, even_if_done=False, replica=deps.replica)


async def check(
    db: Database,
    now: datetime,
    beat: Beat,
    *,
    even_if_done: bool = True,
    batch: int = BATCH,
    replica: Database | None = None,
) -> Findings | None:
    """Compare everything; `even_if_done` also where it was done since the hour of the check. The
    rows are those of `replica`, where there is one: each statement by itself sees books that must
    agree.

    What disagrees is logged, counted and told to people. `beat` is called at each step. None where
    there is nothing to do: somebody else is at it, or has done it.
    """
    connection = await db.dedicated("ledger-check")
    try:
        if not await store.try_lock(connection):
            return None
        if not even_if_done and await store.is_finished(connection, checking.last_due(now).date()):
            return None
        while await read_ledger.advance_balances(db, now):
            beat()
        findings = await _compare_at(replica, connection, beat, batch)
    finally:
        await connection.close()
    await _finish(db, findings, now)
    return findings


async def _compare_at(
    replica: Database | None, connection: Connection, beat: Beat, batch: int
) -> Findings:
    if replica is None:
        return await _compare(connection, beat, batch)
    reading = await replica.dedicated("ledger-check")
    try:
        return await _compare(reading, beat, batch)
    finally:
        await reading.close()


async def _compare(connection: Connection, beat: Beat, batch: int) -> Findings:
    findings = Findings()
    await _compare_payments(connection, findings, beat, batch)
    await _compare_ledger(connection, findings, beat, batch)
    for difference in findings.differences:
        log.error(
            "ledger.difference",
            part=difference.part,
            subject=difference.subject,
            detail=difference.detail,
        )
    return findings


async def _compare_payments(
    connection: Connection, findings: Findings, beat: Beat, batch: int
) -> None:
    after = ""
    while True:
        numbers = await store.payments_after(connection, after, batch)
        if not numbers:
            return
        findings.differences += await store.differing_payments(connection, after, numbers[-1])
        findings.payments += len(numbers)
        after = numbers[-1]
        beat()
        await asyncio.sleep(BREATH_S)


async def _compare_ledger(
    connection: Connection, findings: Findings, beat: Beat, batch: int
) -> None:
    """As far as the kept sums reach: what is younger, the next night sees."""
    upto, kept = await store.kept(connection)
    after = 0
    added: dict[Account, int] = {}
    while True:
        ids = await store.transactions_after(connection, after, upto=upto, limit=batch)
        # Up to the end, so that a posting without its transaction is seen too.
        end = ids[-1] if len(ids) == batch else upto
        findings.differences += await store.broken_transactions(connection, after, end)
        for account, amount in (await store.sums(connection, after, end)).items():
            added[account] = added.get(account, 0) + amount
        findings.transactions += len(ids)
        if end == upto:
            break
        after = end
        beat()
        await asyncio.sleep(BREATH_S)
    findings.differences += _differing_sums(added, kept)


def _differing_sums(added: dict[Account, int], kept: dict[Account, int]) -> list[Difference]:
    differing = [
        Difference(
            Part.BALANCE, _name(account), f"{kept.get(account, 0)}, not {added.get(account, 0)}"
        )
        for account in sorted(added.keys() | kept.keys())
        if added.get(account, 0) != kept.get(account, 0)
    ]
    whole: dict[str, int] = {}
    for account, amount in added.items():
        whole[account.currency] = whole.get(account.currency, 0) + amount
    return differing + [
        Difference(Part.BALANCE, currency, f"the whole ledger adds up to {amount}")
        for currency, amount in whole.items()
        if amount != 0
    ]


def _name(account: Account) -> str:
    return f"{account.merchant_id}/{account.payment_id}/{account.currency}/{account.purpose}"


async def _finish(db: Database, findings: Findings, now: datetime) -> None:
    async with db.transaction() as tx:
        await store.finish(tx, checking.last_due(now).date(), findings, at=now)
        if findings.differences:
            await outgoing.tell_people(tx, [checking.alert(findings)], now)
    for part, count in findings.counts().items():
        DIFFERENCES.labels(part).set(count)
    CHECKS.labels("differences" if findings.differences else "clean").inc()
    log.info(
        "ledger.checked",
        payments=findings.payments,
        transactions=findings.transactions,
        differences=len(findings.differences),
    )
