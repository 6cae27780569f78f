"""Serials: drawn once for a number, and the same ever after."""

from collections.abc import Sequence

from chassis.database import Tx
from contracts.internal import SerialView


async def draw(tx: Tx, number: str) -> None:
    """Give the number its serial, where it has none."""
    await tx.execute("insert into serials (number) values ($1) on conflict do nothing", number)


async def list_of(tx: Tx, numbers: Sequence[str]) -> list[SerialView]:
    """Of those that have drawn one."""
    rows = await tx.fetch(
        "select number, serial, drawn_at from serials where number = any($1::text[])",
        list(numbers),
    )
    return [SerialView.model_validate(dict(row)) for row in rows]
