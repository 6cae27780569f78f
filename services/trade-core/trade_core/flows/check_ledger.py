"""Every night the books are compared with each other: ledger, payments, refunds, splits, orders;
once a month all of them, else what is new or moved since the night before.

In ranges of keys, so that nothing waits for it; by one replica, because it holds a lock.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog
from prometheus_client import Counter, Gauge

from chassis.database import Connection, Database
from contracts.identifiers import earliest
from trade_core.domain import checking
from trade_core.domain.checking import LOOKED_BACK, Base, Difference, Findings, Part
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


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found, and the sums of the ledger up to a transaction, as they are kept."""

    findings: Findings
    upto: int
    kept: Mapping[Account, int]


async def check_if_due(deps: Deps, beat: Beat) -> Findings | None:
    """Check where tonight's check was not made yet; None: it was, or another replica is at it.

    Of everything on the first night of a month, and as long as none of the month was; else of
    what is younger than the latest check that found no difference.
    """
    now = deps.clock()
    async with deps.db.connection() as tx:
        if await store.is_finished(tx, checking.last_due(now).date()):
            return None
    return await check(deps.db, now, beat, nightly=True, replica=deps.replica)


async def check(
    db: Database,
    now: datetime,
    beat: Beat,
    *,
    nightly: bool = False,
    batch: int = BATCH,
    replica: Database | None = None,
) -> Findings | None:
    """Compare everything; `nightly` as `check_if_due` says, and only where it was not done since
    the hour of the check. The rows are those of `replica`, where there is one: each statement by
    itself sees books that must agree.

    What disagrees is logged, counted and told to people. `beat` is called at each step. None where
    there is nothing to do: somebody else is at it, or has done it.
    """
    connection = await db.dedicated("ledger-check")
    try:
        if not await store.try_lock(connection):
            return None
        night = checking.last_due(now)
        if nightly and await store.is_finished(connection, night.date()):
            return None
        month = checking.month_of(night)
        base = await store.find_base(connection, month) if nightly else None
        while await read_ledger.advance_balances(db, now):
            beat()
        checked = await _compare_at(replica, _Reading(connection, beat, batch, base))
    finally:
        await connection.close()
    await _finish(db, checked, now)
    return checked.findings


@dataclass(frozen=True, slots=True)
class _Reading:
    """One pass over the books, in ranges of `batch`."""

    connection: Connection
    beat: Beat
    batch: int
    base: Base | None

    async def breathe(self) -> None:
        self.beat()
        await asyncio.sleep(BREATH_S)


async def _compare_at(replica: Database | None, reading: _Reading) -> Checked:
    if replica is None:
        return await _compare(reading)
    connection = await replica.dedicated("ledger-check")
    try:
        return await _compare(replace(reading, connection=connection))
    finally:
        await connection.close()


async def _compare(reading: _Reading) -> Checked:
    findings = Findings(is_full=reading.base is None)
    first = "" if reading.base is None else earliest("payment", reading.base.at - LOOKED_BACK)
    await _compare_payments(reading, findings, first)
    checked = await _compare_ledger(reading, findings, first)
    for difference in findings.differences:
        log.error(
            "ledger.difference",
            part=difference.part,
            subject=difference.subject,
            detail=difference.detail,
        )
    return checked


async def _compare_payments(reading: _Reading, findings: Findings, first: str) -> None:
    """Those that were opened since."""
    after = first
    while numbers := await store.payments_after(reading.connection, after, reading.batch):
        await _compare_some(reading, findings, numbers)
        after = numbers[-1]
        await reading.breathe()


async def _compare_some(reading: _Reading, findings: Findings, numbers: Sequence[str]) -> None:
    findings.differences += await store.differing_payments(reading.connection, numbers)
    findings.payments += len(numbers)


async def _compare_ledger(reading: _Reading, findings: Findings, first: str) -> Checked:
    """As far as the kept sums reach: what is younger, the next night sees. Older payments than
    `first`, whose money moved since, are compared on the way."""
    connection, batch = reading.connection, reading.batch
    upto, kept = await store.kept(connection)
    after, added = await _begin(reading)
    older: set[str] = set()
    while True:
        ids = await store.transactions_after(connection, after, upto=upto, limit=batch)
        # Up to the end, so that a posting without its transaction is seen too.
        end = ids[-1] if len(ids) == batch else upto
        findings.differences += await store.broken_transactions(connection, after, end)
        for account, amount in (await store.sums(connection, after, end)).items():
            added[account] = added.get(account, 0) + amount
        findings.transactions += len(ids)
        touched = await store.payments_touched(connection, after, end, before=first)
        await _compare_some(reading, findings, [each for each in touched if each not in older])
        older.update(touched)
        if end == upto:
            break
        after = end
        await reading.breathe()
    findings.differences += _differing_sums(added, kept)
    return Checked(findings, upto, kept)


async def _begin(reading: _Reading) -> tuple[int, dict[Account, int]]:
    """The ledger transaction to go on behind, and the sums up to there."""
    if reading.base is None:
        return 0, {}
    return reading.base.upto, await store.remembered(reading.connection)


def _differing_sums(added: Mapping[Account, int], kept: Mapping[Account, int]) -> list[Difference]:
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
    return f"{account.merchant_id}/{account.account_id}/{account.currency}/{account.purpose}"


async def _finish(db: Database, checked: Checked, now: datetime) -> None:
    findings = checked.findings
    async with db.transaction() as tx:
        await store.finish(tx, checking.last_due(now).date(), findings, checked.upto, at=now)
        if not findings.differences:
            await store.remember(tx, checked.kept)
        else:
            await outgoing.tell_people(tx, [checking.alert(findings)], now)
    for part, count in findings.counts().items():
        DIFFERENCES.labels(part).set(count)
    CHECKS.labels("differences" if findings.differences else "clean").inc()
    log.info(
        "ledger.checked",
        is_full=findings.is_full,
        payments=findings.payments,
        transactions=findings.transactions,
        differences=len(findings.differences),
    )
