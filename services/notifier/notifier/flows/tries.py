"""Claim what is due, record what came of it, take back what the dead had claimed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from chassis import outbox
from contracts.events.alerts import Alert
from notifier import metrics
from notifier.domain import troubles
from notifier.domain.answers import Trouble
from notifier.domain.apps import AppBook
from notifier.domain.deliveries import Claim, Outcome, State, Tried, decide
from notifier.domain.lanes import Health, Room, share
from notifier.domain.slots import for_first_tries
from notifier.flows.deps import Deps
from notifier.store import claims, lanes, outgoing, results

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Claimed:
    """`has_more`: some lane may have more that could be claimed right now."""

    claims: list[Claim]
    has_more: bool


NOTHING: Final = Claimed([], has_more=False)


async def has_due(deps: Deps) -> bool:
    """Whether it is worth claiming; costs little where there is nothing to do."""
    async with deps.db.connection() as tx:
        return await claims.has_due(tx)


async def claim(deps: Deps, slots: int) -> Claimed:
    """Claim at most `slots` due deliveries: first tries before retries, fairly among lanes."""
    fresh = await _claim(deps, for_first_tries(slots), fresh=True)
    retries = await _claim(deps, slots - len(fresh.claims), fresh=False)
    return Claimed(fresh.claims + retries.claims, fresh.has_more or retries.has_more)


async def finish(deps: Deps, tried: Sequence[Tried]) -> None:
    """Record a batch of tries in one transaction; what is settled is published with it."""
    async with deps.db.transaction() as tx:
        locked = await results.lock_lanes(tx, (one.claim.lane_id for one in tried))
        outcomes = [decide(one, deps.schedule, locked.now) for one in tried]
        health, alerts, fatal = _health_after(deps.apps, outcomes, locked)
        written = await results.write(tx, deps.replica, outcomes, health)
        settled = [one for one in outcomes if _is_settled(one, written)]
        is_lined_up = await lanes.line_up(tx, _turned(locked.health, health))
        for outcome in fatal:
            if destination := outcome.tried.destination:
                await lanes.note_address(tx, outcome.tried.claim.lane_id, destination.url)
        alerts += [troubles.exhausted(one) for one in settled if one.state is State.EXHAUSTED]
        events = [
            *(outgoing.fate(outcome, locked.now) for outcome in settled),
            *(outgoing.suspended(outcome, locked.now) for outcome in fatal),
            *(outgoing.alert(alert, locked.now) for alert in alerts),
        ]
        await outbox.put(tx, events)
    if events:
        deps.wake_relay()
    if written.is_due or is_lined_up:
        deps.due.set()
    _report(outcomes)


async def take_back(deps: Deps) -> None:
    """Free the claims of replicas that are gone, and those whose lease ran out."""
    async with deps.db.transaction() as tx:
        count = await claims.take_back(tx)
    if count:
        log.warning("claims.taken_back", count=count)
        metrics.LEASE_EXPIRED.inc(count)
        deps.due.set()


async def _claim(deps: Deps, slots: int, *, fresh: bool) -> Claimed:
    if slots <= 0:
        return NOTHING
    async with deps.db.transaction() as tx:
        rooms = share(await claims.lock_due_lanes(tx, fresh=fresh, slots=slots), slots)
        if not rooms:
            return NOTHING
        taken = await claims.take(
            tx, rooms, fresh=fresh, replica=deps.replica, lease_s=deps.lease_s
        )
    return Claimed(taken, _may_have_more(rooms, taken))


def _may_have_more(rooms: Sequence[Room], taken: Sequence[Claim]) -> bool:
    by_lane = Counter(claim.lane_id for claim in taken)
    is_filled = any(by_lane[room.lane_id] == room.size for room in rooms)
    return is_filled or len(rooms) == claims.LANES_PER_CLAIM


def _health_after(
    apps: AppBook, outcomes: Sequence[Outcome], locked: results.LockedLanes
) -> tuple[dict[int, Health], list[Alert], list[Outcome]]:
    """The lanes as they are now, what people must hear of them, and the outcomes that made a lane
    be suspended."""
    health, alerts, fatal = dict(locked.health), list[Alert](), list[Outcome]()
    for outcome in outcomes:
        claim = outcome.tried.claim
        before = health[claim.lane_id]
        if _has_moved(apps, outcome.tried):
            continue
        after = health[claim.lane_id] = before.after(
            outcome.judgement.verdict, locked.now, leased_at=claim.leased_at
        )
        if after.trips == 1 and before.trips == 0:
            alerts.append(troubles.held(outcome))
        if after.trips > before.trips:
            log.warning("lane.held", app_id=claim.app_id, url=claim.notify_url, trips=after.trips)
        if after.suspended_at is not None and before.suspended_at is None:
            alerts.append(troubles.suspended(outcome, after))
            fatal.append(outcome)
            log.error("lane.suspended", app_id=claim.app_id, cause=after.suspended_for)
    return health, alerts, fatal


def _has_moved(apps: AppBook, tried: Tried) -> bool:
    """Whether the app gave another address meanwhile: the answer says nothing of that one."""
    now = apps.find_destination(tried.claim.app_id, tried.claim.notify_url)
    return bool(now and tried.destination and now.url != tried.destination.url)


def _is_settled(outcome: Outcome, written: results.Written) -> bool:
    """What the app has taken was delivered, also when it is asked for again."""
    delivery_id = outcome.tried.claim.delivery_id
    if delivery_id in written.asked_again:
        return outcome.state is State.DELIVERED
    return outcome.state is not State.PENDING and delivery_id in written.ours


def _turned(before: Mapping[int, Health], after: Mapping[int, Health]) -> list[int]:
    """The lanes whose circuit opened, stayed open after a probe, or closed."""
    return [
        lane_id
        for lane_id, health in after.items()
        if health.trips != before[lane_id].trips and health.suspended_at is None
    ]


def _report(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        trouble = outcome.judgement.trouble
        metrics.DELIVERIES.labels(_result(outcome), trouble or "none").inc()
        if trouble in (Trouble.URL_REFUSED, Trouble.ADDRESS_REFUSED):
            metrics.SSRF_BLOCKED.inc()
        if outcome.state is State.EXHAUSTED:
            claim = outcome.tried.claim
            log.error("delivery.exhausted", event_id=claim.event_id, app_id=claim.app_id)


def _result(outcome: Outcome) -> str:
    if outcome.state is not State.PENDING:
        return outcome.state
    return "waiting" if outcome.due_at is None else "retried"
