"""Plays all acts under load, then lays everybody's books side by side; ends with 1 unless nothing
was lost, doubled or wrong. `--per-s 20`, `--only "broker KILL,clock"`, `--limit-s 600`."""

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.chaos import books
from tests.chaos.acts import Act, all_acts
from tests.chaos.contention import History, keep_contending, unsound
from tests.chaos.harness import Harness, Impossible, opened
from tests.chaos.judge import Asked, Fault, Part, judge
from tests.chaos.sales import GOOD, Kind, Sale

from paymesh_local import kafka
from paymesh_local.failure import CannotRun
from trade_core import ledger_check

BEFORE_S, BETWEEN_S = 3.0, 1.0
HEAL_LIMIT_S: Final = 90.0
SETTLE_LIMIT_S: Final = 120.0
SETTLE_EVERY_S: Final = 3.0

FAULTS: Final = (
    {"operation": "pay", "fault": "drop_answer", "probability": 0.01},
    {"operation": "notice", "fault": "duplicate", "probability": 0.1},
    {"operation": "notice", "fault": "drop_request", "probability": 0.05},
    {"operation": "query", "fault": "status_500", "probability": 0.05},
    {"operation": "refund", "fault": "drop_answer", "probability": 0.05},
    {"operation": "close", "fault": "drop_answer", "probability": 0.05},
)
"""What third parties do on any day."""


@dataclass(slots=True)
class Row:
    """One act as it went. `balance`: of the ledger, when it was over; `is_ill`: it did not heal, or
    there was no time to see."""

    name: str
    heal_s: float = 0.0
    balance: int = 0
    is_ill: bool = False
    not_played: str = ""
    faults: list[Fault] = field(default_factory=list)


async def main() -> int:
    options = argparse.ArgumentParser(prog="make chaos")
    options.add_argument("--per-s", type=float, default=20.0)
    options.add_argument("--only", default="", help="acts with one of these words in their names")
    options.add_argument("--limit-s", type=float, default=600.0)
    given = options.parse_args()
    end_at = time.monotonic() + given.limit_s - SETTLE_LIMIT_S
    words = given.only.split(",")
    acts = [each for each in all_acts() if any(word in each.name for word in words)]
    if (reason := kafka.missing()) is not None:
        _say(f"on the embedded broker: {reason}")
    with tempfile.TemporaryDirectory(prefix="paymesh-chaos-") as name:
        folder = Path(name)
        await asyncio.to_thread(folder.chmod, 0o711)  # PostgreSQL may run as another user
        async with opened(folder) as harness:
            _say(f"all replicas are ready; {given.per_s:.0f} creates a second")
            rows, histories = await _play(harness, acts, per_s=given.per_s, end_at=end_at)
            return await _judged(harness, rows, histories)


async def _play(
    harness: Harness, acts: Sequence[Act], *, per_s: float, end_at: float
) -> tuple[list[Row], list[History]]:
    for fault in FAULTS:
        wanted = {"channel": "*", **fault}
        (await harness.sandbox.post("/_control/faults", json=wanted)).raise_for_status()
    stop = asyncio.Event()
    selling = asyncio.ensure_future(harness.business.run(stop, per_s))
    contending = asyncio.ensure_future(keep_contending(harness.business, stop))
    await asyncio.sleep(BEFORE_S)
    rows = [Row("before")]
    try:
        for act in acts:
            row = Row(act.name)
            if time.monotonic() > end_at:
                row.not_played, row.is_ill = "the time was up", True
            else:
                await _played(harness, act, row)
            rows.append(row)
    finally:
        stop.set()
        await selling
        histories = await contending
        await harness.sandbox.delete("/_control/faults")
    return rows, histories


