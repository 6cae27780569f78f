"""What lets somebody act for an app, or call it in our name, and waits for a second person."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from merchant_admin.domain.approvals import VERSION, ApprovalKind, Asked
from merchant_admin.domain.entities import App, Key
from merchant_admin.domain.keys import find_fingerprint


class Access(StrEnum):
    """A key that is new, one that was disabled, a new callback secret, an app that was disabled."""

    NEW_KEY = "new_key"
    KEY = "key"
    ROTATION = "rotation"
    APP = "app"


def asked_for_key(app: App, key: Key, *, is_new: bool) -> Asked:
    """`key`: disabled, until somebody agrees."""
    shown = {
        "key_id": key.key_id,
        "alg": key.alg.value,
        "fingerprint": find_fingerprint(key.public_key_pem),
    }
    return _asked(app, Access.NEW_KEY if is_new else Access.KEY, {"key_id": key.key_id}, shown)


def asked_for_secret(app: App, sealed: str) -> Asked:
    return _asked(app, Access.ROTATION, {"webhook_secret_sealed": sealed})


def asked_for_app(app: App) -> Asked:
    return _asked(app, Access.APP, {})


def access_of(asked: Asked) -> Access:
    return Access(asked.request["access"])


def seen_of(app: App) -> dict[str, Any]:
    """What it is asked for on."""
    return {
        VERSION: app.version,
        "name": app.terms.name,
        "state": app.state.value,
        "merchant_ids": list(app.terms.merchant_ids),
    }


def sealed_of(asked: Asked) -> str | None:
    """The callback secret that waits, sealed with the app's number as its context."""
    return asked.request.get("webhook_secret_sealed")


def with_sealed(asked: Asked, sealed: str) -> Asked:
    """The same secret, sealed to another key."""
    return replace(asked, request={**asked.request, "webhook_secret_sealed": sealed})


def _asked(
    app: App, access: Access, request: Mapping[str, Any], shown: Mapping[str, Any] | None = None
) -> Asked:
    """Whoever agrees must see all merchants of the app."""
    return Asked(
        kind=ApprovalKind.APP_ACCESS,
        merchant_ids=app.terms.merchant_ids,
        subject=app.app_id,
        request={"access": access.value, **request},
        shown={"name": app.terms.name, "access": access.value, **(shown or {})},
        seen=seen_of(app),
    )
