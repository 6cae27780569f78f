"""Alerts that wait in an outbox because Kafka is away: handed to the notifier by HTTP meanwhile.

They stay in the outbox and go by Kafka, too, when it is back; the notifier knows their ids.
"""

import asyncio
from typing import Final

from chassis import outbox
from chassis.background import Pulse, pause
from chassis.database import Database
from chassis.outbox import Relay
from contracts.events.alerts import AlertRecord
from contracts.internal import MAX_ALERTS
from contracts.topics import ALERTS
from foundation.alerting import hand_over
from foundation.service_client import Service

CHECK_EVERY_S: Final = 2.0
WAITED_S: Final = 3.0
"""Kafka is the road: an event is usually there within a second."""


class OutboxAlerts:
    """Every replica may run one. What was handed over once is not handed over again by it."""

    def __init__(self, db: Database, relay: Relay, notifier: Service) -> None:
        self.pulse = Pulse()
        self._db = db
        self._relay = relay
        self._notifier = notifier
        self._last = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`."""
        while not await pause(stop, CHECK_EVERY_S):
            self.pulse.beat()
            if self._relay.oldest_s >= WAITED_S:
                await self.check()

    async def check(self) -> None:
        """Hand over what waits, in its order."""
        async with self._db.connection() as connection:
            waiting = await outbox.list_pending(connection, ALERTS, self._last, MAX_ALERTS)
        if not waiting:
            return
        records = [AlertRecord.model_validate_json(payload) for _, payload in waiting]
        if await hand_over(self._notifier, records):
            self._last = waiting[-1][0]
