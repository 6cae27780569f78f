"""Loops are restarted, watched by progress, and stopped gracefully."""

import asyncio

import pytest

from chassis import background
from chassis.background import Background, Gate, Pulse, pause, unless_stopped
from chassis.problems import Overloaded


async def test_a_loop_that_crashes_is_started_again() -> None:
    runs = 0
    enough = asyncio.Event()

    async def crash(stop: asyncio.Event) -> None:
        nonlocal runs
        runs += 1
        if runs == 3:
            enough.set()
            await stop.wait()
            return
        raise RuntimeError("no")

    async with asyncio.timeout(60), Background(backoff_s=0.001) as background:
        background.start("crashing", crash)
        await enough.wait()
        assert background.alive() == {"crashing": True}


@pytest.mark.parametrize("is_up", [True, False])
async def test_a_loop_whose_database_is_away_goes_on_soon_after_it_is_back(
    is_up: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    runs, enough = 0, asyncio.Event()

    async def wait(stop: asyncio.Event, seconds: float) -> bool:
        waits.append(seconds)
        await asyncio.sleep(0)
        return stop.is_set()

    async def work(stop: asyncio.Event) -> None:
        nonlocal runs
        runs += 1
        if runs <= 3:
            raise Overloaded("The database cannot be reached.")
        enough.set()
        await stop.wait()

    async def is_database_up() -> bool:
        return is_up

    monkeypatch.setattr(background, "pause", wait)
    async with asyncio.timeout(60), Background(backoff_s=0.5, is_up=is_database_up) as loops:
        loops.start("work", work)
        await enough.wait()
    assert waits == ([0.5, 1.0, 2.0] if is_up else [0.5, 0.5, 0.5])


async def test_a_loop_that_its_gate_stopped_begins_anew_without_a_back_off() -> None:
    gate, begun = Gate(), asyncio.Event()

    async def loop(stop: asyncio.Event) -> None:
        begun.set()
        await stop.wait()

    async with asyncio.timeout(60), Background(backoff_s=3_600) as background:
        background.start("work", loop, gate=gate)
        for _ in range(3):
            await begun.wait()
            begun.clear()
            gate.turn(is_open=False)
            await asyncio.sleep(0)
            gate.turn(is_open=True)


async def test_a_loop_finishes_its_round_on_stop() -> None:
    finished = False

    async def work(stop: asyncio.Event) -> None:
        nonlocal finished
        await stop.wait()
        await asyncio.sleep(0.02)
        finished = True

    async with Background() as background:
        background.start("work", work)
        await asyncio.sleep(0)

    assert finished


async def test_a_loop_that_does_not_stop_is_cancelled() -> None:
    cancelled = False

    async def deaf(stop: asyncio.Event) -> None:
        nonlocal cancelled
        try:
            await asyncio.Event().wait()
        finally:
            cancelled = True

    async with asyncio.timeout(60), Background(grace_s=0.01) as background:
        background.start("deaf", deaf)
        await asyncio.sleep(0)

    assert cancelled


async def test_an_error_in_the_block_stops_the_loops_and_stays_itself() -> None:
    async def work(stop: asyncio.Event) -> None:
        await stop.wait()

    async def fail() -> None:
        async with asyncio.timeout(60), Background() as background:
            background.start("work", work)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()


async def test_a_loop_without_progress_is_not_alive() -> None:
    pulse = Pulse()

    async def stuck(stop: asyncio.Event) -> None:
        await stop.wait()

    async with Background() as background:
        background.start("stuck", stuck, pulse=pulse, stall_s=60)
        assert background.alive() == {"stuck": True}
        pulse._at -= 61
        assert background.alive() == {"stuck": False}
        pulse.beat()
        assert background.alive() == {"stuck": True}


async def test_a_pause_ends_with_the_stop() -> None:
    stop = asyncio.Event()
    assert await pause(stop, 0.001) is False

    asyncio.get_running_loop().call_later(0.001, stop.set)
    async with asyncio.timeout(60):
        assert await pause(stop, 60) is True


async def test_work_is_given_up_on_stop() -> None:
    stop = asyncio.Event()

    async def answer() -> int:
        return 42

    async def fail() -> int:
        raise LookupError

    assert await unless_stopped(stop, answer()) == 42
    with pytest.raises(LookupError):
        await unless_stopped(stop, fail())
    asyncio.get_running_loop().call_later(0.001, stop.set)
    assert await unless_stopped(stop, asyncio.Event().wait()) is None
