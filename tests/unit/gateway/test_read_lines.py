"""An app that reads much waits for itself, in the gateway, and nobody for it."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import TypeVar

import pytest
from pydantic import BaseModel
from tests.unit.gateway.client import application, client_of
from tests.unit.gateway.harness import FakeService, Harness
from tests.unit.gateway.test_api import NO, gateway
from tests.unit.gateway.test_day_statements import LINE, here, page
from tests.unit.gateway.test_routing import REQUEST

from chassis.problems import Overloaded
from foundation.service_client import Query
from gateway.admission.read_lines import MAX_READS, ReadLines
from gateway.flows.day_statements import DayQuery, all_lines

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


class HangingAfterOne(Hanging):
    """The first page of each statement is answered at once."""

    async def get(self, answer: type[M], path: str, params: Query | None = None) -> M:
        if params is None or params["after"] is None:
            return await FakeService.get(self, answer, path, params)
        return await super().get(answer, path, params)


def days() -> Harness:
    """A statement of three pages."""
    return here(
        {None: page(LINE, next_cursor="2"), "2": page(LINE, next_cursor="3"), "3": page(LINE)}
    )


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


async def test_as_many_reads_as_an_app_may_have_in_flight_pass_on_a_busy_machine() -> None:
    """256 at once, of which 60 are answered in a second."""
    lines = ReadLines()

    async def read() -> None:
        async with lines.place("A1"):
            await asyncio.sleep(MAX_READS / 75)

    await asyncio.gather(*(read() for _ in range(256)))


async def test_each_page_of_a_file_stands_in_line() -> None:
    """The request has left it when its first page is there."""
    core, path = HangingAfterOne(days().trade_core), "/v1/statements/2026-01-05?merchant_id=M1"
    async with client_of(application(shop_before(core, ReadLines()))) as client:
        wanted = {"Accept": "text/csv"}
        reads = [asyncio.ensure_future(client.get(path, headers=wanted)) for _ in range(100)]
        await core.is_full.wait()
        core.released.set()
        files = await asyncio.gather(*reads)
    assert {(each.status_code, len(each.text.splitlines())) for each in files} == {(200, 4)}
    assert core.most == MAX_READS


async def test_half_a_file_waits_longer_than_who_can_come_again() -> None:
    lines, over = ReadLines(patience_s=0.01), asyncio.Event()
    query = DayQuery("A1", "M1", "CNY", date(2026, 1, 5))
    pages = all_lines(replace(days().deps, read_lines=lines), query)
    await anext(pages)
    held = [asyncio.ensure_future(hold(lines, over)) for _ in range(MAX_READS)]
    await asyncio.sleep(0)
    second = asyncio.ensure_future(anext(pages))
    await asyncio.sleep(0.05)
    over.set()
    assert await second == [LINE]
    await asyncio.gather(*held)


async def hold(lines: ReadLines, over: asyncio.Event) -> None:
    async with lines.place("A1"):
        await over.wait()


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
    held = [asyncio.ensure_future(hold(lines, over)) for _ in range(MAX_READS)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await hold(lines, over)
    over.set()
    await asyncio.gather(*held)
    assert len(lines) == 0
