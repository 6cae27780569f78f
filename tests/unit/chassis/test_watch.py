"""Alarms ring once for each trouble, louder when it grows, and not for what wavers."""

import asyncio

from chassis.background import Alarm, Background, Watch


class Siren:
    """Rings are heard unless it is deaf."""

    def __init__(self, limit: float = 10, *, each: bool = False) -> None:
        self.value = 0.0
        self.is_deaf = False
        self.rung: list[float] = []
        self.has_rung = asyncio.Event()
        self.alarm = Alarm(lambda: self.value, limit, self.ring, each=each)

    async def ring(self, value: float) -> bool:
        if not self.is_deaf:
            self.rung.append(value)
            self.has_rung.set()
        return not self.is_deaf

    async def see(self, *values: float) -> list[float]:
        """What was heard while these were measured one after the other."""
        self.rung = []
        for self.value in values:
            await self.alarm.check()
        return self.rung


async def test_it_rings_above_the_limit_and_only_once() -> None:
    siren = Siren()
    assert await siren.see(0, 9, 10) == []
    assert await siren.see(10.1, 11, 19, 12) == [10.1]


async def test_it_rings_again_when_it_has_doubled() -> None:
    assert await Siren().see(11, 21, 22, 30, 44) == [11, 22, 44]


async def test_it_rings_anew_only_after_it_was_down_to_half() -> None:
    siren = Siren()
    assert await siren.see(11, 6, 11, 9, 12) == [11]
    assert await siren.see(5, 11) == [11]


async def test_a_limit_of_nothing_rings_for_anything() -> None:
    assert await Siren(limit=0).see(0, 1, 1, 2, 3, 0, 1) == [1, 2, 1]


async def test_of_what_stands_each_more_rings() -> None:
    siren = Siren(limit=0, each=True)
    assert await siren.see(5, 5, 6, 6) == [5, 6]
    assert await siren.see(3, 4, 4) == [4]
    siren.is_deaf = True
    assert await siren.see(5) == []
    siren.is_deaf = False
    assert await siren.see(5, 5, 0, 1) == [5, 1]


async def test_what_was_not_heard_is_repeated() -> None:
    siren = Siren()
    siren.is_deaf = True
    assert await siren.see(11, 12) == []
    siren.is_deaf = False
    assert await siren.see(12, 12) == [12]


async def test_watch_looks_at_every_alarm_until_it_is_stopped() -> None:
    first, second = Siren(), Siren()
    first.value = second.value = 11
    watch = Watch([first.alarm, second.alarm], every_s=0.001)
    async with asyncio.timeout(60), Background() as background:
        background.start("watch", watch.run, pulse=watch.pulse)
        await second.has_rung.wait()
    assert (first.rung, second.rung) == ([11], [11])
