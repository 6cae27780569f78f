"""The cashier has no database: it measures its clock against the gateway's, which is measured
against trade-core's database. By its clock it decides until when a payer may choose."""

import asyncio
from collections.abc import Callable
from typing import Final

from chassis.fitness import Clock
from contracts.internal import ClockReading
from foundation.service_client import Service

ASK_LIMIT_S: Final = 1.0


def clock_of(gateway: Service, *, now: Callable[[], float]) -> Clock:
    """Ours beside the gateway's. While that does not answer, nothing is known."""

    async def reference() -> float:
        async with asyncio.timeout(ASK_LIMIT_S):
            reading = await gateway.get(ClockReading, "/internal/clock")
        return reading.now.timestamp()

    return Clock(reference, "the gateway", now=now)
