"""One payment: the forms with which people refund and decide what no rule can; it is shown with
its order."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from chassis.problems import FieldError, Problem
from chassis.web import parse
from contracts.codes import Code
from contracts.words import Words
from merchant_admin.api.access import DepsOf
from merchant_admin.api.bodies import RequestRefund
from merchant_admin.api.console import order
from merchant_admin.api.console.forms import VERSION, whole_number
from merchant_admin.api.console.kept_forms import Wanted, shown_again
from merchant_admin.api.console.order import RefusedAction
from merchant_admin.api.console.rendering import error_page
from merchant_admin.api.console.setup.wrong import TOP, wrong_fields
from merchant_admin.api.console.shown import minor_units, plain_amount
from merchant_admin.api.console.visiting import (
    PROOFS,
    SeenByViewer,
    Sent,
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
from merchant_admin.flows import decisions, refund_as_shown, refunds, searching
from merchant_admin.flows.deps import Deps

CLAIM_FIELDS: Final = ("payment_id", "channel_trade_no", "amount", "currency")
EXAMPLE: Final = 1250
"""What an amount looks like, in minor units."""

SHOWN_AS_IT_IS: Final = frozenset({"claim_changed", "version_changed"})

router = APIRouter(include_in_schema=False, prefix="/console/payments/{payment_no}")


@router.get("")
async def payment_page(
    request: Request, deps: DepsOf, visitor: SeenByViewer, payment_no: str
) -> Response:
    return await _page(request, deps, visitor, payment_no)


@router.post("/decision")
async def decide(request: Request, deps: DepsOf, sent: SentByDecider, payment_no: str) -> Response:
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
            prove=partial(proved, deps, sent.visitor, sent.form),
        )
    except Problem as problem:
        refused = _refused(problem, number, sent.form, "decision")
        return await _refusal(request, deps, sent, number, refused)
    return await _to_order(deps, sent.scope, number, "done=payment_decided")


@router.post("/refunds")
async def request_refund(
    request: Request, deps: DepsOf, sent: SentByRefunder, payment_no: str
) -> Response:
    """The form carries the number that it got when it was shown, so it is one refund, and what had
    gone back by then: where that is another amount now, the page comes back with it."""
    number = with_form_of("payment", payment_no)
    try:
        payment = await searching.read_payment(deps, number, sent.scope)
        currency = payment.found.payment.currency
        amount = minor_units(sent.form.get("amount", ""), currency)
        if not amount:
            raise Unusable(_no_amount(currency))
        given = {name: sent.form.get(name, "") for name in ("merchant_refund_no", "reason")}
        requested = parse(RequestRefund, {**given, "amount": amount})
        await refund_as_shown.require_as_shown(
            deps,
            payment.order.order_id,
            number,
            merchant_refund_no=requested.merchant_refund_no,
            seen=sent.form.get(VERSION, ""),
        )
        if await refunds.wants_proof_for(
            deps, number, requested.merchant_refund_no, requested.amount, currency
        ):
            await proved(deps, sent.visitor, sent.form)
        opened = await refunds.request(
            deps, sent.actor, sent.scope, number, **dict(requested), is_proved=True
        )
    except Problem as problem:
        refused = _refused(problem, number, sent.form, "refund")
        return await _refusal(request, deps, sent, number, refused)
    done = f"done=refund_requested&number={opened.refund.refund_no}"
    return await _to_order(deps, sent.scope, number, done)


@router.post("/refunds/{refund_no}/decision")
async def decide_on_refund(
    request: Request, deps: DepsOf, sent: SentByDecider, payment_no: str, refund_no: str
) -> Response:
    number = with_form_of("payment", payment_no)
    refund_number = with_form_of("refund", refund_no)
    version = whole_number(sent.form.get("version", ""))
    try:
        requested = parse(DecideOnRefund, {**_decision(sent.form), "version": version})
        await decisions.decide_refund(
            deps,
            sent.actor,
            sent.scope,
            refund_number,
            **dict(requested),
            prove=partial(proved, deps, sent.visitor, sent.form),
        )
    except Problem as problem:
        refused = _refused(problem, refund_number, sent.form, "decision")
        return await _refusal(request, deps, sent, number, refused)
    return await _to_order(deps, sent.scope, number, "done=refund_decided")


async def _page(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    payment_no: str,
    refused: RefusedAction | None = None,
) -> Response:
    """Its order's page."""
    try:
        number = with_form_of("payment", payment_no)
        found = await searching.read_payment(deps, number, visitor.scope)
    except NoSuch:
        return error_page(request, 404, visitor)
    return await order.page(
        request, deps, visitor, found.order.order_id, refused=refused, payment_no=number
    )


async def _refusal(
    request: Request, deps: Deps, sent: Sent, payment_no: str, refused: RefusedAction
) -> Response:
    """The page with the form as it was filled in. Where no answer came the page would lack what the
    form is about: the form alone stays, with its number, so that sent again it is the same one."""
    if refused.status < 500:
        return await _page(request, deps, sent.visitor, payment_no, refused)
    form = {name: value for name, value in sent.form.items() if name not in PROOFS}
    wanted = Wanted(request.url.path, form)
    return shown_again(
        request, wanted, sent.visitor.csrf, hint="kept_form_unknown", status=refused.status
    )


async def _to_order(deps: Deps, scope: Scope, number: str, done: str) -> Response:
    found = await searching.read_payment(deps, number, scope)
    return to(f"{order.HOME}/{found.order.order_id}?{done}")


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


def _refused(problem: Problem, about: str, form: Mapping[str, str], thing: str) -> RefusedAction:
    """`thing`_refused, or what is wrong with its fields, unless the code itself has a text."""
    wrong: dict[str, Words | None] = {**wrong_fields(problem)} if problem.errors else {}
    is_marked = wrong.pop(TOP, None) is not None and thing == "refund"
    text = "form_refused" if is_marked else f"{thing}_refused"
    if problem.code == Code.REFUND_EXCEEDS_PAID:
        text, wrong = "form_refused", {"amount": None}
    if problem.code in SHOWN_AS_IT_IS:
        text = problem.code
    return RefusedAction(text, problem.status, thing, about, form, wrong)


def _no_amount(currency: str) -> FieldError:
    like = plain_amount(EXAMPLE, currency)
    return FieldError(
        "/amount", f"must be an amount above 0, as {like}", f"须为大于 0 的金额，如 {like}"
    )
