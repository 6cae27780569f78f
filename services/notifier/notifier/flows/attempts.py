"""Lease what is due, record what came of it, take back what the dead had leased."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from chassis import outbox
from chassis.outbox import OutboxEvent
from contracts.events.alerts import Alert
from contracts.events.deliveries import SOURCE
from foundation import alerting
from notifier import metrics
from notifier.domain import alerts
from notifier.domain.answers import FailureKind
from notifier.domain.apps import AppBook
from notifier.domain.deliveries import Attempt, FinishedAttempt, Lease, State, decide
from notifier.domain.endpoints import Health, Room, dealt_out, without_query
from notifier.domain.slots import for_first_tries, for_one_app
from notifier.flows.deps import Deps
from notifier.store import attempts, endpoints, leases, outgoing

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Leased:
    """`has_more`: some endpoint may have more that could be leased right now."""

    leases: list[Lease]
    has_more: bool


NOTHING: Final = Leased([], has_more=False)


async def next_due_s(deps: Deps) -> float:
    """In how many seconds it is worth leasing; costs little where there is nothing to do."""
    async with deps.db.connection() as tx:
        return await leases.next_due_s(tx)


async def lease(deps: Deps, slots: int) -> Leased:
    """Lease at most `slots` due deliveries: first tries before retries, fairly among endpoints and
    apps."""
    fresh = await _lease(deps, for_first_tries(slots), fresh=True)
    retries = await _lease(deps, slots - len(fresh.leases), fresh=False, beside=fresh.leases)
    return Leased(fresh.leases + retries.leases, fresh.has_more or retries.has_more)


async def finish(deps: Deps, batch: Sequence[Attempt]) -> None:
    """Record a batch of tries in one transaction; what came of them is published with it."""
    async with deps.db.transaction() as tx:
        locked = await attempts.lock(tx, (one.lease.endpoint_id for one in batch))
        finished_attempts = [decide(one, deps.schedule, locked.now) for one in batch]
        health, raised, fatal = _health_after(deps.apps, finished_attempts, locked)
        written = await attempts.write(tx, deps.replica, finished_attempts, health)
        settled = [one for one in finished_attempts if _is_settled(one, written)]
        is_lined_up = await endpoints.line_up(tx, _turned(locked.health, health))
        for finished in fatal:
            if destination := finished.attempt.destination:
                await endpoints.note_address(
                    tx, finished.attempt.lease.endpoint_id, destination.url
                )
        raised += [alerts.exhausted(one) for one in settled if one.state is State.EXHAUSTED]
        reported = [
            *settled,
            *(one for one in finished_attempts if _is_to_be_repeated(one, written)),
        ]
        events = [
            *(_tried(deps, finished, locked.now) for finished in reported),
            *(outgoing.suspended(finished, locked.now) for finished in fatal),
            *(alerting.event(alert, source=SOURCE, at=locked.now) for alert in raised),
        ]
        await outbox.put(tx, events)
    if events:
        deps.wake_relay()
    if written.is_due or is_lined_up:
        deps.wake_up.set()
    _report(finished_attempts)


def _tried(deps: Deps, finished: FinishedAttempt, at: datetime) -> OutboxEvent:
    began_in = deps.traces.of(finished.attempt.lease.event_id)
    return outgoing.tried(finished, at, began_in or None)


async def take_back(deps: Deps) -> None:
    """Free the leases of replicas that are gone, and those whose lease ran out."""
    async with deps.db.connection() as tx:
        lost = await leases.list_lost(tx)
    if not lost:
        return
    async with deps.db.transaction() as tx:
        count = await leases.take_back(tx, lost)
    if count:
        log.warning("leases.taken_back", count=count)
        metrics.LEASE_EXPIRED.inc(count)
        deps.wake_up.set()


async def _lease(deps: Deps, slots: int, *, fresh: bool, beside: Sequence[Lease] = ()) -> Leased:
    if slots <= 0:
        return NOTHING
    held = deps.slots.held + Counter(lease.app_id for lease in beside)
    full = {app_id for app_id, size in held.items() if not for_one_app(slots, size)}
    deps.slots.held_back |= full
    async with deps.db.transaction() as tx:
        due = await leases.lock_due(tx, fresh=fresh, slots=slots, but=full)
        rooms = dealt_out(due, slots, held)
        deps.slots.held_back |= _apps_of(due) - _apps_of(rooms)
        if not rooms:
            return NOTHING
        taken = await leases.take(
            tx, rooms, fresh=fresh, replica=deps.replica, lease_s=deps.lease_s
        )
    by_endpoint = Counter(lease.endpoint_id for lease in taken)
    is_filled = any(by_endpoint[room.endpoint_id] == room.size for room in rooms)
    return Leased(taken, is_filled or len(due) == leases.ENDPOINTS_AT_ONCE)


def _apps_of(rooms: Sequence[Room]) -> set[str]:
    return {room.app_id for room in rooms}


def _health_after(
    apps: AppBook, finished_attempts: Sequence[FinishedAttempt], locked: attempts.LockedEndpoints
) -> tuple[dict[int, Health], list[Alert], list[FinishedAttempt]]:
    """The endpoints as they are now, what people must hear of them, and the attempts that made one
    be suspended."""
    health, raised, fatal = dict(locked.health), list[Alert](), list[FinishedAttempt]()
    for finished in finished_attempts:
        lease = finished.attempt.lease
        before = health[lease.endpoint_id]
        if _has_moved(apps, finished.attempt):
            continue
        after = health[lease.endpoint_id] = before.after(
            finished.classification.result, locked.now, leased_at=lease.leased_at
        )
        if after.trips == 1 and before.trips == 0:
            raised.append(alerts.held(finished))
        if after.trips > before.trips:
            log.warning(
                "endpoint.held",
                app_id=lease.app_id,
                url=without_query(lease.notify_url),
                trips=after.trips,
            )
        if after.suspended_at is not None and before.suspended_at is None:
            raised.append(alerts.suspended(finished, after))
            fatal.append(finished)
            log.error("endpoint.suspended", app_id=lease.app_id, cause=after.suspended_for)
    return health, raised, fatal


def _has_moved(apps: AppBook, attempt: Attempt) -> bool:
    """Whether the app gave another address meanwhile: the answer says nothing of that one."""
    now = apps.find_destination(attempt.lease.app_id, attempt.lease.notify_url)
    return bool(now and attempt.destination and now.url != attempt.destination.url)


def _is_settled(finished: FinishedAttempt, written: attempts.Written) -> bool:
    """What the app has taken was delivered, also when it is asked for again."""
    delivery_id = finished.attempt.lease.delivery_id
    if delivery_id in written.asked_again:
        return finished.state is State.DELIVERED
    return finished.state is not State.PENDING and delivery_id in written.ours


def _is_to_be_repeated(finished: FinishedAttempt, written: attempts.Written) -> bool:
    """Whether an attempt was made, failed, and another follows."""
    lease = finished.attempt.lease
    was_made = finished.state is State.PENDING and finished.due_at is not None
    return was_made and lease.delivery_id in written.ours


def _turned(before: Mapping[int, Health], after: Mapping[int, Health]) -> list[int]:
    """The endpoints whose circuit opened, stayed open after a probe, or closed."""
    return [
        endpoint_id
        for endpoint_id, health in after.items()
        if health.trips != before[endpoint_id].trips and health.suspended_at is None
    ]


def _report(finished_attempts: Sequence[FinishedAttempt]) -> None:
    for finished in finished_attempts:
        failure = finished.classification.failure
        metrics.deliveries_of(_result(finished), failure or "none").inc()
        if failure in (FailureKind.URL_REFUSED, FailureKind.ADDRESS_REFUSED):
            metrics.SSRF_BLOCKED.inc()
        if finished.state is State.EXHAUSTED:
            lease = finished.attempt.lease
            log.error("delivery.exhausted", event_id=lease.event_id, app_id=lease.app_id)


def _result(finished: FinishedAttempt) -> str:
    if finished.state is not State.PENDING:
        return finished.state
    return "waiting" if finished.due_at is None else "retried"
