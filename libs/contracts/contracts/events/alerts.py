"""`paymesh.alerts.v1`: what people must hear of; the notifier carries it to them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, JsonValue

from contracts.events.envelope import CloudEvent, Data
from contracts.identifiers import new_id

ALERT: Final = "alert"


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


def _clean(value: object) -> object:
    """Texts as a database and a UTF-8 writer take them: what they refuse is shown as U+FFFD."""
    match value:
        case str():
            return (
                value.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
            )
        case dict():
            return {_clean(name): _clean(inner) for name, inner in value.items()}
        case list():
            return [_clean(inner) for inner in value]
        case _:
            return value


_Text = Annotated[str, BeforeValidator(_clean)]


class Alert(Data):
    """Alerts with the same `key` are one alert, told once with a count. No secrets in `facts`.

    Texts may hold strangers' words: they are cleaned here, so that an alert always gets through.
    """

    key: _Text
    severity: Severity
    title: _Text
    detail: _Text
    merchant_id: _Text | None = None
    facts: Annotated[dict[str, JsonValue], BeforeValidator(_clean)] = Field(default_factory=dict)


AlertRecord = CloudEvent[Alert]


def record(
    alert: Alert, *, source: str, at: datetime, traceparent: str | None = None
) -> AlertRecord:
    """The alert as it is published, under its key."""
    return AlertRecord(
        id=new_id("event"),
        source=source,
        type=ALERT,
        subject=alert.key,
        time=at,
        traceparent=traceparent,
        data=alert,
    )


# ── what may befall any service ───────────────────────────────────────────────────────────────

OUTBOX_LIMIT_S: Final = 10.0
SILENCE_LIMIT_S: Final = 10.0
DAYS_LIMIT_S: Final = 6 * 3600.0
UNKEPT_LIMIT_S: Final = 300.0
LAG_LIMIT: Final = 10_000
"""About ten seconds of events at full load."""


def outbox_stuck(service: str, oldest_s: float) -> Alert:
    """What a service has to tell does not get out."""
    return Alert(
        key=f"outbox.stuck:{service}",
        severity=Severity.CRITICAL,
        title="Events do not reach Kafka",
        detail=f"The oldest event of {service} has waited for {oldest_s:.0f} s.",
        facts={"service": service},
    )


def outbox_dead(service: str, count: float) -> Alert:
    """Kafka will never take some events."""
    return Alert(
        key=f"outbox.dead:{service}",
        severity=Severity.CRITICAL,
        title="Events that Kafka refuses for good",
        detail=f"{count:.0f} events of {service} are kept in event_dead.",
        facts={"service": service, "count": int(count)},
    )


def event_days_behind(service: str, behind_s: float) -> Alert:
    """Nothing is lost: events go on where they are, and old ones stay."""
    return Alert(
        key=f"event_days.behind:{service}",
        severity=Severity.WARNING,
        title="Days of the event log are neither opened nor dropped",
        detail=f"{service} has not managed to for {behind_s / 3600:.0f} hours.",
        facts={"service": service},
    )


def consumer_blocked(group: str, count: float) -> Alert:
    """Nothing of what a service reads can be applied any more: the fault is probably its own."""
    return Alert(
        key=f"consumer.blocked:{group}",
        severity=Severity.CRITICAL,
        title="A service cannot apply its events",
        detail=f"{group} holds {count:.0f} records that it can neither apply nor set aside.",
        facts={"group": group, "records": count},
    )


def consumer_behind(group: str, lag: float) -> Alert:
    """A service does not keep up with what it reads."""
    return Alert(
        key=f"consumer.behind:{group}",
        severity=Severity.WARNING,
        title="A service does not keep up with its events",
        detail=f"{group} has {lag:.0f} records before it.",
        facts={"group": group, "lag": lag},
    )


def configuration_unproven(service: str, count: float) -> Alert:
    """Somebody who is not merchant-admin writes configuration; nothing of it was applied."""
    return Alert(
        key=f"configuration.unproven:{service}",
        severity=Severity.CRITICAL,
        title="Configuration that merchant-admin did not sign",
        detail=f"{service} has refused {count:.0f} records of it. Who can write to the broker?",
        facts={"service": service, "count": int(count)},
    )


def configuration_unkept(service: str, unkept_s: float) -> Alert:
    """Nothing depends on it now: it is what a start without Kafka works with."""
    return Alert(
        key=f"configuration.unkept:{service}",
        severity=Severity.WARNING,
        title="The configuration is not kept on disk",
        detail=f"{service} has not managed to for {unkept_s / 60:.0f} minutes: it is too large, or"
        " the disk is full or away. A start without Kafka would not become ready.",
        facts={"service": service},
    )


def record_unproven(service: str, topic: str, why: str) -> Alert:
    """Somebody who may not write a topic does; nothing of it was applied."""
    return Alert(
        key=f"record.unproven:{topic}",
        severity=Severity.CRITICAL,
        title="A record that does not prove its writer",
        detail=f"{service} refused it: {why}. Who can write to the broker?",
        facts={"service": service, "topic": topic},
    )


def replica_unfit(service: str, reasons: str) -> Alert:
    """A replica cannot do its work; it is not ready and does none."""
    return Alert(
        key=f"replica.unfit:{service}",
        severity=Severity.CRITICAL,
        title="A replica cannot do its work",
        detail=f"{service}: {reasons}.",
        facts={"service": service},
    )


def kafka_silent(service: str, silence_s: float) -> Alert:
    """The broker answers a service no more."""
    return Alert(
        key=f"kafka.silent:{service}",
        severity=Severity.CRITICAL,
        title="Kafka does not answer",
        detail=f"{service} has had no answer to a fetch for {silence_s:.0f} s.",
        facts={"service": service},
    )


def unhandled_errors(service: str, count: float, latest: str) -> Alert:
    """Exceptions that nobody expected: the fault is in the code."""
    return Alert(
        key=f"service.errors:{service}",
        severity=Severity.CRITICAL,
        title="Unexpected errors in a service",
        detail=f"{count:.0f} within a minute in {service}, the latest: {latest}.",
        facts={"service": service, "count": int(count)},
    )


def loop_crashed(service: str, count: float, loops: str) -> Alert:
    """What runs beside the requests fails and is started again."""
    return Alert(
        key=f"loop.crashed:{service}",
        severity=Severity.CRITICAL,
        title="Background work keeps crashing",
        detail=f"{count:.0f} crashes within a minute in {service}: {loops}.",
        facts={"service": service, "count": int(count)},
    )


def batches_fail(service: str, count: float) -> Alert:
    """What a service reads cannot be applied, again and again."""
    return Alert(
        key=f"consumer.failing:{service}",
        severity=Severity.CRITICAL,
        title="Events cannot be applied at the moment",
        detail=f"{count:.0f} batches failed within a minute in {service}; they are tried again.",
        facts={"service": service, "count": int(count)},
    )


def answers_fail(service: str, count: float) -> Alert:
    """Many answers are 5xx."""
    return Alert(
        key=f"http.failing:{service}",
        severity=Severity.CRITICAL,
        title="Many requests fail",
        detail=f"{count:.0f} answers of {service} within a minute were 5xx.",
        facts={"service": service, "count": int(count)},
    )


def answers_slow(service: str, count: float, slow_s: float) -> Alert:
    """Many answers take long."""
    return Alert(
        key=f"http.slow:{service}",
        severity=Severity.WARNING,
        title="Many requests are slow",
        detail=f"{count:.0f} answers of {service} within a minute took longer than {slow_s:.1f} s.",
        facts={"service": service, "count": int(count)},
    )
