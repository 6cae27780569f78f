"""Checks that do not hold shut the gate: loops stop, requests are refused, and why is told."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI

from chassis.background import Background, Gate, Pulse
from chassis.fitness import CLOCK_LIMIT_S, Clock, Fitness
from chassis.problems import Overloaded
from chassis.web import create_app


class Judge:
    """A check that says what it is told to say."""

    def __init__(self, words: str | None) -> None:
        self.words = words

    async def check(self) -> str | None:
        return self.words


async def test_the_gate_is_open_while_every_check_holds() -> None:
    good, other = Judge(""), Judge("no")
    fitness = Fitness({"good": good.check, "other": other.check})
    await fitness.check_all()
    assert not fitness.gate.is_open
    assert fitness.ready() == {"good": True, "other": "no"}

    other.words = ""
    await fitness.check_all()
    assert fitness.gate.is_open
    assert fitness.unfit == 0


async def test_who_cannot_tell_leaves_things_as_they_were() -> None:
    judge = Judge(None)
    fitness = Fitness({"judge": judge.check})
    await fitness.begin()
    assert fitness.gate.is_open

    judge.words = "no"
    await fitness.check_all()
    judge.words = None
    await fitness.check_all()
    assert not fitness.gate.is_open


async def test_a_loop_behind_a_shut_gate_stops_and_begins_anew() -> None:
    gate, begun, ended = Gate(is_open=False), asyncio.Event(), asyncio.Event()
    pulse = Pulse()

    async def loop(stop: asyncio.Event) -> None:
        begun.set()
        await stop.wait()
        ended.set()

    async with asyncio.timeout(60), Background(backoff_s=0.001) as background:
        background.start("work", loop, pulse=pulse, stall_s=0.001, gate=gate)
        await asyncio.sleep(0.01)
        assert not begun.is_set()
        assert background.alive() == {"work": True}

        for _ in range(2):
            gate.turn(is_open=True)
            await begun.wait()
            gate.turn(is_open=False)
            await ended.wait()
            begun.clear()
            ended.clear()
        gate.turn(is_open=True)
        await begun.wait()
    assert ended.is_set()


@pytest.mark.parametrize("ahead_s", [0.0, CLOCK_LIMIT_S - 0.1, 0.1 - CLOCK_LIMIT_S])
async def test_a_clock_within_the_limit_holds(ahead_s: float) -> None:
    assert await clock(ahead_s).check() == ""


@pytest.mark.parametrize(
    ("ahead_s", "words"),
    [
        (CLOCK_LIMIT_S + 1.2, "this clock is 6 s ahead of that of the database"),
        (-10_800.0, "this clock is 180 minutes behind that of the database"),
    ],
)
async def test_a_clock_beyond_the_limit_is_told_in_words(ahead_s: float, words: str) -> None:
    assert await clock(ahead_s).check() == words


async def test_half_of_the_time_that_asking_took_is_no_offset() -> None:
    # Half a second is what can hide in an answer that took one.
    assert await clock(CLOCK_LIMIT_S + 0.01, takes_s=0.1).check() == ""


async def test_a_clock_that_nobody_compares_is_not_judged() -> None:
    async def nobody() -> float:
        raise Overloaded("away")

    assert await Clock(nobody, "the database").check() is None


def clock(ahead_s: float, *, takes_s: float = 0.0) -> Clock:
    """Ours, so far ahead of the reference."""

    async def reference() -> float:
        await asyncio.sleep(takes_s)
        return time.time()

    return Clock(reference, "the database", now=lambda: time.time() + ahead_s)


async def test_a_shut_gate_refuses_all_but_health() -> None:
    gate = Gate(is_open=False)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield

    app = create_app(service="test", lifespan=lifespan, gate=gate)

    @app.get("/thing")
    async def thing() -> None: ...

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        shut = [
            await client.get(path) for path in ("/thing", "/nothing", "/health/live", "/metrics")
        ]
        gate.turn(is_open=True)
        opened = await client.get("/thing")

    assert [answer.status_code for answer in shut] == [503, 503, 200, 200]
    assert shut[0].json()["code"] == "overloaded"
    assert shut[0].headers["connection"] == "close"
    assert opened.status_code == 200
