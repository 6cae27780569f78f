"""Merchants: a list, a page each, and the forms that make and change them."""

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request, Response

from chassis.problems import Problem
from chassis.web import parse
from contracts.events.configuration import State
from contracts.words import Words
from merchant_admin.api.access import DepsOf
from merchant_admin.api.bodies import ChangeMerchant, CreateMerchant
from merchant_admin.api.console.filter_fields import LISTS
from merchant_admin.api.console.filters import PAGE, list_context
from merchant_admin.api.console.forms import VERSION, number_in, seen_in
from merchant_admin.api.console.rendering import done_in, render
from merchant_admin.api.console.setup.wrong import shown_again, wrong_fields
from merchant_admin.api.console.shown import plain_amount
from merchant_admin.api.console.visiting import (
    FreshlySentByAdmin,
    SeenByAdmin,
    SeenByViewer,
    Sent,
    SentByAdmin,
    Visitor,
    to,
)
from merchant_admin.api.ids import MerchantId
from merchant_admin.api.paging import MAX_LIMIT, id_after, page_of
from merchant_admin.domain.entities import Merchant
from merchant_admin.domain.seen import Shown
from merchant_admin.flows import apps, channel_accounts, merchants
from merchant_admin.flows.deps import Deps

HOME: Final = "/console/merchants"
DONE: Final = frozenset({"setup_created", "setup_saved"})

NAME: Final[Shown[Merchant]] = Shown(lambda it: (it.name, it.state))
EYES: Final[Shown[Merchant]] = Shown(lambda it: (it.four_eyes,))
"""What the two forms of the page show."""

router = APIRouter(include_in_schema=False, prefix=HOME)


@router.get("")
async def list_page(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    filters = LISTS["merchants"].of(request)
    found = await merchants.read_page(
        deps,
        LISTS["merchants"].query(filters, visitor.scope),
        after=id_after("merchant", request.query_params.get("after") or None),
        limit=PAGE + 1,
    )
    page = page_of(found, PAGE, view=lambda item: item, place=lambda item: item.merchant_id)
    context = await list_context(request, deps, visitor.scope, filters, page)
    return render(request, "merchants.html", {"visitor": visitor, **context})


@router.get("/new")
async def new_page(request: Request, visitor: SeenByAdmin) -> Response:
    return _new_page(request, visitor)


@router.post("")
async def create(request: Request, deps: DepsOf, sent: SentByAdmin) -> Response:
    try:
        merchant = await create_from(deps, sent)
    except Problem as refusal:
        return _new_page(request, sent.visitor, sent, refusal)
    return to(f"{HOME}/{merchant.merchant_id}?done=setup_created")


async def create_from(deps: Deps, sent: Sent) -> Merchant:
    """The merchant of a form. Raises InvalidRequest, MadeOtherwise."""
    wanted = parse(CreateMerchant, {"name": sent.form.get("name", "").strip()})
    return await merchants.create(
        deps, sent.actor, name=wanted.name, merchant_id=number_in(sent.form, "merchant")
    )


@router.get("/{merchant_id}")
async def merchant_page(
    request: Request, deps: DepsOf, visitor: SeenByViewer, merchant_id: MerchantId
) -> Response:
    return await shown_page(request, deps, visitor, merchant_id)


@router.post("/{merchant_id}")
async def change(
    request: Request, deps: DepsOf, sent: FreshlySentByAdmin, merchant_id: MerchantId
) -> Response:
    state = State.DISABLED if "disabled" in sent.form else State.ACTIVE
    given = {"name": sent.form.get("name", "").strip(), "state": state.value}
    try:
        wanted = parse(ChangeMerchant, given)
        seen = seen_in(sent.form, NAME)
        await merchants.change(deps, sent.actor, merchant_id, wanted.fields(), seen=seen)
    except Problem as refusal:
        return await shown_page(
            request, deps, sent.visitor, merchant_id, entered=shown_again(refusal, sent.form, {}),
            wrong=wrong_fields(refusal), status=refusal.status,
        )  # fmt: skip
    return to(f"{HOME}/{merchant_id}?done=setup_saved")


def _new_page(
    request: Request, visitor: Visitor, sent: Sent | None = None, refusal: Problem | None = None
) -> Response:
    context = {
        "visitor": visitor,
        "entered": sent.form if sent else {},
        "wrong": wrong_fields(refusal) if refusal else {},
    }
    return render(request, "merchant_new.html", context, status=refusal.status if refusal else 200)


async def shown_page(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    merchant_id: str,
    *,
    entered: Mapping[str, str] | None = None,
    eyes: Mapping[str, str] | None = None,
    wrong: Mapping[str, Words] | None = None,
    status: int = 200,
) -> Response:
    """`entered` and `eyes`: what was filled into one of its two forms, which was refused; empty: as
    it is."""
    merchant = await merchants.read(deps, merchant_id, visitor.scope)
    accounts = await channel_accounts.read_page(
        deps, merchant_id, visitor.scope, after=None, limit=MAX_LIMIT
    )
    context = {
        "visitor": visitor,
        "it": merchant,
        "accounts": accounts,
        "apps": await apps.read_of_merchant(deps, merchant_id, visitor.scope, limit=MAX_LIMIT),
        "entered": entered or _filled(merchant),
        "eyes": eyes or _eyes(merchant),
        "wrong": wrong or {},
        "done": done_in(request, DONE),
    }
    return render(request, "merchant.html", context, status=status)


def _filled(merchant: Merchant) -> dict[str, str]:
    is_disabled = merchant.state is State.DISABLED
    return {
        "name": merchant.name,
        **({"disabled": "true"} if is_disabled else {}),
        VERSION: NAME.version(merchant),
    }


def _eyes(merchant: Merchant) -> dict[str, str]:
    """As its form has them: a box that is not ticked is not there."""
    eyes = merchant.four_eyes
    amount = eyes.refunds_from
    ticked = {"credentials": eyes.credentials, "callback_addresses": eyes.callback_addresses}
    return {
        "refunds_from": "" if amount is None else plain_amount(amount, "CNY"),
        **{name: "true" for name, is_on in ticked.items() if is_on},
        VERSION: EYES.version(merchant),
    }
