"""Lease → send → finish, without a pause while there is work.

What has just arrived is leased by those who store it (`flows.deliveries.add`); here what waited.
Leases and results go to the database in batches. A slot is taken by a lease and given back when
its result is stored, so nothing piles up in memory.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Final

import structlog

from chassis import tracing
from chassis.background import Pulse, pause, unless_stopped
from chassis.restarts import CRASHES, Restarts
from chassis.tracing import Kind
from notifier import metrics
from notifier.domain.answers import Answer, FailureKind
from notifier.domain.deliveries import Attempt, Lease
from notifier.flows import attempts
from notifier.flows.deps import Deps
from notifier.sending.sender import Sender

log = structlog.get_logger()

LOOP: Final = "dispatch"
SLOTS: Final = 512
ARRIVALS_ONE_IN: Final = 8
"""One slot in this many is left to what arrives meanwhile: it would have to be leased too."""

POLL_S: Final = 0.5
LONGEST_POLL_S: Final = 2.0
"""Until the next look, where nothing is due sooner: for what other replicas leave behind."""

LINGER_S: Final = 0.02  # Results wait this long for company.
BATCH: Final = 200
BACKOFF_FIRST_S, BACKOFF_MAX_S = 0.1, 5.0
STORE_TRIES: Final = 5
STORE_TRIES_OF_A_PART: Final = 2
"""With the database up, a batch that still cannot be stored after these is halved; the single
result that cannot be stored is given up: its lease runs out, and the delivery is tried again."""


class Dispatch:
    """The sender's loop. Nothing is leased before `is_ready`: until then no app is known."""

    def __init__(
        self, deps: Deps, sender: Sender, *, is_ready: Callable[[], bool], slots: int = SLOTS
    ) -> None:
        self.pulse = Pulse()
        self._deps = deps
        self._sender = sender
        self._is_ready = is_ready
        self._slots = slots
        self._left_to_arrivals = slots // ARRIVALS_ONE_IN
        self._results: asyncio.Queue[Attempt | None] = asyncio.Queue()
        self._leasing = Restarts(LOOP, is_up=deps.db.is_up)

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`, then finish what is in flight; for `Background.start`."""
        self._results = asyncio.Queue()  # it may have crashed before
        async with asyncio.TaskGroup() as finishing:
            finishing.create_task(self._finish_until_none())
            async with asyncio.TaskGroup() as sending:
                try:
                    await self._lease_until_stopped(stop, sending)
                finally:
                    self._deps.slots.close()
            self._results.put_nowait(None)

    async def _lease_until_stopped(self, stop: asyncio.Event, sending: asyncio.TaskGroup) -> None:
        while not self._is_ready() and not await pause(stop, POLL_S):
            self.pulse.beat()
        self._deps.slots.open(self._slots, lambda lease: sending.create_task(self._try(lease)))
        metrics.IN_FLIGHT.set_function(lambda: self._deps.slots.in_flight)
        while not stop.is_set():
            self.pulse.beat()
            self._deps.wake_up.clear()
            if (wait_s := await self._lease(stop)) > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await unless_stopped(stop, self._deps.wake_up.wait())

    async def _lease(self, stop: asyncio.Event) -> float:
        """Lease for the free slots and start sending; when to look again."""
        try:
            wait_s = await attempts.next_due_s(self._deps)
            has_more = wait_s <= 0 and await self._lease_due()
        except Exception as error:  # noqa: BLE001  # What is being sent goes on.
            await pause(stop, await self._leasing.after(error))
            return POLL_S
        self._leasing.worked()
        if wait_s > 0:
            return min(max(wait_s, LINGER_S), LONGEST_POLL_S)
        return 0.0 if has_more else POLL_S

    async def _lease_due(self) -> bool:
        slots, leased = self._deps.slots, attempts.NOTHING
        taken = slots.take(max(0, slots.free - self._left_to_arrivals))
        try:
            leased = await attempts.lease(self._deps, taken)
        finally:
            slots.fill(taken, leased.leases)
        return leased.has_more

    async def _try(self, lease: Lease) -> None:
        destination = self._deps.apps.find_destination(lease.app_id, lease.notify_url)
        if destination is None:
            self._results.put_nowait(Attempt(lease))
            return
        try:
            with self._traced(lease):
                answer = await self._sender.send(lease, destination)
        except Exception:  # A failed try of this callback, and no harm to its neighbours.
            log.exception("dispatch.cannot_send", event_id=lease.event_id)
            answer = Answer(datetime.now(UTC), failure=FailureKind.INTERNAL)
        metrics.ATTEMPT_S.observe(answer.latency_ms / 1000)
        if lease.is_first:
            delay = answer.started_at - lease.happened_at
            metrics.FIRST_ATTEMPT_DELAY_S.observe(delay.total_seconds())
        self._results.put_nowait(Attempt(lease, destination, answer))

    def _traced(self, lease: Lease) -> AbstractContextManager[object]:
        begun = self._deps.traces.of(lease.event_id)
        name, event_id = f"callback {lease.type}", lease.event_id
        return tracing.hop(name, begun, kind=Kind.CLIENT, event_id=event_id, tries=lease.tries)

    async def _finish_until_none(self) -> None:
        is_last = False
        while not is_last:
            batch, is_last = await self._next_batch()
            if batch:
                await self._store(batch)
                self._give_back(batch)

    async def _next_batch(self) -> tuple[list[Attempt], bool]:
        """What has come in a short while; True with the last."""
        batch: list[Attempt] = []
        first = await self._results.get()
        if first is None:
            return batch, True
        batch.append(first)
        if self._results.qsize() < BATCH:
            await asyncio.sleep(LINGER_S)
        while len(batch) < BATCH and not self._results.empty():
            attempt = self._results.get_nowait()
            if attempt is None:
                return batch, True
            batch.append(attempt)
        return batch, False

    async def _store(self, batch: Sequence[Attempt], most: int = STORE_TRIES) -> None:
        backoff_s, failures = BACKOFF_FIRST_S, 0
        while failures < most:
            try:
                await attempts.finish(self._deps, batch)
                return
            except Exception:  # Stored again below; given up, its lease runs out and brings it.
                log.exception("dispatch.cannot_finish", results=len(batch))
            failures += await self._deps.db.is_up()
            await asyncio.sleep(backoff_s)
            backoff_s = min(backoff_s * 2, BACKOFF_MAX_S)
        if len(batch) == 1:
            log.error("dispatch.result_given_up", event_id=batch[0].lease.event_id)
            CRASHES.labels(LOOP).inc()
            return
        middle = len(batch) // 2
        await self._store(batch[:middle], STORE_TRIES_OF_A_PART)
        await self._store(batch[middle:], STORE_TRIES_OF_A_PART)

    def _give_back(self, batch: Sequence[Attempt]) -> None:
        slots = self._deps.slots
        was_full = slots.free <= self._left_to_arrivals
        if slots.give_back([attempt.lease for attempt in batch]) or was_full:
            self._deps.wake_up.set()  # endpoints may wait for nothing but a slot
