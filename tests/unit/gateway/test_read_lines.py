"""An app that reads much waits for itself, in the gateway, and nobody for it."""

import asyncio
from dataclasses import replace
from typing import TypeVar

import pytest
from pydantic import BaseModel
from tests.unit.gateway.client import application, client_of
from tests.unit.gateway.harness import FakeService, Harness
from tests.unit.gateway.test_api import NO, gateway
from tests.unit.gateway.test_routing import REQUEST

from chassis.problems import Overloaded
from foundation.service_client import Query
from gateway.admission.read_lines import MAX_READS, ReadLines

M = TypeVar("M", bound=BaseModel)

PATH = f"/v1/payments/{NO}"


class Hanging(FakeService):
    """Answers what is read once it is let; `most`: what it was asked for at once."""

    def __init__(self, answering: FakeService) -> None:
        super().__init__(answering._answers)
        self.inside = self.most = 0
        self.is_full = asyncio.Event()
        self.released = asyncio.Event()

    async def get(self, answer: type[M], path: str, params: Query | None = None) -> M:
        self.inside += 1
        self.most = max(self.most, self.inside)
        if self.inside == MAX_READS:
            self.is_full.set()
        await self.released.wait()
        self.inside -= 1
        return await super().get(answer, path, params)


def shop_before(core: Hanging, lines: ReadLines) -> Harness:
    shop = gateway()
    return replace(shop, deps=replace(shop.deps, trade_core=core, read_lines=lines))


async def test_reads_of_one_app_wait_outside_and_payments_pass() -> None:
    """500 reads stood before trade-core's ten connections, and the creates of all apps behind."""
    core, lines = Hanging(gateway().trade_core), ReadLines()
    async with client_of(application(shop_before(core, lines))) as client:
        reads = [asyncio.ensure_future(client.get(PATH)) for _ in range(100)]
        await core.is_full.wait()
        assert (await client.post("/v1/payments", REQUEST)).status_code == 201
        async with lines.place("another app"):
            pass
        core.released.set()
        assert {each.status_code for each in await asyncio.gather(*reads)} == {200}
    assert core.most == MAX_READS


async def test_who_waits_too_long_is_told_to_come_again() -> None:
    core = Hanging(gateway().trade_core)
    async with client_of(application(shop_before(core, ReadLines(patience_s=0.05)))) as client:
        reads = [asyncio.ensure_future(client.get(PATH)) for _ in range(MAX_READS)]
        await core.is_full.wait()
        refused = await client.get(PATH)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert refused.json()["code"] == "overloaded"
        core.released.set()
        assert {each.status_code for each in await asyncio.gather(*reads)} == {200}
        assert (await client.get(PATH)).status_code == 200


async def test_line_that_nobody_stands_in_is_forgotten() -> None:
    lines = ReadLines()
    async with lines.place("A1"):
        assert len(lines) == 1
    assert len(lines) == 0


async def test_who_gives_up_waiting_leaves_the_line() -> None:
    lines, over = ReadLines(patience_s=0.01), asyncio.Event()

    async def hold() -> None:
        async with lines.place("A1"):
            await over.wait()

    held = [asyncio.ensure_future(hold()) for _ in range(MAX_READS)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await hold()
    over.set()
    await asyncio.gather(*held)
    assert len(lines) == 0
