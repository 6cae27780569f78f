"""One payment: its page, and the forms with which people refund and decide what no rule can."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from chassis.problems import FieldError, Problem
from chassis.web import parse
from contracts.api import PaymentStatus, RefundStatus
from contracts.internal import PaymentDecision, PaymentOnFile, RefundDecision
from merchant_admin.api.access import Work
from merchant_admin.api.bodies import RequestRefund
from merchant_admin.api.console.forms import whole_number
from merchant_admin.api.console.rendering import done_in, error_page, render
from merchant_admin.api.console.shown import minor_units
from merchant_admin.api.console.visiting import (
    Seen,
    SentByDecider,
    SentByRefunder,
    Visitor,
    proved,
    to,
)
from merchant_admin.api.decisions import DecideOnPayment, DecideOnRefund
from merchant_admin.api.ids import with_form_of
from merchant_admin.domain.errors import NoSuch, Unusable
from merchant_admin.domain.scope import Scope
from merchant_admin.flows import decisions, merchants, refunds, searching
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.searching import PaymentInFull

REFUND: Final = "refund"
"""Among what was given: the form for a new refund; the others go by the number they are about."""

CLAIM_FIELDS: Final = ("payment_id", "channel_trade_no", "amount", "currency")
SAID_AS_IT_IS: Final = frozenset({"claim_changed", "version_changed"})
DONE: Final = frozenset({"refund_requested"})

router = APIRouter(include_in_schema=False, prefix="/console/payments/{payment_no}")


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that was not carried out: the text that tells why, and what was filled in where."""

    problem: str
    status: int
    given: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@router.get("")
async def payment_page(request: Request, deps: Work, visitor: Seen, payment_no: str) -> Response:
    return await _page(request, deps, visitor, payment_no)


@router.post("/decision")
async def decide(request: Request, deps: Work, sent: SentByDecider, payment_no: str) -> Response:
    """Where the channel claims other money by now, the page comes back with that."""
    number = with_form_of("payment", payment_no)
    try:
        requested = parse(DecideOnPayment, {**_decision(sent.form), "claim": _claim(sent.form)})
        await decisions.decide_payment(
            deps,
            sent.actor,
            sent.scope,
            number,
            decision=requested.decision,
            reason=requested.reason,
            claim=requested.seen(),
        )
    except Problem as problem:
        refused = _refused(problem, number, sent.form, "decision")
        return await _page(request, deps, sent.visitor, number, refused)
    return to(f"/console/payments/{number}")


@router.post("/refunds")
async def request_refund(
    request: Request, deps: Work, sent: SentByRefunder, payment_no: str
) -> Response:
    """The form carries the number that it got when it was shown, so it is one refund."""
    number = with_form_of("payment", payment_no)
    try:
        payment = await searching.read_payment(deps, number, sent.scope)
        amount = minor_units(sent.form.get("amount", ""), payment.found.payment.currency)
        if amount is None:
            raise Unusable(FieldError("/amount", "is not an amount"))
        given = {name: sent.form.get(name, "") for name in ("merchant_refund_no", "reason")}
        requested = parse(RequestRefund, {**given, "amount": amount})
        if requested.amount >= deps.refund_reauthentication_from:
            await proved(deps, sent.visitor, sent.form)
        await refunds.request(deps, sent.actor, sent.scope, number, **dict(requested))
    except Problem as problem:
        refused = _refused(problem, REFUND, sent.form, "refund")
        return await _page(request, deps, sent.visitor, number, refused)
    return to(f"/console/payments/{number}?done=refund_requested")


@router.post("/refunds/{refund_no}/decision")
async def decide_on_refund(
    request: Request, deps: Work, sent: SentByDecider, payment_no: str, refund_no: str
) -> Response:
    number = with_form_of("payment", payment_no)
    refund_number = with_form_of("refund", refund_no)
    version = whole_number(sent.form.get("version", ""))
    try:
        requested = parse(DecideOnRefund, {**_decision(sent.form), "version": version})
        await decisions.decide_refund(
            deps, sent.actor, sent.scope, refund_number, **dict(requested)
        )
    except Problem as problem:
        refused = _refused(problem, refund_number, sent.form, "decision")
        return await _page(request, deps, sent.visitor, number, refused)
    return to(f"/console/payments/{number}")


async def _page(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    payment_no: str,
    refused: Refused | None = None,
) -> Response:
    try:
        number = with_form_of("payment", payment_no)
        payment = await searching.read_payment(deps, number, visitor.scope)
    except NoSuch:
        return error_page(request, 404, visitor)
    problem, given = (refused.problem, refused.given) if refused else (None, {})
    conflict, versions = None, {}
    try:
        conflict = await _find_conflict(deps, payment, visitor.scope)
        versions = await _versions(deps, payment, visitor.scope)
    except Problem:
        problem = problem or "decision_failed"
    refund_number = given.get(REFUND, {}).get("merchant_refund_no") or refunds.new_number()
    facts = {
        "visitor": visitor,
        "home": f"/console/payments/{payment_no}",
        "it": payment,
        "names": await merchants.read_names(deps, {payment.found.payment.merchant_id}),
        "conflict": conflict,
        "versions": versions,
        "payment_decisions": PaymentDecision,
        "refund_decisions": RefundDecision,
        "refund_number": refund_number,
        "given": given,
        "problem": problem,
        "done": done_in(request, DONE),
    }
    return render(request, "payment.html", facts, status=refused.status if refused else 200)


async def _find_conflict(deps: Deps, payment: PaymentInFull, scope: Scope) -> PaymentOnFile | None:
    """What is still to be decided, from trade-core itself: the read model may be a moment late."""
    if payment.found.payment.status is not PaymentStatus.CONFLICTED:
        return None
    on_file = await decisions.read_on_file(deps, payment.found.payment.payment_no, scope)
    return on_file if on_file.status is PaymentStatus.CONFLICTED else None


async def _versions(deps: Deps, payment: PaymentInFull, scope: Scope) -> dict[str, int]:
    """By number: the refunds that people must decide about, as trade-core has them now."""
    versions: dict[str, int] = {}
    for found in payment.refunds:
        if found.refund.status is RefundStatus.ABNORMAL:
            on_file = await decisions.read_refund_on_file(deps, found.refund.refund_no, scope)
            if on_file.status is RefundStatus.ABNORMAL:
                versions[on_file.refund_no] = on_file.version
    return versions


def _decision(form: Mapping[str, str]) -> dict[str, str]:
    return {name: form.get(name, "") for name in ("decision", "reason")}


def _claim(form: Mapping[str, str]) -> dict[str, Any] | None:
    """As the page showed it; None where it showed none."""
    if not form.get("claim_payment_id"):
        return None
    claim: dict[str, Any] = {name: form.get(f"claim_{name}", "") for name in CLAIM_FIELDS}
    claim["amount"] = whole_number(claim["amount"])
    claim["channel_trade_no"] = claim["channel_trade_no"] or None
    return claim


def _refused(problem: Problem, about: str, form: Mapping[str, str], thing: str) -> Refused:
    """`thing`_refused or `thing`_failed, unless the code itself has a text."""
    if problem.code in SAID_AS_IT_IS:
        return Refused(problem.code, problem.status, {about: form})
    text = f"{thing}_refused" if problem.status < 500 else "decision_failed"
    return Refused(text, problem.status, {about: form})
