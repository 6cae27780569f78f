"""The gateway has no database: it measures itself against trade-core, to which it tells all."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from chassis.fitness import Check, Clock
from contracts.internal import Peer
from contracts.record_proof import HmacKeys
from foundation.service_client import Service

ASK_LIMIT_S: Final = 1.0


class PeerChecks:
    """What must agree with trade-core. While that does not answer, nothing is known."""

    def __init__(
        self, trade_core: Service, keys: HmacKeys, *, now: Callable[[], float] = time.time
    ) -> None:
        self._trade_core = trade_core
        self._keys = keys
        self._peer: Peer | None = None
        self._clock = Clock(self._time, "trade-core's database", now=now)

    def checks(self) -> dict[str, Check]:
        """For `Fitness`."""
        return {"clock": self._clock.check, "record_keys": self._check_keys}

    async def _time(self) -> float:
        self._peer = None
        async with asyncio.timeout(ASK_LIMIT_S):
            self._peer = await self._trade_core.get(Peer, "/internal/peer")
        return self._peer.now.timestamp()

    async def _check_keys(self) -> str | None:
        """By the answer that told the time."""
        if self._peer is None:
            return None
        if self._keys.ids[0] in self._peer.record_key_ids:
            return ""
        return "trade-core does not know the first key of PAYMESH_RECORD_KEYS"
