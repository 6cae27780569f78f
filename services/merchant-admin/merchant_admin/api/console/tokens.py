"""Tokens of machines: made, shown once, revoked."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from chassis.problems import Problem
from chassis.web import parse
from merchant_admin.api.access import DepsOf
from merchant_admin.api.console.filter_fields import LISTS
from merchant_admin.api.console.filters import list_context
from merchant_admin.api.console.forms import number_in, whole_number
from merchant_admin.api.console.rendering import render, saying
from merchant_admin.api.console.setup.wrong import wrong_fields
from merchant_admin.api.console.visiting import (
    FreshlySentByAdmin,
    SeenByAdmin,
    Visitor,
    to,
)
from merchant_admin.api.ids import TokenId
from merchant_admin.api.paging import DEFAULT_LIMIT, id_after, page_of
from merchant_admin.api.tokens import CreateToken
from merchant_admin.domain.api_tokens import MAX_LIFETIME, ShownToken
from merchant_admin.domain.errors import NoSuch
from merchant_admin.domain.users import Role
from merchant_admin.flows import api_tokens
from merchant_admin.flows.deps import Deps

HOME: Final = "/console/tokens"

router = APIRouter(include_in_schema=False, prefix=HOME)


@router.get("")
async def tokens_page(request: Request, deps: DepsOf, visitor: SeenByAdmin) -> Response:
    return await _page(request, deps, visitor)


@router.post("")
async def create(request: Request, deps: DepsOf, sent: FreshlySentByAdmin) -> Response:
    """The answer shows the token, this once."""
    form = sent.form
    given: dict[str, Any] = {name: form.get(name, "") for name in ("name", "role")}
    given["merchant_ids"] = form.get("merchant_ids", "").split() or None
    given["expires_in_days"] = whole_number(form.get("expires_in_days", ""))
    try:
        wanted = parse(CreateToken, given)
        shown = await api_tokens.create(
            deps,
            sent.actor,
            name=wanted.name,
            role=wanted.role,
            merchant_ids=wanted.merchant_ids,
            lifetime=timedelta(days=wanted.expires_in_days),
            token_id=number_in(form, "api_token"),
        )
    except Problem as refusal:
        return await _page(request, deps, sent.visitor, given=form, refusal=refusal)
    return await _page(request, deps, sent.visitor, shown=shown)


@router.post("/{token_id}/revoke")
async def revoke(deps: DepsOf, sent: FreshlySentByAdmin, token_id: TokenId) -> Response:
    with suppress(NoSuch):  # Somebody else was faster.
        await api_tokens.revoke(deps, sent.actor, token_id)
    return to(saying(HOME, "token_revoked"))


async def _page(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    *,
    shown: ShownToken | None = None,
    given: Mapping[str, str] | None = None,
    refusal: Problem | None = None,
) -> Response:
    filters = LISTS["tokens"].of(request)
    found = await api_tokens.read_page(
        deps,
        LISTS["tokens"].query(filters, visitor.scope),
        after=id_after("api_token", request.query_params.get("after") or None),
        limit=DEFAULT_LIMIT + 1,
    )
    page = page_of(found, DEFAULT_LIMIT, view=lambda it: it, place=lambda it: it.token_id)
    named = {each for token in page.items for each in token.scope.parameter or ()}
    context = {
        "visitor": visitor,
        **await list_context(request, deps, visitor.scope, filters, page, named),
        "roles": Role,
        "now": deps.clock(),
        "max_days": MAX_LIFETIME.days,
        "secret": shown and shown.secret,
        "given": given or {},
        "wrong": wrong_fields(refusal) if refusal else {},
    }
    return render(request, "tokens.html", context, status=refusal.status if refusal else 200)
