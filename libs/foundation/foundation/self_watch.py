"""A service watches itself: people hear when what it tells, or is told, piles up or is forged."""

from collections.abc import Mapping
from typing import Any

from chassis.background import Alarm, Watch
from chassis.consumer import Consumer
from chassis.outbox import Relay
from contracts.events import alerts
from foundation.alerting import Tell
from foundation.configuration_replica import ConfigurationReplica


def self_watch(
    service: str,
    tell: Tell,
    *,
    consumers: Mapping[str, Consumer[Any]],
    relay: Relay | None = None,
    configuration: ConfigurationReplica | None = None,
) -> Watch:
    """The alarms of one process; `consumers` by their groups. For `Background.start`."""
    alarms = [_behind(group, consumer, tell) for group, consumer in consumers.items()]
    alarms += [_blocked(group, consumer, tell) for group, consumer in consumers.items()]
    if relay is not None:
        alarms += _stuck(service, relay, tell)
    if configuration is not None:
        alarms.append(_forged(service, configuration, tell))
    return Watch(alarms)


def _behind(group: str, consumer: Consumer[Any], tell: Tell) -> Alarm:
    return Alarm(
        lambda: consumer.lag, alerts.LAG_LIMIT, lambda lag: tell(alerts.consumer_behind(group, lag))
    )


def _blocked(group: str, consumer: Consumer[Any], tell: Tell) -> Alarm:
    return Alarm(
        lambda: consumer.blocked, 0, lambda count: tell(alerts.consumer_blocked(group, count))
    )


def _stuck(service: str, relay: Relay, tell: Tell) -> list[Alarm]:
    return [
        Alarm(
            lambda: relay.oldest_s,
            alerts.OUTBOX_LIMIT_S,
            lambda age_s: tell(alerts.outbox_stuck(service, age_s)),
        ),
        Alarm(lambda: relay.dead, 0, lambda count: tell(alerts.outbox_dead(service, count))),
    ]


def _forged(service: str, configuration: ConfigurationReplica, tell: Tell) -> Alarm:
    return Alarm(
        lambda: configuration.refused,
        0,
        lambda count: tell(alerts.configuration_unproven(service, count)),
    )
