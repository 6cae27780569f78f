"""Claim → send → finish, without a pause while there is work.

Claims and results go to the database in batches. A slot is taken by a claim and given back when
its result is stored, so nothing piles up in memory.
"""

import asyncio
import contextlib
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
POLL_S: Final = 0.5  # For what becomes due by time, and what other replicas left behind.
LINGER_S: Final = 0.02  # Results wait this long for company.
BATCH: Final = 200
CLAIM_BACKOFF_S: Final = 1.0
BACKOFF_FIRST_S, BACKOFF_MAX_S = 0.1, 5.0
STORE_TRIES: Final = 5
"""With the database up, a batch that still cannot be stored after these is given up: its claims
run out, and the deliveries are tried again."""


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
        self._in_flight = 0
        self._results: asyncio.Queue[Tried | None] = asyncio.Queue()

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`, then finish what is in flight; for `Background.start`."""
        self._in_flight, self._results = 0, asyncio.Queue()  # it may have crashed before
        async with asyncio.TaskGroup() as finishing:
            finishing.create_task(self._finish_until_none())
            async with asyncio.TaskGroup() as sending:
                await self._claim_until(stop, sending)
            self._results.put_nowait(None)

    async def _claim_until(self, stop: asyncio.Event, sending: asyncio.TaskGroup) -> None:
        while not stop.is_set():
            self.pulse.beat()
            self._deps.due.clear()
            if self._ready.is_set() and await self._claim(stop, sending):
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._deps.due.wait()

    async def _claim(self, stop: asyncio.Event, sending: asyncio.TaskGroup) -> bool:
        """Claim for the free slots and start sending; whether to look again at once."""
        try:
            claimed = await tries.claim(self._deps, self._slots - self._in_flight)
        except Exception:
            log.exception("dispatch.cannot_claim")
            await pause(stop, CLAIM_BACKOFF_S)
            return False
        self._count(len(claimed.claims))
        for claim in claimed.claims:
            sending.create_task(self._try(claim))
        return claimed.has_more

    async def _try(self, claim: Claim) -> None:
        destination = self._deps.apps.find_destination(claim.app_id, claim.notify_url)
        if destination is None:
            self._results.put_nowait(Tried(claim))
            return
        started_at = datetime.now(UTC)
        if claim.tries == 0:
            metrics.FIRST_TRY_DELAY_S.observe((started_at - claim.happened_at).total_seconds())
        try:
            answer = await self._sender.send(claim, destination)
        except Exception:
            log.exception("dispatch.cannot_send", event_id=claim.event_id)
            answer = Answer(started_at, trouble=Trouble.INTERNAL)
        metrics.TRY_S.observe(answer.latency_ms / 1000)
        self._results.put_nowait(Tried(claim, destination, answer))

    async def _finish_until_none(self) -> None:
        is_last = False
        while not is_last:
            batch, is_last = await self._next_batch()
            if batch:
                await self._store(batch)
                self._count(-len(batch))

    async def _next_batch(self) -> tuple[list[Tried], bool]:
        """What has come in a short while; True with the last."""
        batch: list[Tried] = []
        first = await self._results.get()
        if first is None:
            return batch, True
        batch.append(first)
        await asyncio.sleep(LINGER_S)
        while len(batch) < BATCH and not self._results.empty():
            tried = self._results.get_nowait()
            if tried is None:
                return batch, True
            batch.append(tried)
        return batch, False

    async def _store(self, batch: list[Tried]) -> None:
        backoff_s, failures = BACKOFF_FIRST_S, 0
        while True:
            try:
                await tries.finish(self._deps, batch)
                return
            except Exception:
                log.exception("dispatch.cannot_finish", results=len(batch))
            failures += await self._deps.db.is_up()
            if failures >= STORE_TRIES:
                log.error("dispatch.results_given_up", results=len(batch))
                return
            await asyncio.sleep(backoff_s)
            backoff_s = min(backoff_s * 2, BACKOFF_MAX_S)

    def _count(self, change: int) -> None:
        self._in_flight += change
        metrics.IN_FLIGHT.set(self._in_flight)
