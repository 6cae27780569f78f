"""The self-watch: our own alerts go without Kafka, which may be what is wrong."""

from datetime import UTC, datetime
from typing import Any

from chassis.background import Alarm, Watch
from chassis.consumer import Consumer
from chassis.outbox import Relay
from contracts.events import alerts
from contracts.events.alerts import Alert
from contracts.events.deliveries import SOURCE
from notifier.flows.alerts import receive
from notifier.flows.deps import Deps


def watch(deps: Deps, relay: Relay, consumers: dict[str, Consumer[Any]]) -> Watch:
    """When what we tell, or what we are told, piles up; `consumers` by their groups."""

    async def tell(alert: Alert) -> bool:
        await receive(deps, [alerts.record(alert, source=SOURCE, at=datetime.now(UTC))])
        return True

    def behind(group: str, consumer: Consumer[Any]) -> Alarm:
        return Alarm(
            lambda: consumer.lag,
            alerts.LAG_LIMIT,
            lambda lag: tell(alerts.consumer_behind(group, lag)),
        )

    oldest = Alarm(
        lambda: relay.oldest_s,
        alerts.OUTBOX_LIMIT_S,
        lambda age_s: tell(alerts.outbox_stuck("notifier", age_s)),
    )
    dead = Alarm(lambda: relay.dead, 0, lambda count: tell(alerts.outbox_dead("notifier", count)))
    return Watch([oldest, dead, *(behind(*each) for each in consumers.items())])
