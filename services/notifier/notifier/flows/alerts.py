"""Alerts come in, become troubles, and are told to people."""

from collections.abc import Sequence
from typing import Final

import structlog

from contracts.events.alerts import AlertRecord
from contracts.internal import AlertTest, Telling
from notifier import metrics
from notifier.domain import messages
from notifier.domain.alerts import REPEAT, raised
from notifier.domain.messages import TROUBLES_PER_MESSAGE, Message, Messenger, NotTold
from notifier.domain.problems import SpokeJustNow
from notifier.flows.deps import Deps
from notifier.store import alerts

log = structlog.get_logger()

SPEAK_EVERY_S: Final = 4.0
"""DingTalk shuts a robot up that sends more than 20 messages a minute; 15 leave room."""


async def receive(deps: Deps, records: Sequence[AlertRecord]) -> None:
    """Idempotent by the alert's id."""
    async with deps.db.transaction() as tx:
        fresh = await alerts.add(tx, records)
        now, troubles = await alerts.lock_troubles(tx, (one.data.key for one in fresh))
        for one in fresh:
            known = troubles.get(one.data.key)
            troubles[one.data.key] = raised(known, one.data, one.time, now, deps.quiet_hours)
        await alerts.put_troubles(tx, troubles.values())
    for record in fresh:
        alert = record.data
        log.warning("alert.raised", key=alert.key, severity=alert.severity, title=alert.title)


async def tell_due(deps: Deps) -> bool:
    """Tell what is due in one message, if it is time to speak; whether something was told.

    What nobody took is tried again when its lease has run out.
    """
    async with deps.db.transaction() as tx:
        if not (await alerts.has_due(tx) and await alerts.take_turn(tx, SPEAK_EVERY_S)):
            return False
        due = await alerts.take_due(tx, TROUBLES_PER_MESSAGE)
    if not due or not await _tell(deps.messengers, messages.compose(due)):
        return False
    async with deps.db.transaction() as tx:
        await alerts.settle(tx, due, [REPEAT[one.severity].total_seconds() for one in due])
    return True


async def test(deps: Deps) -> AlertTest:
    """Send a trial by every messenger, whatever the others answer."""
    async with deps.db.transaction() as tx:
        if not await alerts.take_turn(tx, SPEAK_EVERY_S):
            raise SpokeJustNow(SPEAK_EVERY_S)
    return AlertTest(items=[await _send(one, messages.trial()) for one in deps.messengers])


async def _tell(messengers: Sequence[Messenger], message: Message) -> bool:
    """By the first messenger; if it fails, by all the others."""
    first, *others = messengers
    telling = await _send(first, message)
    if telling.error is None:
        return True
    remark = message.with_remark(f"{first.name} did not take this: {telling.error}")
    tellings = [await _send(messenger, remark) for messenger in others]
    return any(telling.error is None for telling in tellings)


async def _send(messenger: Messenger, message: Message) -> Telling:
    try:
        await messenger.send(message)
    except NotTold as error:
        log.warning("alert.not_told", messenger=messenger.name, reason=str(error))
        metrics.MESSAGES.labels(messenger.name, "failed").inc()
        return Telling(messenger=messenger.name, error=str(error))
    metrics.MESSAGES.labels(messenger.name, "delivered").inc()
    return Telling(messenger=messenger.name, error=None)
