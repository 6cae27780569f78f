"""What waits for a second person, with the forms that agree to it or reject it."""

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request, Response

from chassis.problems import Problem
from chassis.web import parse
from contracts.words import Words
from merchant_admin.api import approvals as api
from merchant_admin.api.access import DepsOf
from merchant_admin.api.approvals import Reject
from merchant_admin.api.console.filter_fields import LISTS
from merchant_admin.api.console.filters import list_context
from merchant_admin.api.console.rendering import done_in, problem_in, render
from merchant_admin.api.console.setup.wrong import wrong_fields
from merchant_admin.api.console.visiting import FreshlySentByRefunder, SeenByViewer, Visitor, to
from merchant_admin.api.ids import ApprovalId
from merchant_admin.api.paging import DEFAULT_LIMIT, id_after, page_of
from merchant_admin.domain.approvals import ApprovalState, AwaitsApproval
from merchant_admin.domain.errors import (
    APPROVAL_DECIDED,
    FORBIDDEN,
    VERSION_CHANGED,
    SamePerson,
)
from merchant_admin.flows import approvals
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.wording import forms_of

HOME: Final = "/console/approvals"
REFUSED: Final = "approval_refused"
REFUSALS: Final = frozenset(
    {
        REFUSED,
        *(f"{REFUSED}.{code}" for code in (APPROVAL_DECIDED, VERSION_CHANGED, FORBIDDEN)),
        "approval_refused.same_person",
    }
)
DONE: Final = frozenset(
    {"approval_waits", "approval_done", "approval_unfinished", "approval_failed", "approval_ended"}
)
DONE_WORDS: Final = {
    ApprovalState.DONE: "approval_done",
    ApprovalState.APPROVED: "approval_unfinished",
    ApprovalState.FAILED: "approval_failed",
    ApprovalState.REJECTED: "approval_ended",
}

router = APIRouter(include_in_schema=False, prefix=HOME)


async def awaits_approval(request: Request, error: Exception) -> Response:
    """Wherever it was asked for: a page leads to what waits now, a program is told 202."""
    assert isinstance(error, AwaitsApproval)
    if request.url.path.startswith("/console/"):
        return to(f"{HOME}?done=approval_waits")
    return await api.awaits_approval(request, error)


@router.get("")
async def approvals_page(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    """What waits, or with `?state=all` all there was."""
    return await _page(request, deps, visitor)


async def _page(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    *,
    problem: str | None = None,
    given: Mapping[str, str] | None = None,
    wrong: Mapping[str, Words] | None = None,
    status: int = 200,
) -> Response:
    """`given` and `wrong`: by the number of what was not decided, the reason that was filled in and
    what is wrong with it."""
    filters = LISTS["approvals"].of(request)
    found = await approvals.read_page(
        deps,
        LISTS["approvals"].query(filters, visitor.scope),
        after=id_after("approval", request.query_params.get("after") or None),
        limit=DEFAULT_LIMIT + 1,
    )
    page = page_of(found, DEFAULT_LIMIT, view=lambda it: it, place=lambda it: it.approval_id)
    merchant_ids = {each for item in page.items for each in item.asked.merchant_ids}
    context = {
        "visitor": visitor,
        **await list_context(request, deps, visitor.scope, filters, page, merchant_ids),
        "forms": forms_of(deps),
        "now": deps.clock(),
        "problem": problem or problem_in(request, REFUSALS),
        "given": given or {},
        "wrong": wrong or {},
        "done": done_in(request, DONE),
    }
    return render(request, "approvals.html", context, status=status)


@router.post("/{approval_id}/approve")
async def approve(deps: DepsOf, sent: FreshlySentByRefunder, approval_id: ApprovalId) -> Response:
    try:
        decided = await approvals.approve(
            deps, sent.actor, sent.visitor.caller.role, sent.scope, approval_id, None
        )
    except Problem as refusal:
        return to(f"{HOME}?problem={_refusal(refusal)}")
    return to(f"{HOME}?done={DONE_WORDS[decided.state]}")


@router.post("/{approval_id}/reject")
async def reject(
    request: Request, deps: DepsOf, sent: FreshlySentByRefunder, approval_id: ApprovalId
) -> Response:
    reason = sent.form.get("reason", "")
    try:
        wanted = parse(Reject, {"reason": reason})
        decided = await approvals.reject(
            deps, sent.actor, sent.visitor.caller.role, sent.scope, approval_id, wanted.reason
        )
    except Problem as refusal:
        found = wrong_fields(refusal).get("reason")
        return await _page(
            request, deps, sent.visitor, problem=_refusal(refusal), given={approval_id: reason},
            wrong={approval_id: found} if found else None, status=refusal.status,
        )  # fmt: skip
    return to(f"{HOME}?done={DONE_WORDS[decided.state]}")


def _refusal(refusal: Problem) -> str:
    """Which of `REFUSALS` tells it."""
    code = "same_person" if isinstance(refusal, SamePerson) else refusal.code
    text = f"{REFUSED}.{code}"
    return text if text in REFUSALS else REFUSED
