"""Alerts that are kept are looked at by people, and acknowledged."""

import base64
import binascii
from dataclasses import replace
from datetime import datetime

from contracts.internal import AcknowledgeAlert, AlertOnFile, AlertPage, AlertScope, FindAlerts
from contracts.moments import of_this_age
from notifier.domain.errors import AlertNotFound, BadCursor
from notifier.flows.deps import Deps
from notifier.store import incidents, kept_alerts
from notifier.store.kept_alerts import Wanted


async def find(deps: Deps, asked: FindAlerts) -> AlertPage:
    """The latest first. Raises BadCursor."""
    wanted = replace(
        _within(asked.scope),
        merchant_id=asked.merchant_id,
        key=asked.key,
        kind=asked.kind,
        severity=asked.severity,
        state=asked.state,
        raised_from=asked.raised_from,
        raised_before=asked.raised_before,
    )
    if asked.after is not None:
        before_at, before_key = _position(asked.after)
        wanted = replace(wanted, before_at=before_at, before_key=before_key)
    async with deps.db.connection() as tx:
        found = await kept_alerts.list_page(tx, wanted, limit=asked.limit + 1)
    items = found[: asked.limit]
    return AlertPage(
        items=items, next_cursor=_cursor(items[-1]) if len(found) > asked.limit else None
    )


async def acknowledge(deps: Deps, asked: AcknowledgeAlert) -> AlertOnFile:
    """The alert as it is then (`decide-what-was-seen`). Raises AlertNotFound."""
    wanted = replace(_within(asked.scope), key=asked.key)
    async with deps.db.transaction() as tx:
        await incidents.lock(tx, [asked.key])
        found = await kept_alerts.list_page(tx, wanted, limit=1)
        if not found:
            raise AlertNotFound(asked.key)
        (alert,) = found
        is_seen = (alert.first_at, alert.severity) == (asked.first_at, asked.severity)
        if alert.acknowledged_by is None and is_seen:
            await kept_alerts.acknowledge(tx, alert, asked.by)
            (alert,) = await kept_alerts.list_page(tx, wanted, limit=1)
    return alert


def _within(scope: AlertScope) -> Wanted:
    return Wanted(merchant_ids=scope.merchant_ids, app_ids=scope.app_ids)


def _cursor(alert: AlertOnFile) -> str:
    place = f"{alert.last_at.isoformat()} {alert.key}"
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[datetime, str]:
    try:
        place = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode()
        moment, _, key = place.partition(" ")
        at = of_this_age(datetime.fromisoformat(moment))
    except (binascii.Error, ValueError) as error:
        raise BadCursor from error
    if at.tzinfo is None or "\0" in key:
        raise BadCursor
    return at, key
