"""Each replica's copy of the configuration: the whole topic, as far as merchant-admin signed it."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Final

import structlog
from prometheus_client import Counter, Gauge

from chassis.background import Pulse, pause, unless_stopped
from chassis.broadcast import Broadcast
from chassis.broker import Broker
from chassis.consumer import FETCH_WAIT_MS, Record
from chassis.web import Remark
from contracts.events.configuration import find_merchant_of_logo
from contracts.topics import MERCHANT_CONFIG
from foundation.configuration_snapshot import Snapshot
from foundation.record_proof import RecordProof, Unproven

log = structlog.get_logger()

REFUSED = Counter("paymesh_configuration_refused", "Records that do not prove their writer")
AGE_S = Gauge(
    "paymesh_configuration_age_seconds", "Since this was known to be all of the configuration"
)
UNKEPT_S = Gauge(
    "paymesh_configuration_unkept_seconds", "Since the configuration cannot be kept on disk"
)

PATIENCE_S: Final = 10.0
"""Kafka is waited for this long at the start: what it says is never older than a snapshot."""

CHECK_EVERY_S: Final = 2.0
KEEP_EVERY_S: Final = 30.0
KEEP_AGAIN_S: Final = 3600.0
"""Where it cannot be kept it is tried ever more seldom, down to this: each try writes all."""

OLDEST_S: Final = 24 * 3600.0
"""Who may do what may have changed in a day."""

Place = tuple[int, str | None]
"""A partition, and a key in it."""


class ConfigurationReplica:
    """Gives all records that prove their writer to `apply`, in order per entity, from the first on.

    `apply` must not block; what it raises is logged and the record skipped. The same record may
    come again. `caught_up`: all that was there at the start was read.
    `snapshot`: where the configuration is kept, and read from at a start without Kafka.
    """

    def __init__(
        self,
        *,
        bootstrap: Broker | str,
        proof: RecordProof,
        apply: Callable[[Record], None],
        fetch_wait_ms: int = FETCH_WAIT_MS,
        snapshot: Snapshot | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.keeping = Pulse()
        self._accepted = 0
        self._refused = 0
        self._doubted: dict[Place, int] = {}
        self._proven_at: dict[Place, int] = {}
        self._proof = proof
        self._apply = apply
        self._snapshot = snapshot
        self._patience_s = patience_s
        self._latest: dict[str, Record] = {}
        self._read_at: float | None = None
        self._unkept_since: float | None = None
        self._is_taken_over = asyncio.Event()
        self._broadcast = Broadcast(
            bootstrap=bootstrap,
            topic=MERCHANT_CONFIG,
            handle=self.handle,
            fetch_wait_ms=fetch_wait_ms,
            watch=self._see if snapshot else None,
        )
        self.pulse = self._broadcast.pulse
        self.caught_up = asyncio.Event()
        if snapshot:
            AGE_S.set_function(lambda: self.age_s or 0.0)
            UNKEPT_S.set_function(lambda: self.unkept_s)

    @property
    def refused(self) -> int:
        """How many records merchant-admin did not sign, with nothing behind them that it did: those
        it told anew, by the key that took the place of theirs, are history. They change nothing,
        and the self-watch tells people."""
        return self._refused + (sum(self._doubted.values()) if self.caught_up.is_set() else 0)

    @property
    def age_s(self) -> float | None:
        """Since this was known to be all; None where it never was, or nobody looks."""
        return None if self._read_at is None else max(0.0, time.time() - self._read_at)

    @property
    def unkept_s(self) -> float:
        """Since it cannot be kept on disk: too large, or the disk is full or away; 0 where it
        is kept, or kept nowhere."""
        since = self._unkept_since
        return 0.0 if since is None else time.monotonic() - since

    def is_usable(self) -> bool:
        """Whether it may be worked with: all of it, or a snapshot that is young enough."""
        return self.caught_up.is_set() or (self.age_s is not None and self.age_s <= OLDEST_S)

    async def until_usable(self) -> None:
        """Wait for the first moment at which it may be worked with."""
        await unless_stopped(self._is_taken_over, self.caught_up.wait())

    def ready(self) -> bool | str:
        """For readiness. Who believes nothing of what is there has the wrong keys."""
        if not self.is_usable():
            return "the configuration has not been read to its end yet"
        if self.refused and not self._accepted:
            return (
                f"none of its {self.refused} records is signed by a key of"
                " PAYMESH_CONFIGURATION_PUBLIC_KEYS"
            )
        if not self.caught_up.is_set():
            return Remark(f"from a snapshot that is {self.age_s or 0:.0f} s old: Kafka is away")
        return True

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`."""
        judging = asyncio.create_task(self._judge_doubted())
        try:
            await self._broadcast.run(stop)
        finally:
            judging.cancel()

    async def keep(self, stop: asyncio.Event) -> None:
        """Take the snapshot over where Kafka is away, and keep it up to date; for
        `Background.start`."""
        assert self._snapshot is not None
        try:
            async with asyncio.timeout(self._patience_s):
                await unless_stopped(stop, self.caught_up.wait())
        except TimeoutError:
            await self._take_over(self._snapshot)
        saved, saved_at, every_s = 0, -KEEP_EVERY_S, KEEP_EVERY_S
        while not await pause(stop, CHECK_EVERY_S):
            self.keeping.beat()
            is_old = time.monotonic() - saved_at >= every_s
            is_kept = self._unkept_since is None
            if self._read_at is not None and (is_old or (is_kept and saved != self._accepted)):
                saved, saved_at = self._accepted, time.monotonic()
                is_kept = await self.save()
                every_s = KEEP_EVERY_S if is_kept else min(2 * every_s, KEEP_AGAIN_S)

    async def save(self) -> bool:
        """Write down what there is, as far as Kafka was there to say that it is all; whether that
        is kept."""
        if self._snapshot is None or self._read_at is None:
            return True
        latest, read_at = dict(self._latest), self._read_at
        if await asyncio.to_thread(self._snapshot.keep, latest, read_at):
            self._unkept_since = None
        elif self._unkept_since is None:
            self._unkept_since = time.monotonic()
        return self._unkept_since is None

    def handle(self, record: Record) -> None:
        """Take one record over, if it is merchant-admin's; also a deletion must be."""
        try:
            self._proof.check(record)
        except Unproven as error:
            self._doubt(record, str(error))
            return
        self._accepted += 1
        place = (record.partition, record.key)
        self._doubted.pop(place, None)
        self._proven_at[place] = record.offset
        if self._snapshot is not None:
            self._remember(record)
        self._apply(record)

    def _doubt(self, record: Record, reason: str) -> None:
        place = (record.partition, record.key)
        if record.offset < self._proven_at.get(place, -1):
            return
        log.warning("configuration.refused", key=record.key, offset=record.offset, reason=reason)
        self._doubted[place] = self._doubted.get(place, 0) + 1
        if self.caught_up.is_set() or record.offset < 0:  # Nothing is behind what is of a file.
            self._refuse_doubted()

    async def _judge_doubted(self) -> None:
        await self._broadcast.caught_up.wait()
        self._refuse_doubted()
        self.caught_up.set()

    def _refuse_doubted(self) -> None:
        self._refused += sum(self._doubted.values())
        REFUSED.inc(sum(self._doubted.values()))
        self._doubted.clear()

    def _remember(self, record: Record) -> None:
        """A genuine record that is published again, by whomever, is not the newest for that. Logos
        are not kept: without Kafka, pages go without."""
        if find_merchant_of_logo(record.key) is not None:
            return
        key = record.key or ""
        known = self._latest.get(key)
        if not record.value:
            self._latest.pop(key, None)
        elif known is None or _version(record) >= _version(known):
            self._latest[key] = record

    def _see(self, is_behind: bool) -> None:
        if not is_behind and self.caught_up.is_set():
            self._read_at = time.time()

    async def _take_over(self, snapshot: Snapshot) -> None:
        kept = await asyncio.to_thread(snapshot.find)
        if kept is None or self.caught_up.is_set():
            return
        age_s = time.time() - kept.read_at
        if not 0 <= age_s <= OLDEST_S:
            log.error("configuration.snapshot_too_old", age_s=round(age_s))
            return
        for record in kept.records:
            self.handle(record)
        self._read_at = kept.read_at
        self._is_taken_over.set()
        log.warning("configuration.from_snapshot", age_s=round(age_s), records=len(kept.records))


def _version(record: Record) -> int:
    """Of the entity in it; 0 where it is told otherwise than we know."""
    try:
        return int(json.loads(record.value)["data"]["entity"]["version"])
    except (LookupError, TypeError, ValueError):
        return 0
