"""The merchants' accounts at the third parties, kept as one file each below the state directory.

A channel says how an account is opened, read and shown; this module only keeps them.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import orjson


class Account(Protocol):
    """What every channel's account has in common: the name the channel knows it by."""

    @property
    def merchant(self) -> str: ...


A = TypeVar("A", bound=Account)


@dataclass(frozen=True, slots=True)
class AccountKind(Generic[A]):
    """How one channel opens and reads accounts, and what its merchant is told of them."""

    channel: str
    open: Callable[[], dict[str, str]]
    read: Callable[[dict[str, str]], A]
    section: Callable[[A, str], dict[str, str]]
    sorts: tuple[str, ...] = ()
    """What an account may be opened as, and then is nothing else. One that is opened as none of
    them, as the first one, is all of them."""


class Accounts(Generic[A]):
    """The accounts of one channel; the first is opened at the first start."""

    def __init__(self, kind: AccountKind[A], folder: Path) -> None:
        self._kind = kind
        self._folder = folder / kind.channel
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        files = sorted(self._folder.glob("*.json"))
        accounts = [kind.read(orjson.loads(file.read_bytes())) for file in files]
        self._by_merchant = {account.merchant: account for account in accounts}
        if not accounts:
            self.open()

    def find(self, merchant: str) -> A | None:
        return self._by_merchant.get(merchant)

    def get(self, merchant: str) -> A:
        """LookupError where there is none."""
        return self._by_merchant[merchant]

    def all(self) -> list[A]:
        return list(self._by_merchant.values())

    def first(self) -> A:
        return next(iter(self._by_merchant.values()))

    def open(self, sort: str | None = None) -> A:
        """A further merchant; durable before it is known. ValueError for a sort that is none."""
        if sort is not None and sort not in self._kind.sorts:
            raise ValueError(f"not of {self._kind.channel}'s {list(self._kind.sorts)}")
        document = self._kind.open() | ({"sort": sort} if sort else {})
        self._keep(f"{len(self._by_merchant) + 1:04d}.json", document)
        account = self._kind.read(document)
        self._by_merchant[account.merchant] = account
        return account

    def _keep(self, file_name: str, document: dict[str, str]) -> None:
        write_privately(
            self._folder / file_name, orjson.dumps(document, option=orjson.OPT_INDENT_2)
        )


def write_privately(file: Path, content: bytes) -> None:
    """Write the file whole or not at all, readable by its owner only."""
    half = file.with_suffix(".new")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(content)
    half.replace(file)
