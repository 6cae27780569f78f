"""One timeline of an order: what all services know of it, in the order in which it happened."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from contracts.events.channel_calls import ChannelCall
from contracts.events.results import Source, Verdict
from contracts.internal import CallOnFile, DecisionOnFile, LedgerEntry
from merchant_admin.domain.audit import AuditEntry
from merchant_admin.domain.projection import PastEvent, trace_id_of
from merchant_admin.domain.search import Tried

DECIDED: Final = frozenset({"payment.decided", "refund.decided"})
"""Told by trade-core's own record of the decision, with the request id of the audit."""


class Kind(StrEnum):
    """In the order in which they are shown where they happened at the same moment."""

    ACTION = "action"
    CALL = "call"
    DECISION = "decision"
    EVENT = "event"
    ENTRY = "entry"
    ATTEMPT = "attempt"


TONES: Final = {
    Verdict.SUCCEEDED: "succeeded",
    Verdict.PENDING: "pending",
    Verdict.DECLINED: "failed",
    Verdict.NOT_SENT: "failed",
    Verdict.UNKNOWN: "unknown",
}


@dataclass(frozen=True, slots=True)
class Line:
    """`what` and `outcome` are keys of texts, `tone` the class of the outcome's badge. `code` and
    `words` are a channel's or an app's own, `who` a person, `note` what they gave as reason."""

    at: datetime
    kind: Kind
    what: str
    subject: str
    outcome: str | None = None
    tone: str = ""
    amount: int | None = None
    currency: str = ""
    code: str | None = None
    words: str | None = None
    status: int | None = None
    latency_ms: int | None = None
    who: str | None = None
    note: str | None = None
    event_id: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class CallbackAttempt:
    """`type`: of the event that the app was to be told of."""

    event_id: str
    type: str
    tried: Tried


def lines(
    *,
    events: Iterable[PastEvent],
    calls: Iterable[CallOnFile],
    attempts: Iterable[CallbackAttempt],
    entries: Iterable[LedgerEntry],
    decisions: Iterable[DecisionOnFile],
    audit: Iterable[AuditEntry],
) -> list[Line]:
    """The oldest first."""
    written = list(audit)
    all_lines = [
        *_of_events(events),
        *(_of_call(one.at, one.subject, one.call, one.traceparent) for one in calls),
        *map(_of_attempt, attempts),
        *map(_of_entry, entries),
        *(_of_decision(one, written) for one in decisions),
        *(_of_audit(one) for one in written if one.action not in DECIDED),
    ]
    places = list(Kind)
    return sorted(all_lines, key=lambda line: (line.at, places.index(line.kind)))


def _of_events(events: Iterable[PastEvent]) -> Iterator[Line]:
    """What an event tells, behind the channel's word that made it true: one word may make several
    things true, and is shown once."""
    shown: tuple[Any, ...] | None = None
    for event in events:
        facts = event.facts
        if facts.get("call"):
            call = ChannelCall.model_validate(facts["call"])
            seen = (call, event.trace_id)
            if seen != shown:
                yield _of_call(_known_at(call, event.at), event.subject, call, None, event.trace_id)
            shown = seen
        failure = facts.get("failure") or {}
        yield Line(
            at=event.at,
            kind=Kind.EVENT,
            what=f"event.{event.type}",
            subject=event.subject,
            outcome=f"state.{facts['status']}",
            tone=facts["status"],
            amount=facts["amount"],
            currency=facts["currency"],
            code=failure.get("code"),
            words=failure.get("message"),
            event_id=event.event_id,
            request_id=event.trace_id,
        )


def _known_at(call: ChannelCall, applied_at: datetime) -> datetime:
    """A notification is told where it was received: the channel's own clock may count in seconds,
    and be before what it speaks of."""
    if call.operation is Source.NOTICE or call.said_at is None:
        return applied_at
    return min(call.said_at, applied_at)


def _of_call(
    at: datetime,
    subject: str,
    call: ChannelCall,
    traceparent: str | None,
    trace_id: str | None = None,
) -> Line:
    is_notification = call.operation is Source.NOTICE
    return Line(
        at=at,
        kind=Kind.CALL,
        what="notification_received" if is_notification else f"operation.{call.operation}",
        subject=subject,
        outcome=f"outcome.{call.outcome}",
        tone=TONES[call.outcome],
        code=call.code,
        words=call.message,
        latency_ms=call.latency_ms,
        request_id=trace_id or trace_id_of(traceparent),
    )


def _of_attempt(attempt: CallbackAttempt) -> Line:
    tried = attempt.tried
    failed = tried.error is not None
    return Line(
        at=tried.at,
        kind=Kind.ATTEMPT,
        what="callback_tried",
        subject=attempt.type,
        outcome=f"trouble.{tried.error}" if failed else "delivery.delivered",
        tone="failed" if failed else "delivered",
        status=tried.status,
        latency_ms=tried.latency_ms,
        event_id=attempt.event_id,
    )


def _of_entry(entry: LedgerEntry) -> Line:
    return Line(
        at=entry.at,
        kind=Kind.ENTRY,
        what=f"entry.{entry.kind.partition(':')[0]}",
        subject=entry.subject,
        amount=sum(posting.amount for posting in entry.postings if posting.amount > 0),
        currency=entry.currency,
    )


def _of_decision(decision: DecisionOnFile, audit: Iterable[AuditEntry]) -> Line:
    request_id = next(
        (
            entry.actor.request_id
            for entry in audit
            if entry.action in DECIDED and entry.entity_id == decision.subject
        ),
        None,
    )
    return Line(
        at=decision.decided_at,
        kind=Kind.DECISION,
        what="decision_made",
        subject=decision.subject,
        outcome=f"decision.{decision.decision}",
        tone="settled",
        who=decision.decided_by,
        note=decision.reason,
        request_id=request_id,
    )


def _of_audit(entry: AuditEntry) -> Line:
    after = entry.after or {}
    return Line(
        at=entry.at,
        kind=Kind.ACTION,
        what=f"audit.{entry.action}",
        subject=entry.entity_id,
        amount=after.get("amount"),
        currency=after.get("currency", "CNY"),
        code=after.get("code"),
        note=after.get("reason"),
        who=entry.actor.username,
        request_id=entry.actor.request_id,
    )
