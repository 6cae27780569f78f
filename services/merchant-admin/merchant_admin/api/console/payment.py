"""One payment: its page, and the forms with which people decide what no rule can."""

from typing import Final

from fastapi import APIRouter, Request, Response

from chassis.problems import InvalidRequest, Problem
from chassis.web import parse
from contracts.api import PaymentStatus
from contracts.internal import PaymentDecision, PaymentOnFile, RefundDecision
from merchant_admin.api.access import Work
from merchant_admin.api.console.rendering import problem_in, render
from merchant_admin.api.console.visiting import Seen, SentByOperator, to
from merchant_admin.api.decisions import DecideOnPayment, DecideOnRefund
from merchant_admin.api.ids import with_form_of
from merchant_admin.domain.errors import NoSuch
from merchant_admin.flows import decisions, merchants, searching
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.searching import PaymentInFull

REFUSALS: Final = frozenset({"decision_refused", "decision_failed"})

router = APIRouter(include_in_schema=False, prefix="/console/payments/{payment_no}")


@router.get("")
async def payment_page(request: Request, deps: Work, visitor: Seen, payment_no: str) -> Response:
    try:
        payment = await searching.read_payment(deps, with_form_of("payment", payment_no))
    except NoSuch:
        return render(request, "not_found.html", {"visitor": visitor}, status=404)
    facts = {
        "visitor": visitor,
        "it": payment,
        "names": await merchants.read_names(deps, {payment.found.payment.merchant_id}),
        "conflict": await _find_conflict(deps, payment),
        "payment_decisions": PaymentDecision,
        "refund_decisions": RefundDecision,
        "problem": problem_in(request, REFUSALS),
    }
    return render(request, "payment.html", facts)


@router.post("/decision")
async def decide(deps: Work, sent: SentByOperator, payment_no: str) -> Response:
    number = with_form_of("payment", payment_no)
    try:
        requested = parse(DecideOnPayment, _decision(sent.form))
        await decisions.decide_payment(
            deps, sent.actor, number, decision=requested.decision, reason=requested.reason
        )
    except Problem as problem:
        return to(f"/console/payments/{number}?problem={_told(problem)}")
    return to(f"/console/payments/{number}")


@router.post("/refunds/{refund_no}/decision")
async def decide_on_refund(
    deps: Work, sent: SentByOperator, payment_no: str, refund_no: str
) -> Response:
    number = with_form_of("payment", payment_no)
    try:
        requested = parse(DecideOnRefund, _decision(sent.form))
        await decisions.decide_refund(
            deps,
            sent.actor,
            with_form_of("refund", refund_no),
            decision=requested.decision,
            reason=requested.reason,
        )
    except Problem as problem:
        return to(f"/console/payments/{number}?problem={_told(problem)}")
    return to(f"/console/payments/{number}")


async def _find_conflict(deps: Deps, payment: PaymentInFull) -> PaymentOnFile | None:
    """What is still to be decided, from trade-core itself: the read model may be a moment late."""
    if payment.found.payment.status is not PaymentStatus.CONFLICTED:
        return None
    on_file = await decisions.read_on_file(deps, payment.found.payment.payment_no)
    return on_file if on_file.status is PaymentStatus.CONFLICTED else None


def _decision(form: dict[str, str]) -> dict[str, str]:
    return {name: form.get(name, "") for name in ("decision", "reason")}


def _told(problem: Problem) -> str:
    refused = isinstance(problem, InvalidRequest) or problem.status < 500
    return "decision_refused" if refused else "decision_failed"
