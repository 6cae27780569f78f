"""Forms that come too late, after the session in which they were shown: what was filled in is kept
while people log in, and shown to them before it is sent again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from fastapi import Request, Response

from merchant_admin.api.access import CSRF_FIELD
from merchant_admin.api.console.form_purposes import purpose_of
from merchant_admin.api.console.forms import MAX_FIELDS, NUMBER, VERSION, read_form
from merchant_admin.api.console.navigation import HOME
from merchant_admin.api.console.rendering import error_page, render
from merchant_admin.api.console.uploads import is_upload
from merchant_admin.api.console.visiting import BACK, LOGIN, LateForm, page_before, to

KEPT: Final = "kept."
"""How the names of the fields begin that the form of the login carries of another form."""

KEPT_BYTES: Final = 4_096
"""What goes along with the form of the login."""

SECRET: Final = ("password", "totp", "secret", "ticket")
"""What the name of a field has in it that is never sent back to a browser."""


HIDDEN: Final = frozenset({CSRF_FIELD, VERSION, NUMBER, "draft"})
"""What forms carry that nobody has filled in."""

LABELS: Final[Mapping[str, str]] = {
    "amounts": "code_fixed",
    "another": "another_account",
    "callback_addresses": "four_eyes_callback_addresses",
    "credentials": "four_eyes_credentials",
    "daily_limit": "code_daily",
    "disabled": "state.disabled",
    "display_name": "look_name",
    "expires_in_days": "token_days",
    "max_amount": "code_max",
    "merchant_ids": "scope",
    "min_amount": "code_min",
    "reason": "approval_reason",
    "refunds_from": "four_eyes_refunds_from_cny",
    "same_merchant": "another_channel",
    "try": "trial_do",
    "type": "event_type",
}
"""The texts of fields that are called otherwise where they are filled in."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where people want, and what they had filled in to be sent there."""

    back: str = HOME
    form: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Wanted":
        """From the address or the form of the login. Leads to no page but ours."""
        back = given.get(BACK, "")
        is_ours = back == HOME or back.startswith((f"{HOME}/", f"{HOME}?"))
        form = {
            name.removeprefix(KEPT): value for name, value in given.items() if name.startswith(KEPT)
        }
        return cls(back if is_ours else HOME, form)

    @property
    def fields(self) -> dict[str, str]:
        """What the form of the login carries of it."""
        kept = {f"{KEPT}{name}": value for name, value in self.form.items()}
        return kept if self.back == HOME and not kept else {BACK: self.back, **kept}


async def to_login(request: Request, _: Exception) -> Response:
    """And from there back, with the form that was sent."""
    if request.method != "POST":
        here = _here(request)
        return to(LOGIN if here == HOME else f"{LOGIN}?{urlencode({BACK: here})}")
    if not is_from_here(request):
        return to(LOGIN)
    form = {} if is_upload(request) else await read_form(request)
    if form and is_kept(form):
        kept = {**form, CSRF_FIELD: ""}  # Of a form without fields there is this one.
        context = {"visitor": None, "problem": None, "wanted": Wanted(_here(request), kept)}
        return render(request, "login.html", context, status=401)
    return to(f"{LOGIN}?{urlencode({BACK: page_before(request)})}")


async def show_late_form(request: Request, late: Exception) -> Response:
    """To somebody who has logged in anew since the form was shown to them."""
    assert isinstance(late, LateForm)
    if not is_kept(late.form):
        return error_page(request, 401, late.visitor)
    wanted = Wanted(_here(request), late.form)
    return shown_again(request, wanted, late.visitor.csrf, status=401)


def shown_again(
    request: Request, wanted: Wanted, csrf: str, *, hint: str = "kept_form_hint", status: int = 200
) -> Response:
    """What was filled in, to be looked at and sent. `hint`: the text that says why."""
    shown = {name: value for name, value in wanted.form.items() if value and name not in HIDDEN}
    context = {
        "visitor": None,
        "action": wanted.back,
        "shown": shown,
        "labels": LABELS,
        "hint": hint,
        "purpose": purpose_of(wanted.back),
        "fields": {**wanted.form, CSRF_FIELD: csrf},
    }
    return render(request, "kept_form.html", context, status=status)


def is_kept(form: Mapping[str, str]) -> bool:
    """Without a secret, and small enough to go beside a name and a password."""
    is_small = len(form) <= MAX_FIELDS // 2 and len(urlencode(form)) <= KEPT_BYTES
    return is_small and not any(word in name for name in form for word in SECRET)


def is_from_here(request: Request) -> bool:
    """Whether a page of ours sent it: what strangers fill in is not shown as somebody's own."""
    return request.headers.get("sec-fetch-site") == "same-origin"


def _here(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
