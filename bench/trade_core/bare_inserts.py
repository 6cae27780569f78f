"""What creates are measured beside: pgbench, which inserts the same rows and does nothing else.

The rows of a real create are the pattern; only the numbers are put in anew. All is literal, so
nothing is encoded, sent or checked but the numbers.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.trade_core.tally import Tally
from chassis.database import Database, Tx
from paymesh_local.postgres import binaries
from trade_core.domain.payment import Payment

NUMBER: Final = "lpad(:number::bigint::text, 26, '0')"

SCRIPT: Final = r"""
\set n :n + 1
\set number (:turn * 1000 + :client_id) * 1000000000 + :n
"""

ROWS: Final = {
    "orders": "select to_jsonb(r) from orders r where order_id = $1",
    "payments": "select to_jsonb(r) from payments r where order_id = $1",
    "event_log": "select to_jsonb(r) - 'id' from event_log r where key = $1",
    "due_work": (
        "select to_jsonb(r) from due_work r"
        " where subject in (select payment_no from payments where order_id = $1)"
    ),
}
RENUMBERED: Final = {
    "order_id": f"'O' || {NUMBER}",
    "key": f"'O' || {NUMBER}",
    "merchant_order_no": f"'W' || {NUMBER}",
    "payment_no": f"'P' || {NUMBER}",
    "latest_payment_no": f"'P' || {NUMBER}",
    "subject of due_work": f"'P' || {NUMBER}",
    "event_id": f"'E' || {NUMBER}",
}
TPS: Final = re.compile(r"number of transactions actually processed: (\d+)")
DURATION: Final = re.compile(r"duration: (\d+) s")


@dataclass(slots=True)
class Bare:
    """`apart`: a statement per row in one transaction; `together`: all of them in one statement,
    which takes one trip to the database, as ours does."""

    url: str
    clients: int
    folder: Path
    turn: int = field(default=0)

    async def prepare(self, db: Database, pattern: Payment) -> None:
        async with db.connection() as tx:
            inserts = [await _insert_like(tx, table, pattern.order_id) for table in ROWS]
        orders, payments, events, due = inserts
        pending = "insert into event_pending (id, shard) select {}, 7"
        last = pending.format("lastval()")
        apart = ("begin", orders, payments, due, events, last, "commit")
        together = (
            "with o as (", orders, "), p as (", payments, "), d as (", due,
            "), e as (", events, "returning id)", pending.format("id"), "from e",
        )  # fmt: skip
        (self.folder / "apart").write_text(SCRIPT + ";\n".join(apart) + ";")
        (self.folder / "together").write_text(SCRIPT + "\n".join(together) + ";")

    async def create(self, form: str, *, seconds: float) -> Tally:
        self.turn += 1
        pgbench = await asyncio.create_subprocess_exec(
            str(binaries() / "pgbench"), "--no-vacuum", "--protocol=prepared",
            f"--file={self.folder / form}", f"--client={self.clients}", f"--time={seconds:.0f}",
            "--define=n=0", f"--define=turn={self.turn}", self.url,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output = (await pgbench.communicate())[0].decode()
        done, took = TPS.search(output), DURATION.search(output)
        if pgbench.returncode != 0 or not done or not took:
            raise SystemExit(f"pgbench: {output}")
        return Tally(int(done[1]), int(took[1]))


async def _insert_like(tx: Tx, table: str, order_id: str) -> str:
    row: Mapping[str, Any] = await tx.fetchval(ROWS[table], order_id)
    values = [
        RENUMBERED.get(f"{name} of {table}", RENUMBERED.get(name, _literal(value)))
        for name, value in row.items()
    ]
    return " ".join(
        ("insert into", table, "(", ", ".join(row), ") values (", ", ".join(values), ")")
    )


def _literal(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool() | int():
            return str(value).lower()
        case dict() | list():
            return _literal(json.dumps(value))
        case _:
            return "'" + str(value).replace("'", "''") + "'"
