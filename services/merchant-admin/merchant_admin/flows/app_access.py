"""Access of apps that a second person agrees to: keys, callback secrets, apps let in again."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from chassis.database import Tx
from contracts.events.configuration import State
from merchant_admin.domain import access_approvals
from merchant_admin.domain.access_approvals import Access
from merchant_admin.domain.approvals import Asked
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.entities import App, advanced
from merchant_admin.domain.errors import NoSuch
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_change
from merchant_admin.store import apps, keys
from merchant_admin.store.approvals import find_waiting
from merchant_admin.store.merchants import list_four_eyes


async def waits(tx: Tx, asked: Asked, now: datetime) -> bool:
    """Whether a merchant of the app wants a second person for its credentials: a key of an app
    moves its money as they do. What waits already is not done beside that either."""
    four_eyes = await list_four_eyes(tx, asked.merchant_ids)
    if any(each.credentials for each in four_eyes.values()):
        return True
    return await find_waiting(tx, asked, now) is not None


async def change_approved(deps: Deps, tx: Tx, actor: Actor, asked: Asked) -> bool:
    """What was asked for, in the transaction that approves it; whether that was still possible."""
    app = await apps.get_app(tx, asked.subject, lock=True)
    if not asked.is_as_seen(access_approvals.seen_of(app)):
        return False
    match access_approvals.access_of(asked):
        case Access.NEW_KEY | Access.KEY:
            return await _enable_key(deps, tx, actor, app, asked.request["key_id"])
        case Access.ROTATION:
            wanted = app.with_new_secret(asked.request["webhook_secret_sealed"], deps.clock())
        case Access.APP:
            wanted = replace(app, state=State.ACTIVE)
        case access:
            assert_never(access)
    now = advanced(app, wanted, deps.clock())
    await apps.update_app(tx, now)
    await record_change(tx, actor, "updated", was=app, now=now)
    return True


async def _enable_key(deps: Deps, tx: Tx, actor: Actor, app: App, key_id: str) -> bool:
    """Not one that was deleted since, or that somebody else agreed to."""
    try:
        was = await keys.get_key(tx, app.app_id, key_id, lock=True)
    except NoSuch:
        return False
    if was.state is State.ACTIVE:
        return False
    key = advanced(was, replace(was, state=State.ACTIVE), deps.clock())
    await keys.update_key(tx, key)
    await record_change(tx, actor, "updated", was=was, now=key)
    return True
