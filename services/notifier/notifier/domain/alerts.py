"""What people must hear of callbacks; those with the same key are one incident."""

from contracts.events.alerts import Alert, Severity
from notifier.domain.deliveries import FinishedAttempt, Lease
from notifier.domain.endpoints import Cause, Health, origin_of, without_query


def exhausted(finished: FinishedAttempt) -> Alert:
    """An app was not reached in a week."""
    lease, answer = finished.attempt.lease, finished.attempt.answer
    return Alert(
        key=f"delivery.exhausted:{lease.app_id}",
        severity=Severity.CRITICAL,
        title="An app could not be told",
        detail=f"{lease.type} was tried {lease.tries + 1} times. It is kept and can be replayed.",
        facts={
            "app_id": lease.app_id,
            "event_id": lease.event_id,
            "last_status": answer.status if answer else None,
            "failure": finished.classification.failure,
        },
    )


def suspended(finished: FinishedAttempt, health: Health) -> Alert:
    """Nothing is sent to an address any more until it is resumed."""
    lease = finished.attempt.lease
    why = "It answered 410 Gone." if health.suspended_for is Cause.GONE else "It failed for 5 days."
    return Alert(
        key=f"endpoint.suspended:{_address(lease)}",
        severity=Severity.CRITICAL,
        title="A callback address was suspended",
        detail=f"{why} Its callbacks are kept until it is resumed.",
        facts=_whereabouts(finished),
    )


def held(finished: FinishedAttempt) -> Alert:
    """The circuit of an address opened: it is left alone and probed."""
    return Alert(
        key=f"endpoint.held:{_address(finished.attempt.lease)}",
        severity=Severity.WARNING,
        title="A callback address does not answer",
        detail="Its circuit is open. Callbacks wait, and are sent when a probe succeeds.",
        facts=_whereabouts(finished),
    )


def dead_lettered(topic: str, error: str) -> Alert:
    """A record could not be read or applied; it is kept in `dead_event`."""
    return Alert(
        key=f"event.parked:{topic}",
        severity=Severity.CRITICAL,
        title="The notifier could not use a record",
        detail=error,
        facts={"topic": topic},
    )


def route_failed(merchant_id: str, error: str) -> Alert:
    """A merchant's own people cannot be told; no merchant is named, so it goes to the centre."""
    return Alert(
        key=f"alert.route_failed:{merchant_id}",
        severity=Severity.WARNING,
        title="A merchant's alert route does not work",
        detail=error,
        facts={"merchant_id": merchant_id},
    )


def service_away(service: str, silence_s: float) -> Alert:
    """None of its replicas is ready."""
    return Alert(
        key=f"service.away:{service}",
        severity=Severity.CRITICAL,
        title="A service does not answer",
        detail=f"No replica of {service} has been ready for {silence_s:.0f} s.",
        facts={"service": service},
    )


def _address(lease: Lease) -> str:
    return f"{lease.app_id}:{origin_of(lease.notify_url)}"


def _whereabouts(finished: FinishedAttempt) -> dict[str, str | int | None]:
    lease, answer = finished.attempt.lease, finished.attempt.answer
    destination = finished.attempt.destination
    return {
        "app_id": lease.app_id,
        "endpoint_id": f"L{lease.endpoint_id}",
        "url": without_query(destination.url if destination else None),
        "last_status": answer.status if answer else None,
        "failure": finished.classification.failure,
    }
