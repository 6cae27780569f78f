"""The form of an app's terms: how it is filled in, and what it asks for."""

from collections.abc import Mapping
from typing import Any, Final

from chassis.web import parse
from contracts.events.configuration import State
from merchant_admin.api.app_bodies import ChangeApp, CreateApp
from merchant_admin.api.console.forms import VERSION, whole_number
from merchant_admin.domain.entities import App, AppTerms
from merchant_admin.domain.seen import Shown

MY_ADDRESS: Final = "my_address"
"""The button that adds the reader's own address to the allow-list, and saves nothing."""

FIELDS: Final = (
    "name",
    "merchant_ids",
    "notify_url",
    "callback_ack",
    "reinitiate_after_s",
    "late_payment",
    "ip_allowlist",
)
TERMS: Final[Shown[App]] = Shown(
    lambda it: (it.state, *(getattr(it.terms, field) for field in FIELDS))
)
"""What the form shows; another change of the app is not in its way."""

SECRET: Final[Shown[App]] = Shown(lambda it: (it.webhook_secrets_sealed,))
"""On what the form that makes a new one is sent, so that sent twice it makes one."""

ADDRESS: Final[Shown[App]] = Shown(lambda it: (it.terms.notify_url,))
"""What that form shows which asks for the address alone."""


EMPTY: Final[Mapping[str, str]] = {
    "callback_ack": "2xx",
    "reinitiate_after_s": "15",
    "late_payment": "accept",
}


def filled(app: App) -> dict[str, str]:
    """The form of an app as it is."""
    terms = app.terms
    return {
        "name": terms.name,
        "merchant_ids": " ".join(terms.merchant_ids),
        "notify_url": terms.notify_url or "",
        "callback_ack": terms.callback_ack.value,
        "reinitiate_after_s": str(terms.reinitiate_after_s),
        "late_payment": terms.late_payment.value,
        "ip_allowlist": "\n".join(terms.ip_allowlist),
        **({"disabled": "true"} if app.state is State.DISABLED else {}),
        VERSION: TERMS.version(app),
    }


def with_address(form: Mapping[str, str], address: str) -> dict[str, str]:
    """The same form with this address on its allow-list."""
    known = form.get("ip_allowlist", "").split()
    return {**form, "ip_allowlist": "\n".join(dict.fromkeys([*known, address]))}


def new_terms(form: Mapping[str, str]) -> AppTerms:
    """Raises InvalidRequest."""
    return parse(CreateApp, _given(form)).terms()


def changed_terms(form: Mapping[str, str]) -> dict[str, Any]:
    """Raises InvalidRequest."""
    return parse(ChangeApp, _given(form)).terms()


def changed_address(form: Mapping[str, str]) -> dict[str, Any]:
    """Of a form that asks for nothing else. Raises InvalidRequest."""
    return parse(ChangeApp, {"notify_url": _address(form)}).terms()


def _given(form: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": form.get("name", "").strip(),
        "merchant_ids": form.get("merchant_ids", "").split(),
        "notify_url": _address(form),
        "callback_ack": form.get("callback_ack", ""),
        "reinitiate_after_s": whole_number(form.get("reinitiate_after_s", "").strip()),
        "late_payment": form.get("late_payment", ""),
        "ip_allowlist": form.get("ip_allowlist", "").replace(",", " ").split(),
    }


def _address(form: Mapping[str, str]) -> str | None:
    return form.get("notify_url", "").strip() or None
