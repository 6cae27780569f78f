"""How a merchant looks to payers: its name, colour and logo, and what its accounts are called.

Whoever changes that proves again who they are, as for the API's change of the same: payers trust a
page with a name and a logo on it.
"""

import base64
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from chassis.problems import InvalidRequest, Problem
from chassis.web import parse
from merchant_admin.api.access import DepsOf
from merchant_admin.api.bodies import ChangeChannelAccount, ChangeMerchant
from merchant_admin.api.console.forms import VERSION, seen_in
from merchant_admin.api.console.refused_forms import RefusedForm
from merchant_admin.api.console.rendering import HEADERS, problem_in, render, saying
from merchant_admin.api.console.visiting import (
    FreshlySentByAdmin,
    FreshlySentFileByAdmin,
    SeenByViewer,
    Visitor,
    to,
)
from merchant_admin.api.ids import with_form_of
from merchant_admin.domain.entities import ChannelAccount, Merchant
from merchant_admin.domain.errors import ChangedSinceShown, NoSuch, Unusable
from merchant_admin.domain.seen import Shown
from merchant_admin.flows import channel_accounts, merchants
from merchant_admin.flows.deps import Deps

HOME: Final = "/console/merchants/{merchant_id}"
MAX_ACCOUNTS: Final = 50
REFUSALS: Final = frozenset(
    {"look_refused", "look_refused.display_name", "look_refused.colour", "look_refused.logo"}
)

LOOK: Final[Shown[Merchant]] = Shown(lambda it: (it.display_name, it.colour, it.logo))
CALLED: Final[Shown[ChannelAccount]] = Shown(lambda it: (it.display_name,))
"""What the forms of the page show: of the merchant, and of each account."""

router = APIRouter(include_in_schema=False, prefix=HOME)


@router.get("/look")
async def look_page(
    request: Request, deps: DepsOf, visitor: SeenByViewer, merchant_id: str
) -> Response:
    return await _page(
        request, deps, visitor, merchant_id, RefusedForm(problem_in(request, REFUSALS))
    )


@router.post("/look")
async def change(
    request: Request, deps: DepsOf, sent: FreshlySentFileByAdmin, merchant_id: str
) -> Response:
    """A logo that is not chosen stays as it is, unless it is to be taken away."""
    number = with_form_of("merchant", merchant_id)
    changes: dict[str, Any] = {
        name: sent.form.get(name, "").strip() or None for name in ("display_name", "colour")
    }
    if logo := sent.files.get("logo"):
        changes["logo"] = base64.b64encode(logo).decode()
    elif "without_logo" in sent.form:
        changes["logo"] = None
    try:
        wanted = parse(ChangeMerchant, changes)
        seen = seen_in(sent.form, LOOK)
        await merchants.change(deps, sent.actor, number, wanted.fields(), seen=seen)
    except ChangedSinceShown as changed:
        return await _page(request, deps, sent.visitor, number, _outdated(changed))
    except Problem as problem:
        refused = RefusedForm(_refusal_of(problem), problem.status, sent.form)
        return await _page(request, deps, sent.visitor, number, refused)
    return to(saying(_home(number), "look_saved"))


@router.post("/look/accounts/{payment_id}")
async def rename_account(
    request: Request, deps: DepsOf, sent: FreshlySentByAdmin, merchant_id: str, payment_id: str
) -> Response:
    """What payers call this account; nothing: by the channel's own name."""
    number = with_form_of("merchant", merchant_id)
    account = with_form_of("channel_account", payment_id)
    name = sent.form.get("display_name", "").strip() or None
    try:
        wanted = parse(ChangeChannelAccount, {"display_name": name})
        await channel_accounts.change(
            deps, sent.actor, number, account, wanted.fields(), credentials=None,
            seen=seen_in(sent.form, CALLED),
        )  # fmt: skip
    except ChangedSinceShown as changed:
        return await _page(request, deps, sent.visitor, number, _outdated(changed))
    except (InvalidRequest, Unusable) as problem:
        refused = RefusedForm(_refusal_of(problem), problem.status, sent.form, about=account)
        return await _page(request, deps, sent.visitor, number, refused)
    return to(saying(_home(number), "look_saved"))


@router.get("/logo")
async def logo(deps: DepsOf, visitor: SeenByViewer, merchant_id: str) -> Response:
    """A picture from outside: it is shown and does nothing else, wherever it is opened."""
    merchant = await merchants.read(deps, with_form_of("merchant", merchant_id), visitor.scope)
    if merchant.logo is None:
        raise NoSuch("logo")
    headers = {**HEADERS, "Content-Security-Policy": "default-src 'none'; sandbox"}
    return Response(merchant.logo.content, media_type=merchant.logo.media_type, headers=headers)


async def _page(
    request: Request, deps: Deps, visitor: Visitor, merchant_id: str, refused: RefusedForm
) -> Response:
    number = with_form_of("merchant", merchant_id)
    merchant = await merchants.read(deps, number, visitor.scope)
    accounts = await channel_accounts.read_page(
        deps, number, visitor.scope, after=None, limit=MAX_ACCOUNTS
    )
    kept = {
        "display_name": merchant.display_name or "",
        "colour": merchant.colour or "",
        VERSION: LOOK.version(merchant),
    }
    context = {
        "visitor": visitor,
        "merchant": merchant,
        "accounts": accounts,
        "home": _home(number),
        "problem": refused.problem,
        "given": kept if refused.about else {**kept, **refused.given},
        "renamed": {refused.about: refused.given.get("display_name", "")},
        "version_of": CALLED.version,
        "seen": {refused.about: refused.given.get(VERSION, "")},
    }
    return render(request, "look.html", context, status=refused.status)


def _home(merchant_id: str) -> str:
    return f"{HOME}/look".format(merchant_id=merchant_id)


def _outdated(problem: Problem) -> RefusedForm:
    """The page as it is now, with words."""
    return RefusedForm(problem.code, problem.status)


def _refusal_of(problem: Problem) -> str:
    """Which of `REFUSALS` tells it: by the first field that is wrong."""
    fields = [error.pointer.removeprefix("/") for error in problem.errors]
    reason = f"look_refused.{fields[0]}" if fields else ""
    return reason if reason in REFUSALS else "look_refused"
