"""The form of a channel's credentials on a page: read, and shown again without its secrets."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import JsonValue

from chassis.problems import Problem
from contracts.words import Words
from merchant_admin.api.console.setup.wrong import wrong_fields
from merchant_admin.api.console.visiting import Sent
from merchant_admin.domain.credential_forms import CredentialForm
from merchant_admin.store.account_details import AccountDetails

WAY: Final = "way"
FILE: Final = ".file"
"""Behind the name of a credential: the file that holds it, which wins over what was pasted."""

MAX_FILE_BYTES: Final = 65_536


def credentials_in(form: CredentialForm, sent: Sent) -> dict[str, JsonValue]:
    """What was typed, pasted or uploaded."""
    pasted = {field.name: pasted_in(sent, field.name) for field in form.fields}
    return form.credentials(pasted, sent.form.get(WAY, ""))


def pasted_in(sent: Sent, name: str) -> str:
    """The text of a field, or of the file beside it."""
    if file := sent.files.get(name + FILE):
        return file[:MAX_FILE_BYTES].decode(errors="replace")
    return sent.form.get(name, "")


def form_context(
    form: CredentialForm,
    *,
    sent: Mapping[str, str] | None = None,
    saved: AccountDetails | None = None,
    identity: Mapping[str, str] | None = None,
    refusal: Problem | None = None,
) -> dict[str, Any]:
    """What the template of the form needs. `sent`: a form that comes back, of which no secret and
    no key is shown; else what is known of credentials that are to be replaced."""
    known: Mapping[str, Any] = saved.shown if saved else {}
    values: dict[str, str] = {field.name: field.default for field in form.fields}
    values |= known.get("values", {}) | {k: v for k, v in (identity or {}).items() if v}
    if sent is not None:
        values = {field.name: sent.get(field.name, "") for field in form.fields}
    shown = {field.name: values.get(field.name, "") for field in form.fields if field.is_shown}
    way = (sent or {}).get(WAY) or known.get(WAY) or (form.ways[0].name if form.ways else "")
    wrong: dict[str, Words] = {}
    if refusal is not None:
        wrong = wrong_fields(refusal, inside="/credentials")
    return {
        "form": form,
        "values": shown,
        "way": way,
        "wrong": wrong,
        "fixed": {name for name, value in (identity or {}).items() if value},
    }
