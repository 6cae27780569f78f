"""A service watches itself: people hear when what it tells, or is told, piles up or is forged."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from chassis.background import Alarm, Watch
from chassis.consumer import Consumer
from chassis.fitness import Fitness
from chassis.outbox import Days, Relay
from chassis.restarts import CRASHES
from chassis.web import SLOW_S, UNHANDLED
from contracts.events import alerts
from foundation.alerting import Tell
from foundation.configuration_replica import ConfigurationReplica
from foundation.surges import Surges, kinds

CHECK_EVERY_S: Final = 2.0
FAILED_BATCHES: Final = 3
"""A lock or a time-out now and then is nobody's business."""


def self_watch(
    service: str,
    tell: Tell,
    *,
    consumers: Mapping[str, Consumer[Any]],
    relay: Relay | None = None,
    days: Days | None = None,
    configuration: ConfigurationReplica | None = None,
    fitness: Fitness | None = None,
    more: Iterable[Alarm] = (),
) -> Watch:
    """The alarms of one process; `consumers` by their groups, `more` its own. For
    `Background.start`."""
    alarms = [_behind(group, consumer, tell) for group, consumer in consumers.items()]
    alarms += [_blocked(group, consumer, tell) for group, consumer in consumers.items()]
    alarms += [_silent(service, consumer, tell) for consumer in consumers.values()]
    alarms += [*_surging(service, Surges(), tell), *more]
    if fitness is not None:
        alarms.append(_unfit(service, fitness, tell))
    if relay is not None:
        alarms += _stuck(service, relay, tell)
    if days is not None:
        alarms.append(_behind_its_days(service, days, tell))
    if configuration is not None:
        alarms += [_forged(service, configuration, tell), _unkept(service, configuration, tell)]
    return Watch(alarms, every_s=CHECK_EVERY_S)


def _behind(group: str, consumer: Consumer[Any], tell: Tell) -> Alarm:
    return Alarm(
        lambda: consumer.lag, alerts.LAG_LIMIT, lambda lag: tell(alerts.consumer_behind(group, lag))
    )


def _blocked(group: str, consumer: Consumer[Any], tell: Tell) -> Alarm:
    return Alarm(
        lambda: consumer.blocked, 0, lambda count: tell(alerts.consumer_blocked(group, count))
    )


def _silent(service: str, consumer: Consumer[Any], tell: Tell) -> Alarm:
    return Alarm(
        lambda: consumer.silence_s,
        alerts.SILENCE_LIMIT_S,
        lambda silence_s: tell(alerts.kafka_silent(service, silence_s)),
    )


def _surging(service: str, surges: Surges, tell: Tell) -> list[Alarm]:
    return [
        Alarm(
            surges.errors,
            0,
            lambda count: tell(alerts.unhandled_errors(service, count, kinds(UNHANDLED, "kind"))),
        ),
        Alarm(
            surges.crashes,
            0,
            lambda count: tell(alerts.loop_crashed(service, count, kinds(CRASHES, "loop"))),
        ),
        Alarm(
            surges.failed_batches,
            FAILED_BATCHES,
            lambda count: tell(alerts.batches_fail(service, count)),
        ),
        Alarm(surges.failed_answers, 0, lambda count: tell(alerts.answers_fail(service, count))),
        Alarm(
            surges.slow_answers, 0, lambda count: tell(alerts.answers_slow(service, count, SLOW_S))
        ),
    ]


def _unfit(service: str, fitness: Fitness, tell: Tell) -> Alarm:
    return Alarm(
        lambda: fitness.unfit, 0, lambda _: tell(alerts.replica_unfit(service, fitness.reasons()))
    )


def _stuck(service: str, relay: Relay, tell: Tell) -> list[Alarm]:
    return [
        Alarm(
            lambda: relay.oldest_s,
            alerts.OUTBOX_LIMIT_S,
            lambda age_s: tell(alerts.outbox_stuck(service, age_s)),
        ),
        Alarm(
            lambda: relay.dead,
            0,
            lambda count: tell(alerts.outbox_dead(service, count)),
            each=True,
        ),
    ]


def _behind_its_days(service: str, days: Days, tell: Tell) -> Alarm:
    return Alarm(
        days.behind_s,
        alerts.DAYS_LIMIT_S,
        lambda behind_s: tell(alerts.event_days_behind(service, behind_s)),
    )


def _forged(service: str, configuration: ConfigurationReplica, tell: Tell) -> Alarm:
    return Alarm(
        lambda: configuration.refused,
        0,
        lambda count: tell(alerts.configuration_unproven(service, count)),
        each=True,
    )


def _unkept(service: str, configuration: ConfigurationReplica, tell: Tell) -> Alarm:
    return Alarm(
        lambda: configuration.unkept_s,
        alerts.UNKEPT_LIMIT_S,
        lambda unkept_s: tell(alerts.configuration_unkept(service, unkept_s)),
    )
