"""One's own second factor: a QR code for the authenticator, and recovery codes, shown once."""

from typing import Final

import segno
from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from chassis.problems import Problem
from merchant_admin.api.access import DepsOf
from merchant_admin.api.console.rendering import problem_in, render, saying
from merchant_admin.api.console.visiting import (
    SECOND_FACTOR,
    FreshlySentByAnyone,
    SeenByAnyone,
    Visitor,
    to,
)
from merchant_admin.domain.errors import NoSuch, TooManyLogins
from merchant_admin.domain.second_factor import Enrolment, is_needed_by
from merchant_admin.flows import second_factors

REFUSALS: Final = frozenset({"second_factor_gone"})

router = APIRouter(include_in_schema=False, prefix=SECOND_FACTOR)


@router.get("")
async def second_factor_page(request: Request, deps: DepsOf, visitor: SeenByAnyone) -> Response:
    context = {
        "visitor": visitor,
        "codes_left": await second_factors.count_recovery_codes(deps, visitor.username),
        "is_required": deps.requires_totp and is_needed_by(visitor.caller.role),
        "problem": problem_in(request, REFUSALS),
    }
    return render(request, "second_factor.html", context)


@router.post("")
async def begin(request: Request, deps: DepsOf, sent: FreshlySentByAnyone) -> Response:
    enrolment = await second_factors.begin(deps, sent.actor)
    return _enrolment_page(request, sent.visitor, enrolment)


@router.post("/confirm")
async def confirm(request: Request, deps: DepsOf, sent: FreshlySentByAnyone) -> Response:
    code = sent.form.get("totp", "")[:64].strip()
    try:
        codes = await second_factors.confirm(deps, sent.actor, sent.visitor.caller.token, code)
    except NoSuch:
        return to(f"{SECOND_FACTOR}?problem=second_factor_gone")
    except Problem as refusal:
        problem = "too_many_logins" if isinstance(refusal, TooManyLogins) else "wrong_totp"
        enrolment = await second_factors.read_pending(deps, sent.visitor.username)
        return _enrolment_page(request, sent.visitor, enrolment, problem, refusal.status)
    return _codes_page(request, sent.visitor, codes)


@router.post("/recovery-codes")
async def renew_codes(request: Request, deps: DepsOf, sent: FreshlySentByAnyone) -> Response:
    try:
        codes = await second_factors.renew_recovery_codes(deps, sent.actor)
    except NoSuch:
        return to(f"{SECOND_FACTOR}?problem=second_factor_gone")
    return _codes_page(request, sent.visitor, codes)


@router.post("/remove")
async def remove(deps: DepsOf, sent: FreshlySentByAnyone) -> Response:
    try:
        await second_factors.remove(deps, sent.actor, sent.visitor.username)
    except NoSuch:
        return to(f"{SECOND_FACTOR}?problem=second_factor_gone")
    return to(saying(SECOND_FACTOR, "second_factor_removed"))


def _enrolment_page(
    request: Request,
    visitor: Visitor,
    enrolment: Enrolment,
    problem: str | None = None,
    status: int = 200,
) -> Response:
    svg = segno.make(enrolment.uri, error="m").svg_inline(scale=5, light="#fff")
    context = {
        "visitor": visitor,
        "enrolment": enrolment,
        "qr": Markup(svg),
        "problem": problem,
    }
    return render(request, "second_factor_enrolment.html", context, status=status)


def _codes_page(request: Request, visitor: Visitor, codes: tuple[str, ...]) -> Response:
    return render(request, "recovery_codes.html", {"visitor": visitor, "codes": codes})
