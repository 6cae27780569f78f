"""A delivery on its way: new, leased, attempted, settled."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from contracts.identifiers import is_id, made_at
from notifier.domain.answers import Answer, AttemptResult, Classification, classify
from notifier.domain.apps import Destination
from notifier.domain.schedule import Schedule, retry_after_s

UNDATED: Final = date(1970, 1, 1)
"""The day of events whose id does not tell it."""


def day_of(event_id: str) -> date:
    """The day of an event (UTC), by which its deliveries are kept.

    It is taken from the id, so an event that comes again, however late, is found where it was.
    """
    if not is_id("event", event_id):
        return UNDATED
    try:
        return made_at(event_id).date()
    except OverflowError:
        return UNDATED


class State(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"
    """All tries failed. Kept, listed, and sent again when asked for."""


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """An event of which an app is to be told. `notify_url` None: at the app's own address.

    `order_key`: among those with the same, order counts where the app asks for it. `traceparent`:
    the trace that it ends; not stored.
    """

    event_id: str
    app_id: str
    type: str
    notify_url: str | None
    body: bytes
    happened_at: datetime
    order_key: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """A delivery that is ours to try until `lease_until`; both times are the database's. `tries`
    were made before. `is_first`: it was never tried, nor asked for again."""

    delivery_id: int
    day: date
    endpoint_id: int
    leased_at: datetime
    lease_until: datetime
    tries: int
    is_first: bool
    event_id: str
    app_id: str
    type: str
    notify_url: str | None
    body: bytes
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """A lease and what came of it; both None where nothing could be sent."""

    lease: Lease
    destination: Destination | None = None
    answer: Answer | None = None

    def classification(self) -> Classification:
        if self.destination is None or self.answer is None:
            return Classification(AttemptResult.UNSENDABLE, None)
        return classify(self.answer, self.destination.ack)


@dataclass(frozen=True, slots=True)
class FinishedAttempt:
    """What becomes of the delivery. `due_at` None: settled, or (unsendable) due as it was."""

    attempt: Attempt
    classification: Classification
    state: State
    due_at: datetime | None


def decide(attempt: Attempt, schedule: Schedule, now: datetime) -> FinishedAttempt:
    """Delivered, to be tried again, or exhausted."""
    classification = attempt.classification()
    if classification.result is AttemptResult.ACCEPTED:
        return FinishedAttempt(attempt, classification, State.DELIVERED, None)
    if attempt.answer is None:
        return FinishedAttempt(attempt, classification, State.PENDING, None)
    asked_s = retry_after_s(attempt.answer.retry_after, now)
    delay_s = schedule.next_delay_s(attempt.lease.tries + 1, asked_s)
    if delay_s is None:
        return FinishedAttempt(attempt, classification, State.EXHAUSTED, None)
    return FinishedAttempt(attempt, classification, State.PENDING, now + timedelta(seconds=delay_s))
