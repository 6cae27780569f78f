"""Creates as the gateway asks for them: over internal HTTP, of a trade-core in its own process."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

import aiohttp

from bench.trade_core.life import APP, CHANNEL, WINDOW, request
from bench.trade_core.tally import Meter, Tally
from contracts.internal import OpenPayment

READY_LIMIT_S: Final = 60


@dataclass(frozen=True, slots=True)
class Served:
    """The service as its callers see it. `pids`: its own and PostgreSQL's."""

    url: str
    token: str
    pids: dict[str, int]

    async def create(self, *, seconds: float, in_flight: int) -> Tally:
        tally, meter = Tally(), Meter(**self.pids)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(self.url, connector=connector, headers=headers) as http:
            await _ready(http)
            end = time.perf_counter() + seconds

            async def work() -> None:
                while time.perf_counter() < end:
                    async with http.post("/internal/payments", data=_body()) as answer:
                        answer.raise_for_status()
                        await answer.read()
                    tally.count += 1

            with meter.counting(tally):
                await asyncio.gather(*(work() for _ in range(in_flight)))
        return tally


async def _ready(http: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(READY_LIMIT_S):
        while True:
            async with http.get("/health/ready") as answer:
                if answer.ok:
                    return
            await asyncio.sleep(0.1)


def _body() -> bytes:
    seconds = int(WINDOW.total_seconds())
    asked = OpenPayment(app_id=APP, request=request(), channel=CHANNEL, reinitiate_after_s=seconds)
    return asked.model_dump_json().encode()
