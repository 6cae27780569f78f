"""One replica of trade-core: the real flows, consumer, due loop and relay in one process."""

import asyncio
from datetime import timedelta
from typing import Final

from tests.record_keys import SHARED_PROOF
from tests.simulation.bus import Bus, SimulatedProducer
from tests.simulation.features import Feature
from tests.simulation.parts import Parts
from tests.simulation.postgres import Server
from tests.simulation.process import Process
from tests.simulation.receipts import Receipts

from chassis.restarts import BACKOFF_S
from contracts.events.configuration import LatePayment, RefundSplits
from trade_core.consumers import RESULT_TOPICS
from trade_core.flows.archive_orders import archive_orders
from trade_core.flows.deps import Deps
from trade_core.flows.poll_due import BATCH

GROUP: Final = "trade-core"
POLL_S: Final = 0.5
OLD_AT_ONCE: Final = timedelta(days=-1)


class Replica:
    """`due` and `pending` are set by the centre when there is something to do: in life
    the loops look several times a second, here that would be most of the work."""

    def __init__(
        self,
        process: Process,
        server: Server,
        bus: Bus,
        *,
        late: LatePayment,
        refund_splits: RefundSplits,
        parts: Parts,
        is_published: asyncio.Event,
    ) -> None:
        self.process = process
        self.due, self.pending = asyncio.Event(), asyncio.Event()
        self._parts = parts
        self._is_published = is_published
        producer = SimulatedProducer(process, bus)
        db = parts.database(process, server)
        self._relay = parts.relay(db, producer)
        self.deps = Deps(
            db=db,
            clock=process.now,
            late_payment=lambda _: late,
            refund_splits=lambda _: refund_splits,
            send=producer.send_many,
            check_proof=SHARED_PROOF.check,
            wake_relay=self._relay.wake,
            wake_due=self.due.set,
        )
        results = parts.results(self.deps)
        receipts = Receipts(
            bus,
            GROUP,
            decode=results.decode,
            apply=process.watched("consumer", results.apply),
            dead_letter=results.dead_letter,
        )
        consumer = parts.consumer(
            bootstrap="",
            group=GROUP,
            topics=RESULT_TOPICS,
            decode=receipts.decode,
            apply=receipts.apply,
            dead_letter=receipts.dead_letter,
            healthy=db.is_up,
        )
        process.start(consumer.run(asyncio.Event()))
        process.start(self._attend())
        process.start(self._publish())

    async def _attend(self) -> None:
        """`jobs.DueLoop`."""
        while True:
            await self.due.wait()
            self.due.clear()
            work = self._parts.poll_due(self.deps)
            (attended,) = await asyncio.gather(work, return_exceptions=True)
            if isinstance(attended, BaseException):
                self.process.harness.note_error(f"{self.process.name} due loop", attended)
                await asyncio.sleep(POLL_S)
            elif attended == BATCH:
                self.due.set()
            await self._put_away()

    async def _put_away(self) -> None:
        """A batch of `jobs.ArchiveLoop`, which here waits for nothing to grow old."""
        if self.process.harness.has(Feature.ARCHIVE):
            work = archive_orders(self.deps, OLD_AT_ONCE, "", listed_for=timedelta())
            (failure,) = await asyncio.gather(work, return_exceptions=True)
            if isinstance(failure, BaseException):
                self.process.harness.note_error(f"{self.process.name} archive", failure)

    async def _publish(self) -> None:
        """The relay runs until nothing is left to publish."""
        while True:
            await self.pending.wait()
            self.pending.clear()
            stop = asyncio.Event()
            running = self.process.start(self._relay_until(stop))
            await self._is_published.wait()
            stop.set()
            await running
            await self._put_away()

    async def _relay_until(self, stop: asyncio.Event) -> None:
        """As `Background` does it."""
        while not stop.is_set():
            (failure,) = await asyncio.gather(self._relay.run(stop), return_exceptions=True)
            if failure is not None:
                self.process.harness.note_error(f"{self.process.name} relay", failure)
                await asyncio.sleep(BACKOFF_S)
