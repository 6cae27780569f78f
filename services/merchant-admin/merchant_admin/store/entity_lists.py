"""Lists of our own tables: filtered by what is asked for, page by page behind a key."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

from chassis.database import Tx
from merchant_admin.domain.list_query import ListQuery


@dataclass(frozen=True, slots=True)
class EntityList:
    """`table` and the unique `key` by which it is read, downwards unless `is_ascending`. `scope`:
    the predicate of the caller's scope, with its parameter as `{0}` (`store.scope`), None for a
    list of the whole centre. `conditions`: by the name of a filter what it lets through, with the
    filter's text as `{0}`; a filter that has none finds nothing.

    These texts are constants of our store; whatever people type is a parameter.
    """

    table: str
    key: str
    scope: str | None
    conditions: Mapping[str, str]
    is_ascending: bool = False

    async def page(
        self, tx: Tx, asked: ListQuery, *, after: str | int | None, limit: int
    ) -> list[asyncpg.Record]:
        """From behind `after` on."""
        where, parameters = self._where(asked)
        if after is not None:
            parameters.append(after)
            where += f" and {self.key} {'>' if self.is_ascending else '<'} ${len(parameters)}"
        parameters.append(limit)
        order = self.key if self.is_ascending else f"{self.key} desc"
        return await tx.fetch(
            f"select * from {self.table} where {where} order by {order} limit ${len(parameters)}",  # noqa: S608  # constants
            *parameters,
        )

    async def count(
        self, tx: Tx, asked: ListQuery, at_most: int, timeout_s: float | None = None
    ) -> int:
        """No further than `at_most`; in a transaction that does nothing else."""
        await allow(tx, timeout_s)
        where, parameters = self._where(asked)
        found = f"select from {self.table} where {where} limit ${len(parameters) + 1}"
        counted: int = await tx.fetchval(
            f"select count(*) from ({found}) found",  # noqa: S608  # constants
            *parameters,
            at_most,
            timeout=timeout_s,
        )
        return counted

    def _where(self, asked: ListQuery) -> tuple[str, list[Any]]:
        parameters: list[Any] = []
        parts = ["true"]
        if self.scope is not None:
            parameters.append(asked.scope.parameter)
            parts.append(self.scope.format("$1"))
        for name, text in asked.filters.items():
            parameters.append(pattern(text) if name == "text" else text)
            parts.append(
                self.conditions.get(name, "{0}::text is null").format(f"${len(parameters)}")
            )
        return " and ".join(parts), parameters


async def allow(tx: Tx, timeout_s: float | None) -> None:
    """Let the statements of this transaction take so long; None: as long as usual."""
    if timeout_s is not None:
        await tx.execute(f"set local statement_timeout = '{timeout_s:.0f}s'")


def pattern(text: str) -> str:
    """For `like`: what holds this text, in small letters."""
    escaped = re.sub(r"([\\%_])", r"\\\1", text.lower())
    return f"%{escaped}%"


def holding(*columns: str) -> str:
    """A condition: one of the columns holds the text, in any case."""
    return f"({' or '.join(f'lower({column}) like {{0}}' for column in columns)})"


def period(column: str) -> dict[str, str]:
    """The conditions of a time: from then on, and before then."""
    return {
        "created_from": f"{column} >= {{0}}::text::timestamptz",
        "created_before": f"{column} < {{0}}::text::timestamptz",
    }
