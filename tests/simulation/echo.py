"""Old words that come again, long after: a dead letter that somebody replays, an offset reset."""

import asyncio
from typing import Final

from tests.simulation.bus import Bus
from tests.simulation.features import Feature
from tests.simulation.harness import Harness
from tests.simulation.payers import Counted

from chassis.producer import Message
from contracts import topics

TIMES: Final = 12
TOPICS: Final = (topics.PAYMENT_RESULTS, topics.REFUND_RESULTS)


class Echo(Counted):
    """Publishes results again as they were."""

    def __init__(self, harness: Harness, bus: Bus) -> None:
        super().__init__(harness, "echo")
        self._bus = bus

    def open(self) -> None:
        if self.harness.has(Feature.REPLAYS):
            self.begin(self._repeat())

    async def _repeat(self) -> None:
        for _ in range(TIMES):
            await asyncio.sleep(self.dice.pick((5.0, 30.0, 300.0, 2000.0)))
            records = [record for topic in TOPICS for record in self._bus.records(topic)]
            if records:
                old = self.dice.pick(records)
                self.harness.story.tell("echo", "repeats", old.topic, old.offset, old.key)
                self._bus.append(Message(old.topic, old.key or "", old.value, old.headers))
