"""What people must hear of callbacks; alerts with the same key are one trouble."""

from contracts.events.alerts import Alert, Severity
from notifier.domain.deliveries import Claim, Outcome
from notifier.domain.lanes import Cause, Health, origin_of


def exhausted(outcome: Outcome) -> Alert:
    """An app was not reached in a week."""
    claim, answer = outcome.tried.claim, outcome.tried.answer
    return Alert(
        key=f"delivery.exhausted:{claim.app_id}",
        severity=Severity.CRITICAL,
        title="An app could not be told",
        detail=f"{claim.type} was tried {claim.tries + 1} times. It is kept and can be replayed.",
        facts={
            "app_id": claim.app_id,
            "event_id": claim.event_id,
            "last_status": answer.status if answer else None,
            "trouble": outcome.judgement.trouble,
        },
    )


def suspended(outcome: Outcome, health: Health) -> Alert:
    """Nothing is sent to an address any more until it is resumed."""
    claim = outcome.tried.claim
    why = "It answered 410 Gone." if health.suspended_for is Cause.GONE else "It failed for 5 days."
    return Alert(
        key=f"endpoint.suspended:{_address(claim)}",
        severity=Severity.CRITICAL,
        title="A callback address was suspended",
        detail=f"{why} Its callbacks are kept until it is resumed.",
        facts=_whereabouts(outcome),
    )


def held(outcome: Outcome) -> Alert:
    """The circuit of an address opened: it is left alone and probed."""
    return Alert(
        key=f"endpoint.held:{_address(outcome.tried.claim)}",
        severity=Severity.WARNING,
        title="A callback address does not answer",
        detail="Its circuit is open. Callbacks wait, and are sent when a probe succeeds.",
        facts=_whereabouts(outcome),
    )


def parked(topic: str, error: str) -> Alert:
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


def _address(claim: Claim) -> str:
    return f"{claim.app_id}:{origin_of(claim.notify_url)}"


def _whereabouts(outcome: Outcome) -> dict[str, str | int | None]:
    claim, answer = outcome.tried.claim, outcome.tried.answer
    destination = outcome.tried.destination
    return {
        "app_id": claim.app_id,
        "endpoint_id": f"L{claim.lane_id}",
        "url": destination.url if destination else None,
        "last_status": answer.status if answer else None,
        "trouble": outcome.judgement.trouble,
    }
