"""Alerts come in, become incidents, and are sent to people."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import structlog

from chassis import outbox
from chassis.database import Tx
from contracts.events.alerts import AlertRecord
from contracts.events.deliveries import SOURCE
from contracts.internal import AlertTest, Telling
from foundation import alerting
from notifier import metrics
from notifier.domain import alerts, messages
from notifier.domain.errors import NoAlertRoute, SpokeJustNow
from notifier.domain.incidents import REPEAT, raised
from notifier.domain.messages import INCIDENTS_AT_ONCE, Message, MessageFailed, Messenger
from notifier.domain.routes import CENTRE, routes_of
from notifier.flows.deps import Deps
from notifier.sending.resolver import asker
from notifier.store import incidents

log = structlog.get_logger()

SPEAK_EVERY_S: Final = 4.0
IN_A_ROW: Final = 3
"""DingTalk shuts a robot up that sends more than 20 messages a minute: 15, and three at once after
a silence, leave room; what is new does not wait because the robot has just told something else."""

ROUTES_AT_ONCE: Final = 20


async def receive(deps: Deps, records: Sequence[AlertRecord]) -> int:
    """Idempotent by the alert's id; answers how many were new."""
    async with deps.db.transaction() as tx:
        fresh = await incidents.add(tx, records)
        now, known = await incidents.lock(tx, (one.data.key for one in fresh))
        for one in fresh:
            for route in routes_of(one.data):
                place = one.data.key, route
                incident = raised(known.get(place), one.data, one.time, now, deps.quiet_hours)
                known[place] = replace(incident, route=route)
        await incidents.put(tx, known.values())
    for record in fresh:
        alert = record.data
        log.warning("alert.raised", key=alert.key, severity=alert.severity, title=alert.title)
    return len(fresh)


async def send_due(deps: Deps, *, of_centre: bool | None = None) -> bool:
    """Send what is due, one message by each route whose turn it is; whether anybody took one.
    `of_centre`: only by the centre's route, or only by the merchants'.

    What nobody took is tried again when its lease has run out.
    """
    async with deps.db.connection() as tx:
        routes = await incidents.list_due_routes(tx, ROUTES_AT_ONCE, of_centre=of_centre)
    async with asyncio.TaskGroup() as group:  # A robot that hangs must not delay another.
        sendings = [group.create_task(_send_by_route(deps, route)) for route in routes]
    return any(sending.result() for sending in sendings)


async def send_trial(deps: Deps, merchant_id: str | None = None) -> AlertTest:
    """Send a trial by every messenger of the centre, or of a merchant, whatever the others answer.

    Raises NoAlertRoute and SpokeJustNow.
    """
    asker.set(merchant_id or CENTRE)
    messengers = _messengers(deps, merchant_id or CENTRE)
    if merchant_id and not messengers:
        raise NoAlertRoute(merchant_id)
    async with deps.db.transaction() as tx:
        if messengers and not await incidents.take_turn(
            tx, messengers[0].destination, SPEAK_EVERY_S
        ):
            raise SpokeJustNow(SPEAK_EVERY_S)
    return AlertTest(items=[await _send(one, messages.trial()) for one in messengers])


async def _send_by_route(deps: Deps, route: str) -> bool:
    asker.set(route)
    messengers = _messengers(deps, route)
    async with deps.db.transaction() as tx:
        if not messengers:
            await _forget(tx, route)
            return False
        turn = incidents.take_turn(tx, messengers[0].destination, SPEAK_EVERY_S, in_a_row=IN_A_ROW)
        if not await turn:
            return False
        due = await incidents.take_due(tx, route, INCIDENTS_AT_ONCE)
    if not due:
        return False
    error = await send_by_any(messengers, messages.compose(due, deps.language))
    async with deps.db.transaction() as tx:
        if error is None:
            await incidents.settle(tx, due, [REPEAT[one.severity].total_seconds() for one in due])
        elif route != CENTRE:
            failed = alerts.route_failed(route, error)
            event = alerting.event(failed, source=SOURCE, at=datetime.now(UTC))
            await outbox.put(tx, [event])
    deps.wake_relay()
    return error is None


def _messengers(deps: Deps, route: str) -> Sequence[Messenger]:
    if route == CENTRE:
        return deps.messengers
    found = deps.routes.find(route)
    return deps.reach(found) if found else ()


async def _forget(tx: Tx, route: str) -> None:
    """The merchant has no people of its own to tell; what the centre cannot be told is kept."""
    if route != CENTRE:
        await incidents.drop_due(tx, route)


async def send_by_any(messengers: Sequence[Messenger], message: Message) -> str | None:
    """By the first messenger; if it fails, by all the others. If nobody took it: why not."""
    first, *others = messengers
    telling = await _send(first, message)
    if telling.error is None:
        return None
    why = f"{first.name} did not take this: {telling.error}"
    remark = message.with_remark(why)
    tellings = [await _send(messenger, remark) for messenger in others]
    return None if any(telling.error is None for telling in tellings) else why


async def _send(messenger: Messenger, message: Message) -> Telling:
    try:
        await messenger.send(message)
    except MessageFailed as error:
        log.warning("alert.not_sent", messenger=messenger.name, reason=str(error))
        metrics.MESSAGES.labels(messenger.name, "failed").inc()
        return Telling(messenger=messenger.name, error=str(error))
    metrics.MESSAGES.labels(messenger.name, "delivered").inc()
    return Telling(messenger=messenger.name, error=None)
