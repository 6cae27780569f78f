"""The form of a channel's credentials on a page: read, and shown again without its secrets."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import JsonValue

from chassis.problems import FieldError, Problem
from contracts.words import Words
from merchant_admin.api.console.setup.wrong import wrong_fields
from merchant_admin.api.console.visiting import Sent
from merchant_admin.domain.credential_forms import ANY_WAY, CredentialForm
from merchant_admin.domain.errors import Unusable
from merchant_admin.store.account_details import AccountDetails

WAY: Final = "way"
FILE: Final = ".file"
"""Behind the name of a credential: the file that holds it, which wins over what was pasted."""

REMOVE: Final = "remove."
"""Before the name of a credential: ticked where those that come are to be without it."""

_PRIVATE: Final = "PRIVATE KEY"
"""What a text has in it that is a secret, whatever it was entered as."""

_LEFT: Final = {
    True: (
        "is set: enter it again, or tick that it is removed",
        "当前已设置：请重新填写，或勾选移除",
    ),
    False: (
        "may be set: enter it again if so, else tick",
        "没有记录是否设置过：设置过请重新填写，没有请勾选",
    ),
}
"""By whether it is known that it was set."""

MAX_FILE_BYTES: Final = 65_536


def credentials_in(form: CredentialForm, sent: Sent) -> dict[str, JsonValue]:
    """What was typed, pasted or uploaded."""
    pasted = {field.name: pasted_in(sent, field.name) for field in form.fields}
    return form.credentials(pasted, sent.form.get(WAY, ""))


def replacing_in(form: CredentialForm, sent: Sent, saved: AccountDetails) -> dict[str, JsonValue]:
    """The same in place of what is `saved`. Raises Unusable where that would lose what nobody has
    said is to go."""
    given = credentials_in(form, sent)
    way = sent.form.get(WAY, "")
    left = [
        FieldError(f"/credentials/{name}", *_LEFT[is_known])
        for name, is_known in form.replaced(saved.shown, way).items()
        if name not in given and REMOVE + name not in sent.form
    ]
    if left:
        raise Unusable(*left)
    return given


def pasted_in(sent: Sent, name: str) -> str:
    """The text of a field, or of the file beside it."""
    if file := sent.files.get(name + FILE):
        return file[:MAX_FILE_BYTES].decode(errors="replace")
    return sent.form.get(name, "")


def typed_in(form: CredentialForm, sent: Sent) -> dict[str, str]:
    """A form that comes back, with the texts of its files."""
    return {**sent.form, **{field.name: pasted_in(sent, field.name) for field in form.fields}}


def form_context(
    form: CredentialForm,
    *,
    sent: Mapping[str, str] | None = None,
    saved: AccountDetails | None = None,
    identity: Mapping[str, str] | None = None,
    refusal: Problem | None = None,
) -> dict[str, Any]:
    """What the template of the form needs. `sent`: a form that comes back, of which no secret is
    shown; else what is known of credentials that are to be replaced. `again`: the secrets that are
    to be entered again."""
    known: Mapping[str, Any] = saved.shown if saved else {}
    values: dict[str, str] = {field.name: field.default for field in form.fields}
    values |= known.get("values", {}) | {k: v for k, v in (identity or {}).items() if v}
    if sent is not None:
        values = {field.name: sent.get(field.name, "") for field in form.fields}
    way = (sent or {}).get(WAY) or known.get(WAY) or (form.ways[0].name if form.ways else "")
    wrong: dict[str, Words] = {}
    if refusal is not None:
        wrong = wrong_fields(refusal, inside="/credentials")
    return {
        "form": form,
        "values": {
            field.name: values.get(field.name, "")
            for field in form.fields
            if not field.is_secret and _PRIVATE not in values.get(field.name, "")
        },
        "way": way,
        "wrong": wrong,
        "again": {field.name for field in form.fields if field.is_secret and values[field.name]},
        "replaced": form.replaced(known, ANY_WAY) if saved else {},
        "removed": {name for name in sent or {} if name.startswith(REMOVE)},
        "fixed": {name for name, value in (identity or {}).items() if value},
    }
