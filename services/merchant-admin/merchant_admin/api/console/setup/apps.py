"""Apps: a list, a page each with keys and callback, and the forms that make and change them."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from chassis.problems import Problem
from chassis.web import parse
from contracts.api import Method
from contracts.events.configuration import KeyAlgorithm, State
from merchant_admin.api.access import DepsOf
from merchant_admin.api.bodies import CreateKey
from merchant_admin.api.console.filter_fields import LISTS
from merchant_admin.api.console.filters import PAGE, list_context
from merchant_admin.api.console.forms import number_in, seen_in
from merchant_admin.api.console.rendering import done_in, problem_in, render
from merchant_admin.api.console.setup import app_forms
from merchant_admin.api.console.setup.credential_pages import pasted_in
from merchant_admin.api.console.setup.wrong import shown_again, wrong_fields
from merchant_admin.api.console.visiting import (
    FreshlySentByAdmin,
    FreshlySentFileByAdmin,
    SeenByAdmin,
    SeenByViewer,
    Sent,
    SentByAdmin,
    Visitor,
    to,
)
from merchant_admin.api.ids import AppId, KeyId
from merchant_admin.api.paging import MAX_LIMIT, id_after, page_of
from merchant_admin.domain.approvals import AwaitsApproval
from merchant_admin.domain.entities import App
from merchant_admin.domain.errors import AlreadyWaits, ChangedSinceShown
from merchant_admin.domain.keys import find_fingerprint, find_validity
from merchant_admin.flows import apps, channel_accounts, channels, keys, merchants, pings
from merchant_admin.flows.apps import ShownApp
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.keys import ShownKey

HOME: Final = "/console/apps"
DONE: Final = frozenset({"setup_created", "setup_saved", "key_deleted"})
REFUSALS: Final = frozenset({"ping_failed", "ping_no_address"})

router = APIRouter(include_in_schema=False, prefix=HOME)


@router.get("")
async def list_page(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    filters = LISTS["apps"].of(request)
    found = await apps.read_page(
        deps,
        LISTS["apps"].query(filters, visitor.scope),
        after=id_after("app", request.query_params.get("after") or None),
        limit=PAGE + 1,
    )
    page = page_of(found, PAGE, view=lambda item: item, place=lambda item: item.app_id)
    used = {merchant_id for item in page.items for merchant_id in item.terms.merchant_ids}
    context = await list_context(request, deps, visitor.scope, filters, page, used)
    return render(request, "apps.html", {"visitor": visitor, **context})


@router.get("/new")
async def new_page(request: Request, visitor: SeenByAdmin, merchant_id: str = "") -> Response:
    entered = {**app_forms.EMPTY, "merchant_ids": merchant_id[:64]}
    return form_page(request, visitor, None, entered)


@router.post("")
async def create(request: Request, deps: DepsOf, sent: SentByAdmin) -> Response:
    if app_forms.MY_ADDRESS in sent.form:
        return form_page(request, sent.visitor, None, with_own_address(sent))
    try:
        shown = await apps.create(
            deps, sent.actor, app_forms.new_terms(sent.form), app_id=number_in(sent.form, "app")
        )
    except Problem as refusal:
        return form_page(request, sent.visitor, None, sent.form, refusal)
    return await shown_page(request, deps, sent.visitor, shown.app.app_id, app=shown)


@router.get("/{app_id}")
async def app_page(
    request: Request, deps: DepsOf, visitor: SeenByViewer, app_id: AppId
) -> Response:
    return await shown_page(request, deps, visitor, app_id)


@router.get("/{app_id}/edit")
async def edit_page(
    request: Request, deps: DepsOf, visitor: SeenByAdmin, app_id: AppId
) -> Response:
    app = await apps.read(deps, app_id, visitor.scope)
    return form_page(request, visitor, app, app_forms.filled(app))


@router.post("/{app_id}")
async def change(
    request: Request, deps: DepsOf, sent: FreshlySentByAdmin, app_id: AppId
) -> Response:
    app = await apps.read(deps, app_id, sent.scope)
    if app_forms.MY_ADDRESS in sent.form:
        return form_page(request, sent.visitor, app, with_own_address(sent))
    try:
        await apps.change(
            deps,
            sent.actor,
            app_id,
            terms=app_forms.changed_terms(sent.form),
            state=State.DISABLED if "disabled" in sent.form else State.ACTIVE,
            rotate_secret=False,
            seen=seen_in(sent.form, app_forms.TERMS),
        )
    except Problem as refusal:
        app = await apps.read(deps, app_id, sent.scope)
        entered = shown_again(refusal, sent.form, app_forms.filled(app))
        return form_page(request, sent.visitor, app, entered, refusal)
    return to(f"{HOME}/{app_id}?done=setup_saved")


@router.post("/{app_id}/webhook-secret")
async def rotate(
    request: Request, deps: DepsOf, sent: FreshlySentByAdmin, app_id: AppId
) -> Response:
    """The new one is shown on the page that comes back, and never again."""
    try:
        shown = await apps.change(
            deps, sent.actor, app_id, terms={}, state=None, rotate_secret=True,
            seen=seen_in(sent.form, app_forms.SECRET),
        )  # fmt: skip
    except (AlreadyWaits, ChangedSinceShown) as refusal:
        return await shown_page(request, deps, sent.visitor, app_id, refusal=refusal)
    except AwaitsApproval as waits:
        return await shown_page(request, deps, sent.visitor, app_id, waits=waits)
    return await shown_page(request, deps, sent.visitor, app_id, app=shown)


@router.post("/{app_id}/keys")
async def add_key(
    request: Request, deps: DepsOf, sent: FreshlySentFileByAdmin, app_id: AppId
) -> Response:
    """A secret is shown on the page that comes back, and never again."""
    try:
        shown = await keys.create(deps, sent.actor, app_id, **key_in(sent))
    except Problem as refusal:
        return await shown_page(request, deps, sent.visitor, app_id, refusal=refusal)
    except AwaitsApproval as waits:
        return await shown_page(request, deps, sent.visitor, app_id, waits=waits)
    return await shown_page(request, deps, sent.visitor, app_id, key=shown)


@router.post("/{app_id}/keys/{key_id}/delete")
async def delete_key(
    deps: DepsOf, sent: FreshlySentByAdmin, app_id: AppId, key_id: KeyId
) -> Response:
    await keys.delete(deps, sent.actor, app_id, key_id)
    return to(f"{HOME}/{app_id}?done=key_deleted")


@router.post("/{app_id}/ping")
async def ping(deps: DepsOf, sent: SentByAdmin, app_id: AppId) -> Response:
    """The attempt is then on the page of the app."""
    app = await apps.read(deps, app_id, sent.scope)
    if app.terms.notify_url is None:
        return to(f"{HOME}/{app_id}?problem=ping_no_address")
    try:
        sent_ping = await pings.send(deps, sent.actor, app_id, app.terms.notify_url)
    except Problem:
        return to(f"{HOME}/{app_id}?problem=ping_failed")
    return to(f"{HOME}/{app_id}?ping={sent_ping.event_id}")


@router.get("/{app_id}/hand-over")
async def hand_over_page(
    request: Request, deps: DepsOf, visitor: SeenByViewer, app_id: AppId
) -> Response:
    """What a developer needs, to be printed or sent; without a secret."""
    context = {"visitor": visitor, **await hand_over_context(deps, visitor, app_id)}
    return render(request, "hand_over.html", context)


async def hand_over_context(deps: Deps, visitor: Visitor, app_id: str) -> dict[str, Any]:
    app = await apps.read(deps, app_id, visitor.scope)
    known = await channels.read_list(deps)
    accounts = await channel_accounts.read_of(deps, app.terms.merchant_ids, limit=MAX_LIMIT)
    return {
        "it": app,
        "keys": await keys.read_page(deps, app_id, visitor.scope, after=None, limit=MAX_LIMIT),
        "accounts": accounts,
        "names": await merchants.read_names(deps, set(app.terms.merchant_ids)),
        "natives": {each.channel for each in known.items if Method.NATIVE in each.methods},
        "api_url": known.api_url,
    }


def with_own_address(sent: Sent) -> dict[str, str]:
    return app_forms.with_address(sent.form, sent.actor.ip)


def key_in(sent: Sent) -> dict[str, Any]:
    """The arguments of `keys.create` behind the app. Raises InvalidRequest."""
    pasted = pasted_in(sent, "pem").strip()
    kind = "certificate" if "BEGIN CERTIFICATE" in pasted else "public_key"
    given: dict[str, Any] = {"alg": sent.form.get("alg", "")}
    if pasted and given["alg"] != KeyAlgorithm.HMAC_SHA256:
        given[kind] = pasted
    return {**dict(parse(CreateKey, given)), "key_id": number_in(sent.form, "key")}


def form_page(
    request: Request,
    visitor: Visitor,
    app: App | None,
    entered: Mapping[str, str],
    refusal: Problem | None = None,
) -> Response:
    """`app`: the one to be changed; None: a new one."""
    context = {
        "visitor": visitor,
        "it": app,
        "entered": entered,
        "wrong": wrong_fields(refusal) if refusal else {},
        "address": visitor.caller.actor.ip,
    }
    return render(request, "app_form.html", context, status=refusal.status if refusal else 200)


async def shown_page(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    app_id: str,
    *,
    app: ShownApp | None = None,
    key: ShownKey | None = None,
    waits: AwaitsApproval | None = None,
    refusal: Problem | None = None,
) -> Response:
    """The page of the app, with the secrets that were just made."""
    it = await apps.read(deps, app_id, visitor.scope)
    listed = await keys.read_page(deps, app_id, visitor.scope, after=None, limit=MAX_LIMIT)
    context = {
        "visitor": visitor,
        "it": it,
        "keys": [
            (each, find_fingerprint(each.public_key_pem), find_validity(each.public_key_pem))
            for each in listed
        ],
        "algorithms": KeyAlgorithm,
        "names": await merchants.read_names(deps, set(it.terms.merchant_ids)),
        "secret_version": app_forms.SECRET.version(it),
        "new_app": app,
        "new_key": key,
        "waits": waits,
        "waiting": refusal.approval_id if isinstance(refusal, AlreadyWaits) else None,
        "wrong": wrong_fields(refusal) if refusal else {},
        "attempt": await pings.find(
            deps, app_id, request.query_params.get("ping", ""), visitor.scope
        ),
        "done": done_in(request, DONE),
        "problem": problem_in(request, REFUSALS),
    }
    return render(request, "app.html", context, status=refusal.status if refusal else 200)
