"""Channel accounts: a list, a page each, new ones, other credentials, and trying them out."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from chassis.problems import Problem
from chassis.web import parse
from contracts.events.configuration import State
from merchant_admin.api.access import DepsOf
from merchant_admin.api.bodies import ChangeChannelAccount, CreateChannelAccount
from merchant_admin.api.console.filter_fields import LISTS
from merchant_admin.api.console.filters import PAGE, list_context
from merchant_admin.api.console.forms import VERSION, number_in, seen_in
from merchant_admin.api.console.rendering import done_in, problem_in, render
from merchant_admin.api.console.setup.credential_pages import (
    credentials_in,
    form_context,
    replacing_in,
    typed_in,
)
from merchant_admin.api.console.setup.wrong import shown_again, wrong_fields
from merchant_admin.api.console.visiting import (
    FreshlySeenByAdmin,
    FreshlySentByAdmin,
    FreshlySentFileByAdmin,
    SeenByViewer,
    Sent,
    SentByAdmin,
    Visitor,
    to,
)
from merchant_admin.api.ids import MerchantId, PaymentId
from merchant_admin.api.paging import id_after, page_of
from merchant_admin.domain.entities import ChannelAccount
from merchant_admin.domain.seen import Shown
from merchant_admin.flows import account_trials, channel_accounts, channels, merchants
from merchant_admin.flows.deps import Deps

HOME: Final = "/console/channel-accounts"
OF_MERCHANT: Final = "/console/merchants/{merchant_id}/channel-accounts"
DONE: Final = frozenset({"setup_created", "setup_saved", "credentials_saved"})
REFUSALS: Final = frozenset({"trial_failed"})

NAME: Final[Shown[ChannelAccount]] = Shown(
    lambda it: (it.name, it.state, it.credentials_changed_at)
)
"""What the first form of its page shows: which credentials it would withdraw, too."""

CREDENTIALS: Final[Shown[ChannelAccount]] = Shown(
    lambda it: (it.identity, it.credentials_changed_at)
)
"""What the form shows that replaces them. Sealed anew they are the same ones."""

router = APIRouter(include_in_schema=False)


@router.get(HOME)
async def list_page(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    filters = LISTS["channel-accounts"].of(request)
    found = await channel_accounts.read_all(
        deps,
        LISTS["channel-accounts"].query(filters, visitor.scope),
        after=id_after("channel_account", request.query_params.get("after") or None),
        limit=PAGE + 1,
    )
    page = page_of(found, PAGE, view=lambda item: item, place=lambda item: item.account_id)
    named = {item.merchant_id for item in page.items}
    context = await list_context(request, deps, visitor.scope, filters, page, named)
    return render(request, "channel_accounts.html", {"visitor": visitor, **context})


@router.get(OF_MERCHANT + "/new")
async def new_page(
    request: Request,
    deps: DepsOf,
    visitor: FreshlySeenByAdmin,
    merchant_id: MerchantId,
    channel: str = "",
) -> Response:
    """Without a channel: which one."""
    return await _new_page(request, deps, visitor, merchant_id, channel)


@router.post(OF_MERCHANT)
async def create(
    request: Request, deps: DepsOf, sent: FreshlySentFileByAdmin, merchant_id: MerchantId
) -> Response:
    try:
        account = await create_from(deps, sent, merchant_id)
    except Problem as refusal:
        channel = sent.form.get("channel", "")
        return await _new_page(request, deps, sent.visitor, merchant_id, channel, sent, refusal)
    return to(f"{HOME}/{account.account_id}?done=setup_created")


async def create_from(deps: Deps, sent: Sent, merchant_id: str) -> ChannelAccount:
    """The account of a form. Raises InvalidRequest, Unusable, Forwarded, SameAccount."""
    channel = await channels.read(deps, sent.form.get("channel", ""))
    given: dict[str, Any] = {
        "channel": channel.name,
        "name": sent.form.get("account_name", "").strip() or channel.description.title,
        "credentials": credentials_in(channel.form, sent),
    }
    wanted = parse(CreateChannelAccount, given)
    return await channel_accounts.create(
        deps,
        sent.actor,
        merchant_id,
        **dict(wanted),
        account_id=number_in(sent.form, "channel_account"),
        is_once=True,
    )


@router.get(HOME + "/{payment_id}")
async def account_page(
    request: Request, deps: DepsOf, visitor: SeenByViewer, payment_id: PaymentId
) -> Response:
    return await _account_page(request, deps, visitor, payment_id)


async def _account_page(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    payment_id: str,
    sent: Sent | None = None,
    refusal: Problem | None = None,
) -> Response:
    account = await channel_accounts.find(deps, payment_id, visitor.scope)
    known = (await channels.read_all(deps)).get(account.channel)
    entered: Mapping[str, str] = _filled(account)
    if sent and refusal:
        entered = shown_again(refusal, sent.form, entered)
    context = {
        "visitor": visitor,
        "it": account,
        "entered": entered,
        "wrong": wrong_fields(refusal) if refusal else {},
        "names": await merchants.read_names(deps, {account.merchant_id}),
        "known": await channel_accounts.read_details(deps, payment_id),
        "form": known.form if known else None,
        "titles": known.form.titles if known else {},
        "api_url": (await channels.read_list(deps)).api_url,
        "done": done_in(request, DONE),
        "problem": problem_in(request, REFUSALS),
    }
    status = refusal.status if refusal else 200
    return render(request, "channel_account.html", context, status=status)


def _filled(account: ChannelAccount) -> dict[str, str]:
    is_disabled = account.state is State.DISABLED
    return {
        "account_name": account.name,
        **({"disabled": "true"} if is_disabled else {}),
        VERSION: NAME.version(account),
    }


@router.post(HOME + "/{payment_id}")
async def change(
    request: Request, deps: DepsOf, sent: FreshlySentByAdmin, payment_id: PaymentId
) -> Response:
    """Its name and state; and what came before the present credentials is believed no more."""
    account = await channel_accounts.find(deps, payment_id, sent.scope)
    state = State.DISABLED if "disabled" in sent.form else State.ACTIVE
    name = sent.form.get("account_name", "").strip() or account.name
    try:
        wanted = parse(ChangeChannelAccount, {"name": name, "state": state.value})
        await channel_accounts.change(
            deps,
            sent.actor,
            account.merchant_id,
            payment_id,
            wanted.fields(),
            credentials=None,
            withdraw_earlier="withdraw_earlier" in sent.form,
            seen=seen_in(sent.form, NAME),
        )
    except Problem as refusal:
        return await _account_page(request, deps, sent.visitor, payment_id, sent, refusal)
    return to(f"{HOME}/{payment_id}?done=setup_saved")


@router.get(HOME + "/{payment_id}/credentials")
async def credentials_page(
    request: Request, deps: DepsOf, visitor: FreshlySeenByAdmin, payment_id: PaymentId
) -> Response:
    account = await channel_accounts.find(deps, payment_id, visitor.scope)
    return await _credentials_page(request, deps, visitor, account)


@router.post(HOME + "/{payment_id}/credentials")
async def rotate(
    request: Request, deps: DepsOf, sent: FreshlySentFileByAdmin, payment_id: PaymentId
) -> Response:
    account = await channel_accounts.find(deps, payment_id, sent.scope)
    try:
        await replace_from(deps, sent, account)
    except Problem as refusal:
        account = await channel_accounts.find(deps, payment_id, sent.scope)
        return await _credentials_page(request, deps, sent.visitor, account, sent, refusal)
    return to(f"{HOME}/{payment_id}?done=credentials_saved")


async def replace_from(deps: Deps, sent: Sent, account: ChannelAccount) -> ChannelAccount:
    """The account with the credentials of a form. Raises Unusable, Forwarded, ChangedSinceShown."""
    channel = await channels.read(deps, account.channel)
    saved = await channel_accounts.read_details(deps, account.account_id)
    given = replacing_in(channel.form, sent, saved)
    return await channel_accounts.change(
        deps, sent.actor, account.merchant_id, account.account_id, {}, credentials=given,
        seen=seen_in(sent.form, CREDENTIALS),
    )  # fmt: skip


@router.post(HOME + "/{payment_id}/test")
async def try_out(deps: DepsOf, sent: SentByAdmin, payment_id: PaymentId) -> Response:
    """What came of it is then on the page of the account."""
    try:
        await account_trials.try_out(deps, sent.actor, payment_id)
    except Problem:
        return to(f"{HOME}/{payment_id}?problem=trial_failed")
    return to(f"{HOME}/{payment_id}")


async def _new_page(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    merchant_id: str,
    channel: str,
    sent: Sent | None = None,
    refusal: Problem | None = None,
) -> Response:
    merchant = await merchants.read(deps, merchant_id, visitor.scope)
    known = await channels.read_all(deps)
    chosen = known.get(channel)
    context: dict[str, Any] = {
        "visitor": visitor,
        "merchant": merchant,
        "channels": known,
        "chosen": chosen,
        "name": sent.form.get("account_name", "") if sent else "",
        "wrong": wrong_fields(refusal) if refusal else {},
    }
    if chosen:
        entered = typed_in(chosen.form, sent) if sent else None
        context |= form_context(chosen.form, sent=entered, refusal=refusal)
    status = refusal.status if refusal else 200
    return render(request, "channel_account_new.html", context, status=status)


async def _credentials_page(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    account: ChannelAccount,
    sent: Sent | None = None,
    refusal: Problem | None = None,
) -> Response:
    channel = await channels.read(deps, account.channel)
    there = {VERSION: CREDENTIALS.version(account)}
    entered: Mapping[str, str] = there
    if sent and refusal:
        entered = shown_again(refusal, typed_in(channel.form, sent), there)
    context = {
        "visitor": visitor,
        "it": account,
        "entered": entered,
        **form_context(
            channel.form,
            sent=None if entered is there else entered,
            saved=await channel_accounts.read_details(deps, account.account_id),
            identity=account.identity,
            refusal=refusal,
        ),
    }
    status = refusal.status if refusal else 200
    return render(request, "channel_account_credentials.html", context, status=status)
