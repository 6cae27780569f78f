"""What happens because its time has come: overlaps of callback secrets and sessions end."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from chassis.background import Alarm, Pulse, Watch, pause
from chassis.consumer import Consumer
from chassis.outbox import Relay
from chassis.producer import Message
from contracts import topics
from contracts.events import alerts
from contracts.events.alerts import Alert
from contracts.events.configuration import SOURCE
from merchant_admin.flows import apps, sessions
from merchant_admin.flows.deps import Deps

NAME: Final = "merchant-admin"
EVERY_S: Final = 60.0

Send: TypeAlias = Callable[[Sequence[Message]], Awaitable[Sequence[bool]]]
"""Publishes to Kafka; answers per message whether it was confirmed."""


async def keep_time(deps: Deps, pulse: Pulse, stop: asyncio.Event) -> None:
    """Once a minute until `stop`; for `Background.start`."""
    while True:
        await apps.end_overlaps(deps)
        await sessions.forget_expired(deps)
        pulse.beat()
        if await pause(stop, EVERY_S):
            return


def watch(relay: Relay, consumer: Consumer[Any], send: Send) -> Watch:
    """Tells people when events pile up: straight to Kafka, for the outbox may be what is stuck."""

    async def tell(alert: Alert) -> bool:
        event = alerts.record(alert, source=SOURCE, at=datetime.now(UTC))
        message = Message(topics.ALERTS, alert.key, event.to_bytes(), event.headers())
        return all(await send([message]))

    oldest = Alarm(
        lambda: relay.oldest_s,
        alerts.OUTBOX_LIMIT_S,
        lambda age_s: tell(alerts.outbox_stuck(NAME, age_s)),
    )
    dead = Alarm(lambda: relay.dead, 0, lambda count: tell(alerts.outbox_dead(NAME, count)))
    behind = Alarm(
        lambda: consumer.lag, alerts.LAG_LIMIT, lambda lag: tell(alerts.consumer_behind(NAME, lag))
    )
    return Watch([oldest, dead, behind])
