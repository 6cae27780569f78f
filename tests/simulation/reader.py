"""A member of a consumer group over the simulated broker, with the habits of the real one: a poll
moves the position whatever becomes of the records, and partitions come and go while it polls, or
when it was away for so long that it is taken for dead."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from confluent_kafka import KafkaError, KafkaException
from tests.simulation.bus import REPLAYED, Bus
from tests.simulation.process import Process

from chassis.consumer import Place, Record

BATCHES: Final = (1, 2, 5, 20)


class Reader:
    """What `chassis.consumer.member.Member` is to a consumer. A poll that would come back empty
    does not come back."""

    silence_s = 0.0

    def __init__(self, process: Process, bus: Bus, group: str, topics: Sequence[str]) -> None:
        self.group = group
        self.topics = topics
        self.positions: dict[Place, int] = {}
        self.wake_up = asyncio.Event()
        self._process = process
        self._bus = bus
        self._is_assigned = False
        self._revoked: asyncio.Future[None] | None = None

    async def start(self) -> None:
        await self._process.step()
        self._process.at_death.append(self._leave)
        self._bus.join(self)

    async def leave(self) -> None:
        await self._process.step()
        self._leave()

    async def poll(self, max_records: int) -> dict[Place, list[Record]]:
        while True:
            self._let_go()
            self.wake_up.clear()
            if self._is_assigned and (fetched := self._fetched(max_records)):
                await self._process.step()
                if self._revoked is not None:
                    continue
                for place, records in fetched.items():
                    self.positions[place] = records[-1].offset + 1
                return fetched
            await self.wake_up.wait()

    async def seek(self, positions: Mapping[Place, int]) -> None:
        for place, offset in positions.items():
            if place in self.positions:
                self.positions[place] = offset

    async def commit(self, positions: Mapping[Place, int]) -> None:
        """What was taken away meanwhile is somebody else's to commit."""
        await self._process.step()
        if not positions.keys() <= self.positions.keys():
            raise KafkaException(KafkaError(KafkaError.UNKNOWN_MEMBER_ID))
        harness = self._bus.harness
        if harness.happens("redelivered"):
            harness.story.tell(self._process.name, "is given records again")
            self._bus.rebalance(self.group, back=harness.dice.whole(0, REPLAYED))
            raise KafkaException(KafkaError(KafkaError.NOT_COORDINATOR))
        self._bus.commit(self.group, positions)
        self._process.may_die()
        if harness.happens("redelivered"):
            self._bus.rebalance(self.group)

    def lag(self) -> int:
        return sum(self._bus.end(place) - offset for place, offset in self.positions.items())

    # ── what the broker does with it ──────────────────────────────────────────────────────────

    def revoke(self) -> "asyncio.Future[None]":
        """Its partitions go when it polls; done when they are gone."""
        if self._revoked is None:
            self._revoked = asyncio.get_running_loop().create_future()
        self._is_assigned = False
        self.wake_up.set()
        return self._revoked

    def evict(self) -> None:
        """Its partitions are gone, whatever it does with what it has of them."""
        self._is_assigned = False
        self._revoked = self._revoked or asyncio.get_running_loop().create_future()
        self._let_go()

    def assign(self) -> None:
        self._is_assigned = True
        self.wake_up.set()

    def _let_go(self) -> None:
        if self._revoked is not None:
            self.positions.clear()
            if not self._revoked.done():
                self._revoked.set_result(None)
            self._revoked = None

    def _leave(self) -> None:
        self.evict()
        self._bus.leave(self)

    def _fetched(self, max_records: int) -> dict[Place, list[Record]]:
        """As much as the broker likes to send at once."""
        left = min(max_records, self._bus.harness.dice.pick(BATCHES))
        fetched = {}
        for place, position in self.positions.items():
            records = list(self._bus.log(place)[position : position + left])
            if records:
                fetched[place] = records
                left -= len(records)
        return fetched
