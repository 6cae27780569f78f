"""What the flows work with; put together in `main`, given to every flow as its first argument."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from chassis.database import Database
from chassis.replica import Reader
from contracts.internal import ChannelList
from contracts.words import Words
from foundation.service_client import Service
from merchant_admin.domain.passwords import Passwords
from merchant_admin.domain.sessions import SESSION_COOKIE, SessionTerms
from merchant_admin.domain.sheets import Sheets
from merchant_admin.domain.waiting import Counted
from merchant_admin.flows.hashing import Checks


@dataclass(frozen=True, slots=True)
class SealingKeys:
    """The public keys of those who may open what is sealed here."""

    gateway: str
    notifier: str


MAX_EXPORTS: Final = 2
"""At once, in one process: each keeps a core busy, and pages are to come beside them."""

LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class KnownChannels:
    """What the gateway told last of its channels (`flows.channels`), and when; `asked_at`: when it
    was asked last."""

    found: ChannelList | None = None
    at: datetime = LONG_AGO
    asked_at: datetime = LONG_AGO

    @property
    def names(self) -> dict[str, Words]:
        """What people call them, in the order of the gateway."""
        listed = self.found.items if self.found else []
        return {each.channel: each.name or Words(each.title, each.title) for each in listed}


@dataclass(slots=True)
class Projector:
    """`lag_s`: how far what people search is behind, as this process knows it: the age of the
    newest event that was applied while more wait, else 0."""

    lag_s: Callable[[], float] = lambda: 0.0


@dataclass(frozen=True, slots=True)
class Deps:
    """`wake` tells the relay that events were committed. `session_keys`: the first
    keys new sessions, all are known. `session_cookie`: its name. `requires_totp`: of whoever
    configures, decides or refunds. `refund_reauthentication_from`: in fen, from which a
    refund, and every one in another currency, wants to know again who asks for it.
    `sheets`: how lists are worded for people. `exports_asked`: something waits to be made.
    `reader`: where lists of the read model are read: at `replica`, or without one at `db`, as is
    all that is asked for by its number. `console_url`: where people reach the console."""

    db: Database
    wake: Callable[[], None]
    clock: Callable[[], datetime]
    gateway: Service
    trade_core: Service
    notifier: Service
    sealing: SealingKeys
    session_keys: tuple[bytes, ...] = field(repr=False)
    passwords: Passwords
    sheets: Sheets
    checks: Checks = field(default_factory=Checks)
    sessions: SessionTerms = field(default_factory=SessionTerms)
    session_cookie: str = SESSION_COOKIE
    counted: Counted = field(default_factory=Counted)
    requires_totp: bool = False
    refund_reauthentication_from: int = 100_000
    channels: KnownChannels = field(default_factory=KnownChannels)
    projector: Projector = field(default_factory=Projector)
    exports_asked: asyncio.Event = field(default_factory=asyncio.Event)
    exports: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_EXPORTS))
    replica: Database | None = None
    console_url: str = "http://localhost:8002"
    reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reader", Reader(self.db, self.replica))
