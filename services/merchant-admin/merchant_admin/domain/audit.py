"""What is written down of each change: who, when, what, before and after, and never a secret."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from contracts.events.configuration import Entity

_SEALED: Final = frozenset(
    {
        "alert_route_sealed",
        "callback_client_certificate_sealed",
        "credentials_sealed",
        "earlier_credentials_sealed",
        "secret_sealed",
        "webhook_secrets_sealed",
    }
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, from where, in which request, with what (`user_agent`). `behind`: the
    people whose token a machine shows."""

    username: str
    ip: str
    request_id: str
    user_agent: str = ""
    behind: tuple[str, ...] = ()


SYSTEM: Final = Actor(username="system", ip="", request_id="")
"""The clock: what happens because its time has come."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row of the audit. `action` is `<kind>.<past tense>`, as in `app.updated`."""

    at: datetime
    actor: Actor
    action: str
    entity_kind: str
    entity_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def recorded(entity: Entity) -> dict[str, Any]:
    """The entity as the audit shows it. A sealed secret becomes a mark that tells whether it
    changed and nothing else: a digest of the sealed text, which is random. So does a picture."""
    shown = entity.model_dump(mode="json")
    for name in _SEALED & shown.keys():
        value = shown[name]
        shown[name] = [_mark(text) for text in value] if isinstance(value, list) else _mark(value)
    if shown.get("logo"):
        shown["logo"] = "picture:" + hashlib.sha256(shown["logo"]["content"].encode()).hexdigest()
    return shown


def _mark(sealed: str | None) -> str | None:
    return sealed and "sealed:" + hashlib.sha256(sealed.encode()).hexdigest()[:12]
