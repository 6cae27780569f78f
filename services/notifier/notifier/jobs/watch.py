"""The self-watch: our own alerts go without Kafka, which may be what is wrong."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from chassis.background import Watch
from chassis.consumer import Consumer
from chassis.fitness import Fitness
from chassis.outbox import Days, Relay
from contracts.events import alerts
from contracts.events.alerts import Alert
from contracts.events.deliveries import SOURCE
from foundation.configuration_replica import ConfigurationReplica
from foundation.self_watch import self_watch
from notifier.flows.alerts import receive
from notifier.flows.deps import Deps

SERVICE: Final = "notifier"


def watch(
    deps: Deps,
    relay: Relay,
    configuration: ConfigurationReplica,
    consumers: Mapping[str, Consumer[Any]],
    *,
    fitness: Fitness | None = None,
    days: Days | None = None,
) -> Watch:
    """`consumers` by their groups."""

    async def tell(alert: Alert) -> bool:
        await receive(deps, [alerts.record(alert, source=SOURCE, at=datetime.now(UTC))])
        return True

    return self_watch(
        SERVICE,
        tell,
        consumers=consumers,
        relay=relay,
        days=days,
        configuration=configuration,
        fitness=fitness,
    )
