"""Claim → send → finish, without a pause while there is work.

What has just arrived is claimed by those who store it (`flows.deliveries.tell`); here what waited.
Claims and results go to the database in batches. A slot is taken by a claim and given back when
its result is stored, so nothing piles up in memory.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import structlog

from chassis.background import Pulse, pause
from notifier import metrics
from notifier.domain.answers import Answer, Trouble
from notifier.domain.deliveries import Claim, Tried
from notifier.flows import tries
from notifier.flows.deps import Deps
from notifier.sender import Sender

log = structlog.get_logger()

SLOTS: Final = 512
ARRIVALS_SHARE: Final = 8
"""One slot in this many is left to what arrives meanwhile: it would have to be claimed too."""

POLL_S: Final = 0.5  # For what becomes due by time, and what other replicas left behind.
LINGER_S: Final = 0.02  # Results wait this long for company.
BATCH: Final = 200
CLAIM_BACKOFF_S: Final = 1.0
BACKOFF_FIRST_S, BACKOFF_MAX_S = 0.1, 5.0
STORE_TRIES: Final = 5
STORE_TRIES_OF_A_PART: Final = 2
"""With the database up, a batch that still cannot be stored after these is halved; the single
result that cannot be stored is given up: its lease runs out, and the delivery is tried again."""


class Dispatch:
    """The sender's loop. Nothing is claimed before `ready`: until then no app is known."""

    def __init__(
        self, deps: Deps, sender: Sender, *, ready: asyncio.Event, slots: int = SLOTS
    ) -> None:
        self.pulse = Pulse()
        self._deps = deps
        self._sender = sender
        self._ready = ready
        self._slots = slots
        self._left_to_arrivals = slots // ARRIVALS_SHARE
        self._results: asyncio.Queue[Tried | None] = asyncio.Queue()

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`, then finish what is in flight; for `Background.start`."""
        self._results = asyncio.Queue()  # it may have crashed before
        async with asyncio.TaskGroup() as finishing:
            finishing.create_task(self._finish_until_none())
            async with asyncio.TaskGroup() as sending:
                try:
                    await self._claim_until(stop, sending)
                finally:
                    self._deps.slots.close()
            self._results.put_nowait(None)

    async def _claim_until(self, stop: asyncio.Event, sending: asyncio.TaskGroup) -> None:
        while not self._ready.is_set() and not await pause(stop, POLL_S):
            self.pulse.beat()
        self._deps.slots.open(self._slots, lambda claim: sending.create_task(self._try(claim)))
        metrics.IN_FLIGHT.set_function(lambda: self._deps.slots.in_flight)
        while not stop.is_set():
            self.pulse.beat()
            self._deps.due.clear()
            if await self._claim(stop):
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._deps.due.wait()

    async def _claim(self, stop: asyncio.Event) -> bool:
        """Claim for the free slots and start sending; whether to look again at once."""
        try:
            return await tries.has_due(self._deps) and await self._claim_due()
        except Exception:  # What is being sent goes on; the rows are claimed at the next look.
            log.exception("dispatch.cannot_claim")
            await pause(stop, CLAIM_BACKOFF_S)
            return False

    async def _claim_due(self) -> bool:
        slots, claimed = self._deps.slots, tries.NOTHING
        taken = slots.take(max(0, slots.free - self._left_to_arrivals))
        try:
            claimed = await tries.claim(self._deps, taken)
        finally:
            slots.fill(taken, claimed.claims)
        return claimed.has_more

    async def _try(self, claim: Claim) -> None:
        destination = self._deps.apps.find_destination(claim.app_id, claim.notify_url)
        if destination is None:
            self._results.put_nowait(Tried(claim))
            return
        try:
            answer = await self._sender.send(claim, destination)
        except Exception:  # A failed try of this callback, and no trouble to its neighbours.
            log.exception("dispatch.cannot_send", event_id=claim.event_id)
            answer = Answer(datetime.now(UTC), trouble=Trouble.INTERNAL)
        metrics.ATTEMPT_S.observe(answer.latency_ms / 1000)
        if claim.is_first:
            delay = answer.started_at - claim.happened_at
            metrics.FIRST_ATTEMPT_DELAY_S.observe(delay.total_seconds())
        self._results.put_nowait(Tried(claim, destination, answer))

    async def _finish_until_none(self) -> None:
        is_last = False
        while not is_last:
            batch, is_last = await self._next_batch()
            if batch:
                await self._store(batch)
                self._give_back(len(batch))

    async def _next_batch(self) -> tuple[list[Tried], bool]:
        """What has come in a short while; True with the last."""
        batch: list[Tried] = []
        first = await self._results.get()
        if first is None:
            return batch, True
        batch.append(first)
        if self._results.qsize() < BATCH:
            await asyncio.sleep(LINGER_S)
        while len(batch) < BATCH and not self._results.empty():
            tried = self._results.get_nowait()
            if tried is None:
                return batch, True
            batch.append(tried)
        return batch, False

    async def _store(self, batch: Sequence[Tried], most: int = STORE_TRIES) -> None:
        backoff_s, failures = BACKOFF_FIRST_S, 0
        while failures < most:
            try:
                await tries.finish(self._deps, batch)
                return
            except Exception:  # Stored again below; given up, its lease runs out and brings it.
                log.exception("dispatch.cannot_finish", results=len(batch))
            failures += await self._deps.db.is_up()
            await asyncio.sleep(backoff_s)
            backoff_s = min(backoff_s * 2, BACKOFF_MAX_S)
        if len(batch) == 1:
            log.error("dispatch.result_given_up", event_id=batch[0].claim.event_id)
            return
        middle = len(batch) // 2
        await self._store(batch[:middle], STORE_TRIES_OF_A_PART)
        await self._store(batch[middle:], STORE_TRIES_OF_A_PART)

    def _give_back(self, count: int) -> None:
        slots = self._deps.slots
        if slots.free <= self._left_to_arrivals:
            self._deps.due.set()  # lanes may wait for nothing but a slot
        slots.give_back(count)