async def _played(harness: Harness, act: Act, row: Row) -> None:
    harness.business.act = act.name
    try:
        for step in act.steps:
            began = time.monotonic()
            words = await step(harness)
            if words:
                row.faults.append(Fault(Part.WRONG, "", words))
            began = time.monotonic() if act.is_held else began
            await _heal(harness)
            row.heal_s = max(row.heal_s, time.monotonic() - began)
    except Impossible as reason:
        row.not_played = str(reason)
        return
    except (CannotRun, TimeoutError) as error:
        row.is_ill = True
        row.faults.append(Fault(Part.WRONG, "", f"does not heal: {error}"))
    with contextlib.suppress(OSError):
        row.balance = await books.ledger_balance(harness.books_url)
    sales = harness.business.sales
    others = {how: n for how, n in _firsts(sales, act.name).items() if how not in GOOD}
    available = f"{_available(sales, act.name)} {others or ''}".strip()
    healed = row.faults[-1].words if row.is_ill else f"healed in {row.heal_s:.1f} s"
    _say(f"{act.name}: available {available}, {healed}")
    await asyncio.sleep(BETWEEN_S)


async def _heal(harness: Harness) -> None:
    """Return when all replicas are ready, and an order was sold, paid and told."""
    async with asyncio.timeout(HEAL_LIMIT_S):
        await harness.fleet.all_ready()
        await harness.business.sold_and_called_back()


async def _judged(harness: Harness, rows: list[Row], histories: list[History]) -> int:
    faults = await _settled(harness)
    for history, words in unsound(histories):
        faults.append(Fault(Part.WRONG, history.sale.number, words))
        print(f"    {history.in_words()}")
    calls = sum(len(each.calls) for each in histories)
    _say(f"{len(histories)} histories of {calls} calls were checked for linearizability")
    by_number = {sale.number: sale.act for sale in harness.business.sales}
    rows_by_name = {row.name: row for row in rows}
    after = Row("after")
    for fault in faults:
        rows_by_name.get(by_number.get(fault.order, ""), after).faults.append(fault)
    findings = await ledger_check.findings_of(harness.books_url)
    after.faults += [
        Fault(Part.WRONG, "", f"ledger: {each.subject} {each.detail}")
        for each in (findings.differences if findings else ())
    ]
    return _report(harness, [*rows, after])


async def _settled(harness: Harness) -> list[Fault]:
    """What does not agree when all has healed, or is still so after the limit."""
    business = harness.business
    give_up_at = time.monotonic() + SETTLE_LIMIT_S
    asked = [Asked(each.number, each.payment_no, each.refund_no) for each in business.sales]
    while True:
        await books.hurry(harness.books_url, harness.plan.database_urls["notifier"])
        faults = judge(
            asked, await books.read(harness.books_url, harness.sandbox, business.callbacks)
        )
        if not faults or time.monotonic() > give_up_at:
            return faults
        await asyncio.sleep(SETTLE_EVERY_S)


def _report(harness: Harness, rows: Sequence[Row]) -> int:
    sales = harness.business.sales
    heads = ("lost", "doubled", "wrong", "ledger", "available", "healed")
    print(f"\n  {'act':28}" + "".join(f"{head:>11}" for head in heads))
    for row in rows:
        if row.not_played:
            print(f"  {row.name:28}  not played: {row.not_played}")
            continue
        counts = [sum(each.part is part for each in row.faults) for part in Part]
        healed = "never" if row.is_ill else f"{row.heal_s:.1f} s"
        cells = (*counts, row.balance, _available(sales, row.name), healed)
        print(f"  {row.name:28}" + "".join(f"{cell:>11}" for cell in cells))
    faults = [fault for row in rows for fault in row.faults]
    for fault in faults[:20]:
        print(f"  ✗ {fault.part} {fault.order} {fault.words}")
    unended = sum(not each.is_over for each in sales)
    print(f"  {len(sales)} orders, {unended} given up by their apps; {len(faults)} faults")
    return 1 if faults or any(row.balance or row.is_ill for row in rows) else 0


def _available(sales: Sequence[Sale], act: str) -> str:
    """The share of first requests that an app could work with."""
    firsts = _firsts(sales, act)
    good = sum(firsts[each] for each in GOOD)
    return f"{good / firsts.total():.2%}" if firsts else "-"


def _firsts(sales: Sequence[Sale], act: str) -> Counter[str]:
    """How first requests were answered; those who contend are refused for good reasons, too."""
    theirs = (each for each in sales if each.act == act and each.kind is not Kind.CONTENDED)
    return Counter(each.first for each in theirs if each.first)


def _say(words: str) -> None:
    print(f"  · {words}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main()))
    except CannotRun as error:
        sys.exit(str(error))
