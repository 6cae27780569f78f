"""The guided way (接入向导): from a merchant to an app that calls, a step a page, to be left and
taken up again."""

from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from chassis.problems import Problem
from merchant_admin.api.access import DepsOf
from merchant_admin.api.console.forms import NUMBER, seen_in
from merchant_admin.api.console.rendering import problem_in, render
from merchant_admin.api.console.setup import onboarding_steps as steps
from merchant_admin.api.console.setup.onboarding_contexts import context_of, credentials_context
from merchant_admin.api.console.setup.wrong import wrong_fields
from merchant_admin.api.console.visiting import (
    FreshlySeenByAdmin,
    FreshlySentFileByAdmin,
    Sent,
    SentByAdmin,
    Visitor,
    to,
)
from merchant_admin.domain.approvals import AwaitsApproval
from merchant_admin.domain.errors import VERSION_CHANGED
from merchant_admin.domain.onboarding import MADE, Draft, Step
from merchant_admin.flows import onboarding
from merchant_admin.flows.deps import Deps

HOME: Final = "/console/onboarding"
DRAFT: Final = "draft"
"""The field with what the draft was when a step was shown: a person may have begun anew beside."""

REFUSALS: Final = frozenset(
    {"trial_failed", "ping_failed", "ping_no_address", "app_made_before", "key_made_before"}
)

router = APIRouter(include_in_schema=False, prefix=HOME)


@router.get("")
async def go_on(request: Request, deps: DepsOf, visitor: FreshlySeenByAdmin) -> Response:
    """Where it was left."""
    draft = await onboarding.read(deps, visitor.username)
    return await _page(request, deps, visitor, draft, draft.step, {})


@router.post("/restart")
async def restart(deps: DepsOf, sent: SentByAdmin) -> Response:
    """`merchant_id`: for the same merchant, with another channel. What was made stays."""
    draft = await onboarding.read(deps, sent.visitor.username)
    if "same_merchant" in sent.form and draft.merchant_id:
        restarted = Draft(merchant_id=draft.merchant_id, app_id=draft.app_id, key_id=draft.key_id)
        await onboarding.save(deps, sent.visitor.username, restarted)
    else:
        await onboarding.drop(deps, sent.visitor.username)
    return to(HOME)


@router.get("/{step}")
async def step_page(
    request: Request, deps: DepsOf, visitor: FreshlySeenByAdmin, step: Step
) -> Response:
    draft = await onboarding.read(deps, visitor.username)
    if not draft.may_enter(step):
        return to(f"{HOME}/{draft.step}")
    return await _page(request, deps, visitor, draft, step, {})


@router.post("/{step}")
async def take(
    request: Request, deps: DepsOf, sent: FreshlySentFileByAdmin, step: Step
) -> Response:
    """What the step asks for; where something is wrong, its page comes back filled in."""
    username = sent.visitor.username
    draft = await onboarding.read(deps, username)
    if not draft.may_enter(step):
        return to(f"{HOME}/{draft.step}")
    if (led := _first_click(sent, draft, step)) is not None:
        return to(f"{HOME}/{led}")
    try:
        seen_in(sent.form, MADE, field=DRAFT).require(draft)
        taken = await steps.TAKE[step](deps, sent, draft)
    except Problem as refusal:
        return await _refused(request, deps, sent, draft, step, refusal)
    except AwaitsApproval as waits:
        kept = draft.waiting(step, waits.approval.approval_id)
        await onboarding.save(deps, username, kept)
        raise
    await onboarding.save(deps, username, taken.draft)
    if taken.shown:
        return await _page(request, deps, sent.visitor, taken.draft, taken.step, taken.shown)
    return to(f"{HOME}/{taken.step}" + (f"?{taken.query}" if taken.query else ""))


def _first_click(sent: Sent, draft: Draft, step: Step) -> str | None:
    """Where the first click of this very form led, if it made what the draft has."""
    number = sent.form.get(NUMBER)
    if number is None:
        return None
    match step:
        case Step.MERCHANT if number == draft.merchant_id and not sent.form.get("merchant_id"):
            return draft.step
        case Step.CREDENTIALS if number == draft.account_id:
            return draft.step
        case Step.APP if number == draft.app_id:
            return f"{Step.KEYS}?{steps.APP_MADE}"
        case _:
            return None


async def _refused(
    request: Request, deps: Deps, sent: Sent, draft: Draft, step: Step, refusal: Problem
) -> Response:
    context: dict[str, Any] = {"wrong": wrong_fields(refusal)}
    if refusal.code == VERSION_CHANGED:  # As it is there now.
        return await _page(request, deps, sent.visitor, draft, step, context, refusal.status)
    context["entered"] = sent.form
    if step is Step.CREDENTIALS and draft.channel:
        context |= await credentials_context(deps, sent.visitor, draft, sent, refusal)
        kept = {
            field.name: context["values"].get(field.name, "")
            for field in context["form"].fields
            if field.is_shown
        }
        await onboarding.save(deps, sent.visitor.username, replace(draft, entered=kept))
    return await _page(request, deps, sent.visitor, draft, step, context, refusal.status)


async def _page(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    draft: Draft,
    step: Step,
    shown: dict[str, Any],
    status: int = 200,
) -> Response:
    context: dict[str, Any] = {
        "visitor": visitor,
        "draft": draft,
        "draft_version": MADE.version(draft),
        "steps": list(Step),
        "step": step,
        "wrong": {},
        "entered": {},
        "problem": problem_in(request, REFUSALS),
        "asked": await onboarding.find_asked(deps, draft, step),
        "now": deps.clock(),
        **await context_of(request, deps, visitor, draft, step),
        **shown,
    }
    return render(request, "onboarding.html", context, status=status)
