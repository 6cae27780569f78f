"""Each replica's copy of the configuration: the whole topic, as far as merchant-admin signed it."""

import asyncio
from collections.abc import Callable

import structlog
from prometheus_client import Counter

from chassis.broadcast import Broadcast
from chassis.broker import Broker
from chassis.consumer import FETCH_WAIT_MS, Record
from contracts.topics import MERCHANT_CONFIG
from foundation.record_proof import RecordProof, Unproven

log = structlog.get_logger()

REFUSED = Counter("configuration_refused", "Records that do not prove their writer")


class ConfigurationReplica:
    """Gives all records that prove their writer to `apply`, in order per entity, from the first on.

    `apply` must not block; what it raises is logged and the record skipped. The same record may
    come again. `caught_up`: all that was there at the start was read. `refused`: how many records
    were not signed by merchant-admin; they change nothing, and the self-watch tells people.
    """

    def __init__(
        self,
        *,
        bootstrap: Broker | str,
        proof: RecordProof,
        apply: Callable[[Record], None],
        fetch_wait_ms: int = FETCH_WAIT_MS,
    ) -> None:
        self.refused = 0
        self._accepted = 0
        self._proof = proof
        self._apply = apply
        self._broadcast = Broadcast(
            bootstrap=bootstrap,
            topic=MERCHANT_CONFIG,
            handle=self.handle,
            fetch_wait_ms=fetch_wait_ms,
        )
        self.pulse = self._broadcast.pulse
        self.caught_up = self._broadcast.caught_up

    def ready(self) -> bool | str:
        """For readiness. Who believes nothing of what is there has the wrong keys."""
        if not self.caught_up.is_set():
            return "the configuration has not been read to its end yet"
        if self.refused and not self._accepted:
            return (
                f"none of its {self.refused} records is signed by a key of"
                " PAYMESH_CONFIGURATION_PUBLIC_KEYS"
            )
        return True

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`."""
        await self._broadcast.run(stop)

    def handle(self, record: Record) -> None:
        """Take one record over, if it is merchant-admin's; also a deletion must be."""
        try:
            self._proof.check(record)
        except Unproven as error:
            self.refused += 1
            REFUSED.inc()
            log.warning(
                "configuration.refused", key=record.key, offset=record.offset, reason=str(error)
            )
            return
        self._accepted += 1
        self._apply(record)
