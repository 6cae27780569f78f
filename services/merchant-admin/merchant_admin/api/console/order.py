"""One order with all that is known of it, and what people may do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fastapi import APIRouter, Request, Response

from chassis.problems import Problem
from contracts.api import PaymentStatus, RefundStatus
from contracts.events.configuration import RefundSplits
from contracts.internal import PaymentDecision, PaymentInBooks, RefundDecision
from contracts.words import Words
from merchant_admin.api.access import DepsOf
from merchant_admin.api.console.rendering import done_in, error_page, problem_in, render
from merchant_admin.api.console.visiting import SeenByViewer, SentByOperator, Visitor, to
from merchant_admin.api.ids import with_form_of
from merchant_admin.domain.errors import NoSuch
from merchant_admin.domain.scope import EVERYTHING
from merchant_admin.flows import (
    apps,
    callbacks,
    counter_codes,
    merchants,
    order_story,
    refunds,
)
from merchant_admin.flows.deps import Deps

HOME: Final = "/console/orders"

DONE: Final = frozenset(
    {
        "refund_requested",
        "payment_decided",
        "refund_decided",
        "order_asked",
        "order_closed",
        "callback_sent",
    }
)
DISPUTE_DECISIONS: Final = (RefundDecision.RELEASE, RefundDecision.SETTLED_OUTSIDE)
"""What can be decided of a dispute that was won: there is no refund that could be paid out."""

REFUSALS: Final = frozenset({"order_failed", "order_refused", "callback_refused"})

router = APIRouter(include_in_schema=False, prefix=HOME)


@dataclass(frozen=True, slots=True)
class RefusedAction:
    """A form (`refund`, `decision`) that was not carried out: the text that tells why, which number
    it is about, what was filled in, and which fields are wrong, with words of their own where
    `problem` does not say it."""

    problem: str
    status: int
    form: str
    about: str
    given: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, Words | None] = field(default_factory=dict)


@router.get("/{order_id}")
async def order_page(
    request: Request, deps: DepsOf, visitor: SeenByViewer, order_id: str
) -> Response:
    return await page(request, deps, visitor, order_id)


@router.post("/{order_id}/ask")
async def ask(deps: DepsOf, sent: SentByOperator, order_id: str) -> Response:
    """Have the channels asked now about whatever is open."""
    number = with_form_of("order", order_id)
    try:
        await order_story.ask(deps, sent.actor, number, sent.scope)
    except NoSuch:
        raise
    except Problem as problem:
        return to(f"{HOME}/{number}?problem={_refusal_of(problem)}")
    return to(f"{HOME}/{number}?done=order_asked")


@router.post("/{order_id}/close")
async def close(deps: DepsOf, sent: SentByOperator, order_id: str) -> Response:
    number = with_form_of("order", order_id)
    try:
        await order_story.close(deps, sent.actor, number, sent.scope)
    except NoSuch:
        raise
    except Problem as problem:
        return to(f"{HOME}/{number}?problem={_refusal_of(problem)}")
    return to(f"{HOME}/{number}?done=order_closed")


@router.post("/{order_id}/callbacks/{event_id}")
async def redeliver(deps: DepsOf, sent: SentByOperator, order_id: str, event_id: str) -> Response:
    """Send one of the order's callbacks again, now."""
    number = with_form_of("order", order_id)
    story = await order_story.read(deps, number, sent.scope)
    if event_id not in {one.event_id for one in story.deliveries or ()}:
        raise NoSuch("callback of this order")
    try:
        await callbacks.send_again(deps, sent.actor, EVERYTHING, story.app_id, event_id)
    except Problem:
        return to(f"{HOME}/{number}?problem=callback_refused")
    return to(f"{HOME}/{number}?done=callback_sent")


async def page(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    order_id: str,
    *,
    refused: RefusedAction | None = None,
    payment_no: str | None = None,
) -> Response:
    """`payment_no`: the attempt that was looked for."""
    try:
        number = with_form_of("order", order_id)
        story = await order_story.read(deps, number, visitor.scope)
    except NoSuch:
        return error_page(request, 404, visitor)
    context = {
        "visitor": visitor,
        "it": story,
        "home": f"{HOME}/{number}",
        "names": {
            **await merchants.read_names(deps, {story.order.merchant_id}),
            **await apps.read_names(deps, visitor.scope, {story.app_id}),
        },
        "begun_at": await counter_codes.find_begun(deps, story.app_id, story.payments),
        "looked_for": payment_no,
        "dialog": _dialog(request, refused),
        "payment_decisions": PaymentDecision,
        "refund_decisions": RefundDecision,
        "dispute_decisions": DISPUTE_DECISIONS,
        "to_decide": [each for each in story.payments if _is_to_decide(each)],
        "stuck": [each for each in story.refunds if each.status is RefundStatus.ABNORMAL],
        "refund_numbers": _refund_numbers(story.payments, refused),
        "refund_splits": await _refund_splits(deps, story.app_id),
        "about": refused.about if refused else None,
        "given": refused.given if refused else {},
        "wrong": refused.wrong if refused else {},
        "problem": refused.problem if refused else problem_in(request, REFUSALS),
        "done": done_in(request, DONE),
        "done_number": request.query_params.get("number", ""),
    }
    return render(request, "order.html", context, status=refused.status if refused else 200)


def _is_to_decide(payment: PaymentInBooks) -> bool:
    return payment.status is PaymentStatus.CONFLICTED


def _dialog(request: Request, refused: RefusedAction | None) -> str:
    """Which dialog stands open: `refund-P…`; without script it is opened by its address."""
    if refused is not None:
        return f"refund-{refused.about}" if refused.form == "refund" else ""
    return request.query_params.get("dialog", "")


def _refund_numbers(
    payments: Sequence[PaymentInBooks], refused: RefusedAction | None
) -> dict[str, str]:
    """By payment: what the refund that its dialog asks for will be known by, so that sent twice it
    is one refund."""
    numbers = {payment.payment_no: refunds.new_number() for payment in payments}
    if refused is not None and refused.given.get("merchant_refund_no"):
        numbers[refused.about] = refused.given["merchant_refund_no"]
    return numbers


async def _refund_splits(deps: Deps, app_id: str) -> RefundSplits:
    try:
        return (await apps.read(deps, app_id, EVERYTHING)).terms.refund_splits
    except NoSuch:
        return RefundSplits.RETURN


def _refusal_of(problem: Problem) -> str:
    return "order_failed" if problem.status >= 500 else "order_refused"
