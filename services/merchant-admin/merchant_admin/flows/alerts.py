"""Alerts as the notifier keeps them: of the centre, or of the merchants and apps of a scope."""

from datetime import datetime
from urllib.parse import urlencode

from contracts.events.alerts import Severity
from contracts.internal import (
    AcknowledgeAlert,
    AlertOnFile,
    AlertPage,
    AlertScope,
    AlertTest,
    FindAlerts,
)
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import ChangedMeanwhile, NoSuch
from merchant_admin.domain.scope import Scope
from merchant_admin.flows import apps
from merchant_admin.flows.audited_call import AuditedCall, call_audited
from merchant_admin.flows.deps import Deps

SEARCH = "/internal/alerts/search"


async def find(deps: Deps, scope: Scope, asked: FindAlerts) -> AlertPage:
    """The latest first. Raises Forwarded."""
    whose = await _whose(deps, scope)
    page = await deps.notifier.post(
        AlertPage, SEARCH, body=asked.model_copy(update={"scope": whose})
    )
    shown = [_shown(alert, scope) for alert in page.items if _is_within(whose, alert)]
    return page.model_copy(update={"items": shown})


async def acknowledge(
    deps: Deps, actor: Actor, scope: Scope, key: str, first_at: datetime, severity: Severity
) -> AlertOnFile:
    """Take an alert up, as it was seen (`decide-what-was-seen`); audited.

    Raises NoSuch, ChangedMeanwhile, Forwarded.
    """
    found = await find(deps, scope, FindAlerts(key=key, limit=1))
    if not found.items:
        raise NoSuch("alert")
    body = AcknowledgeAlert(
        scope=await _whose(deps, scope),
        key=key,
        first_at=first_at,
        severity=severity,
        by=actor.username,
    )
    call = AuditedCall("alert.acknowledged", key, "alerts/acknowledge", body)
    alert = await call_audited(deps, deps.notifier, actor, AlertOnFile, call)
    if alert.acknowledged_by is None:
        raise ChangedMeanwhile
    return _shown(alert, scope)


async def send_trial(deps: Deps, actor: Actor, merchant_id: str | None) -> AlertTest:
    """A trial message by every messenger: to the centre's people, or to a merchant's own.

    Raises Forwarded.
    """
    path = "alerts/test"
    if merchant_id:
        path += f"?{urlencode({'merchant_id': merchant_id})}"
    call = AuditedCall("alerts.tested", merchant_id or "alerts", path, timeout_s=30.0)
    return await call_audited(deps, deps.notifier, actor, AlertTest, call)


async def _whose(deps: Deps, scope: Scope) -> AlertScope:
    """An app that works for others too is the group's business."""
    if scope.is_all:
        return AlertScope()
    app_ids = await apps.read_ids(deps, scope)
    return AlertScope(merchant_ids=scope.parameter, app_ids=app_ids)


def _shown(alert: AlertOnFile, scope: Scope) -> AlertOnFile:
    """As whoever has this scope may see it."""
    url = alert.facts.get("url")
    if not isinstance(url, str):
        return alert
    return alert.model_copy(update={"facts": {**alert.facts, "url": scope.shown_address(url)}})


def _is_within(whose: AlertScope, alert: AlertOnFile) -> bool:
    if whose.merchant_ids is None:
        return True
    if alert.merchant_id is not None:
        return alert.merchant_id in whose.merchant_ids
    return alert.facts.get("app_id") in (whose.app_ids or ())
