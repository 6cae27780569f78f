"""Fixed counter codes (固定收款码): put up, turned off and on, printed."""

import re
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from chassis.problems import Problem
from chassis.web import parse
from contracts.words import Words
from foundation.money_text import BEIJING, minor_units, plain_amount
from foundation.qr import qr_svg
from merchant_admin.api.access import DepsOf
from merchant_admin.api.bodies import ChangeCounterCode, CreateCounterCode
from merchant_admin.api.console.filter_fields import LISTS
from merchant_admin.api.console.filters import list_context
from merchant_admin.api.console.forms import number_in
from merchant_admin.api.console.refused_forms import RefusedForm
from merchant_admin.api.console.rendering import render, saying
from merchant_admin.api.console.setup.wrong import wrong_fields
from merchant_admin.api.console.texts import TEXTS
from merchant_admin.api.console.visiting import SeenByAdmin, SeenByViewer, SentByAdmin, Visitor, to
from merchant_admin.api.ids import with_form_of
from merchant_admin.api.paging import DEFAULT_LIMIT, id_after, page_of
from merchant_admin.domain.entities import CounterCode
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.flows import apps, counter_codes, merchants
from merchant_admin.flows.deps import Deps

HOME: Final = "/console/counter-codes"
CURRENCY: Final = "CNY"
MAX_SUGGESTED: Final = 100
"""Apps in the list of the form; the ids of others are typed."""

AMOUNTS: Final = ("min_amount", "max_amount", "daily_limit")

router = APIRouter(include_in_schema=False, prefix=HOME)


NOTHING_REFUSED: Final = RefusedForm()


@router.get("")
async def list_page(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    return await _page(request, deps, visitor)


@router.post("")
async def create(request: Request, deps: DepsOf, sent: SentByAdmin) -> Response:
    try:
        terms = parse(CreateCounterCode, _terms(sent.form))
        made = await counter_codes.create(
            deps, sent.actor, dict(terms), code_id=number_in(sent.form, "counter_code")
        )
    except Problem as problem:
        refused = RefusedForm(status=problem.status, given=sent.form, wrong=_wrong(problem))
        return await _page(request, deps, sent.visitor, refused)
    return to(f"{HOME}/{made.code.code_id}/print")


@router.post("/{code_id}/state")
async def change_state(deps: DepsOf, sent: SentByAdmin, code_id: str) -> Response:
    number = with_form_of("counter_code", code_id)
    wanted = parse(ChangeCounterCode, {"state": sent.form.get("state", "")})
    await counter_codes.change(deps, sent.actor, number, wanted.changes())
    return to(saying(HOME, "code_saved"))


@router.get("/{code_id}/change")
async def change_page(
    request: Request, deps: DepsOf, visitor: SeenByAdmin, code_id: str
) -> Response:
    number = with_form_of("counter_code", code_id)
    code = (await counter_codes.read(deps, number, visitor.scope)).code
    return _change_page(request, visitor, code, RefusedForm(given=_typed(code)))


@router.post("/{code_id}/change")
async def change(request: Request, deps: DepsOf, sent: SentByAdmin, code_id: str) -> Response:
    number = with_form_of("counter_code", code_id)
    code = (await counter_codes.read(deps, number, sent.visitor.scope)).code
    try:
        wanted = parse(ChangeCounterCode, _changeable(sent.form))
        await counter_codes.change(deps, sent.actor, number, wanted.changes())
    except Problem as problem:
        refused = RefusedForm(status=problem.status, given=sent.form, wrong=_wrong(problem))
        return _change_page(request, sent.visitor, code, refused)
    return to(saying(HOME, "code_saved"))


@router.get("/{code_id}/print")
async def print_page(
    request: Request, deps: DepsOf, visitor: SeenByViewer, code_id: str
) -> Response:
    """A page of its own, A6, to be printed and put up."""
    number = with_form_of("counter_code", code_id)
    shown = await counter_codes.read(deps, number, visitor.scope)
    merchant = await merchants.read(deps, shown.code.merchant_id, visitor.scope)
    context = {
        "code": shown.code,
        "merchant": merchant,
        "currency": CURRENCY,
        "home": HOME,
        "qr": Markup(qr_svg(shown.url)),  # dots only: the address does not stand in it as text
    }
    return render(request, "counter_code_print.html", context)


async def _page(
    request: Request, deps: Deps, visitor: Visitor, refused: RefusedForm = NOTHING_REFUSED
) -> Response:
    filters = LISTS["counter-codes"].of(request)
    found = await counter_codes.read_codes(
        deps,
        LISTS["counter-codes"].query(filters, visitor.scope),
        after=id_after("counter_code", request.query_params.get("after") or None),
        limit=DEFAULT_LIMIT + 1,
    )
    page = page_of(found, DEFAULT_LIMIT, view=lambda it: it, place=lambda it: it.code_id)
    named = {code.merchant_id for code in page.items}
    known_apps = ListQuery(visitor.scope)
    context = {
        "visitor": visitor,
        **await list_context(
            request,
            deps,
            visitor.scope,
            filters,
            page,
            named,
            app_ids={code.app_id for code in page.items},
        ),
        "apps": await apps.read_page(deps, known_apps, after=None, limit=MAX_SUGGESTED),
        "received": await counter_codes.received_today(deps, page.items),
        "today": deps.clock().astimezone(BEIJING).date(),
        "currency": CURRENCY,
        "home": HOME,
        "wrong": refused.wrong,
        "given": refused.given,
    }
    return render(request, "counter_codes.html", context, status=refused.status)


def _change_page(
    request: Request, visitor: Visitor, code: CounterCode, refused: RefusedForm
) -> Response:
    context = {
        "visitor": visitor,
        "code": code,
        "home": HOME,
        "wrong": refused.wrong,
        "given": refused.given,
    }
    return render(request, "counter_code_change.html", context, status=refused.status)


def _typed(code: CounterCode) -> dict[str, str]:
    """As the form has it."""
    amounts = " ".join(plain_amount(amount, CURRENCY) for amount in code.amounts)
    limits = {name: plain_amount(getattr(code, name), CURRENCY) for name in AMOUNTS}
    return {"name": code.name, **limits, "amounts": amounts}


def _terms(form: Mapping[str, str]) -> dict[str, Any]:
    """As the API takes them."""
    whose = {name: form.get(name, "").strip() for name in ("merchant_id", "app_id")}
    return {**whose, **_changeable(form)}


def _changeable(form: Mapping[str, str]) -> dict[str, Any]:
    """As the API takes it; what is no amount is none there either."""
    limits = {name: minor_units(form.get(name, ""), CURRENCY) for name in AMOUNTS}
    typed = re.split(r"[\s，、]+", form.get("amounts", "").strip())
    amounts = [minor_units(text.strip(","), CURRENCY) for text in typed if text]
    return {"name": form.get("name", "").strip(), **limits, "amounts": amounts}


def _wrong(problem: Problem) -> dict[str, Words]:
    """By field, in the words of these fields where there are some."""
    return {
        name: Words(*TEXTS.get(f"code_refused.{name}", (words.zh, words.en)))
        for name, words in wrong_fields(problem).items()
    }
