"""What people must hear of: told by anybody at once, carried to the notifier in the background."""

import asyncio
from typing import Final

import structlog

from chassis.background import Pulse, pause
from chassis.producer import Producer
from contracts.events.alerts import Alert
from contracts.events.results import SOURCE
from foundation.alerting import by_kafka
from foundation.service_client import Service
from gateway.admission.failed_signatures import SignatureFailures

log = structlog.get_logger()

MAX_WAITING: Final = 1_000
"""More than that tell nobody anything new; the log has them all."""

WAKE_S: Final = 1.0
RETRY_S: Final = 5.0


class Alerts:
    """`tell` never blocks and never fails; where Kafka is away, the notifier hears by HTTP.
    `signatures` counts those that fail."""

    def __init__(self, producer: Producer, notifier: Service) -> None:
        self.signatures = SignatureFailures(self.tell)
        self._carry = by_kafka(producer.send_many, SOURCE, notifier)
        self._waiting: asyncio.Queue[Alert] = asyncio.Queue(MAX_WAITING)
        self.pulse = Pulse()

    def tell(self, alert: Alert) -> None:
        log.warning("alert.told", key=alert.key, title=alert.title, detail=alert.detail)
        if not self._waiting.full():
            self._waiting.put_nowait(alert)

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`."""
        while not stop.is_set():
            self.pulse.beat()
            try:
                async with asyncio.timeout(WAKE_S):
                    alert = await self._waiting.get()
            except TimeoutError:
                continue
            while not await self._carry(alert) and not await pause(stop, RETRY_S):
                self.pulse.beat()
