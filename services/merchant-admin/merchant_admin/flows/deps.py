"""What the flows work with; put together in `main`, given to every flow as its first argument."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chassis.database import Database
from chassis.web import InFlightLimit
from merchant_admin.domain.passwords import Passwords


class Service(Protocol):
    """Another service's internal API. Its problems are raised as Forwarded."""

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        timeout_s: float = 5.0,
    ) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class SealingKeys:
    """The public keys of those who may open what is sealed here."""

    gateway: str
    notifier: str


@dataclass(frozen=True, slots=True)
class Deps:
    """`wake` tells the relay that events were committed. `hashing` bounds the memory that
    password checks take at the same time."""

    db: Database
    wake: Callable[[], None]
    clock: Callable[[], datetime]
    gateway: Service
    trade_core: Service
    notifier: Service
    sealing: SealingKeys
    session_key: bytes
    passwords: Passwords
    hashing: InFlightLimit
