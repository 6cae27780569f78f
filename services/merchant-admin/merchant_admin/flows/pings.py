"""A ping to the callback address of an app, and what came of it."""

import asyncio
import contextlib
from typing import Final

from chassis.problems import Forwarded, Problem
from contracts.identifiers import is_id
from contracts.internal import DeliveryView, FoundDelivery, FoundDeliveryPage, Ping
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.scope import EVERYTHING, Scope
from merchant_admin.flows import callbacks
from merchant_admin.flows.audited_call import AuditedCall, call_audited
from merchant_admin.flows.deps import Deps

KNOWN_WITHIN_S: Final = 5
"""What is registered is known to the notifier within five seconds."""

AWAITED_S: Final = 5
"""Most servers have answered by then; a slower one is seen when the page is loaded again."""


async def send(deps: Deps, actor: Actor, app_id: str, url: str) -> DeliveryView:
    """Send one to the app's address, and wait for its first attempt.

    Raises Forwarded where the notifier does not hear of this address in time.
    """
    for _ in range(KNOWN_WITHIN_S):
        with contextlib.suppress(Forwarded):
            return await _sent(deps, actor, app_id, url)
        await asyncio.sleep(1)
    return await _sent(deps, actor, app_id, url)


async def _sent(deps: Deps, actor: Actor, app_id: str, url: str) -> DeliveryView:
    call = AuditedCall("callback.pinged", app_id, "pings", Ping(app_id=app_id, url=url))
    sent = await call_audited(deps, deps.notifier, actor, DeliveryView, call)
    for _ in range(AWAITED_S):
        found = await find(deps, app_id, sent.event_id, EVERYTHING)
        if found is not None and found.attempts:
            break
        await asyncio.sleep(1)
    return sent


async def find(deps: Deps, app_id: str, event_id: str, scope: Scope) -> FoundDelivery | None:
    """The ping with its attempts, as whoever has the scope may see it; None where there is none, or
    the notifier does not answer."""
    if not is_id("event", event_id):
        return None
    asked: dict[str, str | int | None] = {"app_id": app_id, "event_id": event_id, "limit": 1}
    try:
        page = await deps.notifier.get(FoundDeliveryPage, "/internal/all-deliveries", asked)
    except Problem:
        return None
    return callbacks.shown(page.items[0], scope) if page.items else None
