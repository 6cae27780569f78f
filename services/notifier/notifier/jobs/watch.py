"""The self-watch: our own alerts go without Kafka, which may be what is wrong."""

from collections.abc import Mapping
from typing import Any, Final

from chassis.background import Watch
from chassis.consumer import Consumer
from chassis.fitness import Fitness
from chassis.outbox import Days, Relay
from foundation.configuration_replica import ConfigurationReplica
from foundation.self_watch import self_watch
from notifier.flows.own_alerts import OwnAlerts

SERVICE: Final = "notifier"


def watch(
    own: OwnAlerts,
    relay: Relay,
    configuration: ConfigurationReplica,
    consumers: Mapping[str, Consumer[Any]],
    *,
    fitness: Fitness | None = None,
    days: Days | None = None,
) -> Watch:
    """`consumers` by their groups."""
    return self_watch(
        SERVICE,
        own.tell,
        consumers=consumers,
        relay=relay,
        days=days,
        configuration=configuration,
        fitness=fitness,
    )
