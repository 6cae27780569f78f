"""`/api/approvals`: what one person asked for and another one has to agree to."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from contracts.api import Reason
from merchant_admin.api.access import Approver, DepsOf, Viewer
from merchant_admin.api.bodies import Body, body
from merchant_admin.api.ids import ApprovalId
from merchant_admin.api.list_queries import ApprovalParameters
from merchant_admin.api.paging import Page, id_after, page_of
from merchant_admin.domain.approvals import Approval, ApprovalKind, ApprovalState, AwaitsApproval
from merchant_admin.flows import approvals

router = APIRouter(prefix="/api/approvals")


class ApprovalView(BaseModel):
    """`subject`: the payment, channel account, app or merchant that it is about. `shown`: what is
    asked for, without secrets; `query_changed`, of a callback address, whether what differs stands
    behind its `?`, which whoever sees some merchants only is not shown. `outcome`: `refund_no`, or
    the `code` of what refused it."""

    approval_id: str
    kind: ApprovalKind
    state: ApprovalState
    merchant_ids: list[str]
    subject: str
    shown: dict[str, Any]
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    outcome: dict[str, Any] | None

    @classmethod
    def of(cls, approval: Approval) -> "ApprovalView":
        asked = approval.asked
        return cls(
            approval_id=approval.approval_id,
            kind=asked.kind,
            state=approval.state,
            merchant_ids=list(asked.merchant_ids),
            subject=asked.subject,
            shown=dict(asked.shown),
            requested_by=approval.requested_by,
            requested_at=approval.requested_at,
            expires_at=approval.expires_at,
            decided_by=approval.decided_by,
            decided_at=approval.decided_at,
            reason=approval.reason,
            outcome=None if approval.outcome is None else dict(approval.outcome),
        )


class ShownApprovalView(ApprovalView):
    """`secret`: of the key or the callbacks, where one was made; shown here and never again. It is
    good for nothing before somebody agrees."""

    secret: str | None = None


class Approve(Body):
    reason: Reason | None = None


class Reject(Body):
    reason: Reason


WAITS: dict[int | str, dict[str, Any]] = {
    202: {"model": ApprovalView, "description": "It waits for a second person"}
}
"""For the routes whose call a merchant's four eyes may hold up."""

WAITS_SHOWN: dict[int | str, dict[str, Any]] = {
    202: {**WAITS[202], "model": ShownApprovalView},
}
"""For those of them that make a secret."""


async def awaits_approval(_: Request, error: Exception) -> Response:
    """202 with what waits now, on whatever route it was asked for."""
    assert isinstance(error, AwaitsApproval)
    view = ApprovalView.of(error.approval).model_dump(mode="json")
    if error.secret is not None:
        view["secret"] = error.secret
    return JSONResponse(view, status_code=202, headers={"Cache-Control": "no-store"})


@router.get("")
async def list_page(
    deps: DepsOf, caller: Viewer, query: Annotated[ApprovalParameters, Query()]
) -> Page[ApprovalView]:
    """The newest first."""
    found = await approvals.read_page(
        deps,
        query.query(caller.scope),
        after=id_after("approval", query.after),
        limit=query.limit + 1,
    )
    return page_of(found, query.limit, view=ApprovalView.of, place=lambda item: item.approval_id)


@router.get("/{approval_id}")
async def read(deps: DepsOf, caller: Viewer, approval_id: ApprovalId) -> ApprovalView:
    return ApprovalView.of(await approvals.read(deps, approval_id, caller.scope))


@router.post("/{approval_id}/approve")
async def approve(
    deps: DepsOf,
    caller: Approver,
    approval_id: ApprovalId,
    request: Annotated[Approve, Depends(body(Approve))],
) -> ApprovalView:
    """Agree, and have it carried out; never by whoever asked for it. Where what it was asked for
    on has changed: 409 `version_changed`, and it is outdated."""
    approved = await approvals.approve(
        deps, caller.actor, caller.role, caller.scope, approval_id, request.reason
    )
    return ApprovalView.of(approved)


@router.post("/{approval_id}/reject")
async def reject(
    deps: DepsOf,
    caller: Approver,
    approval_id: ApprovalId,
    request: Annotated[Reject, Depends(body(Reject))],
) -> ApprovalView:
    """It is not done. Whoever asked for it withdraws it so."""
    rejected = await approvals.reject(
        deps, caller.actor, caller.role, caller.scope, approval_id, request.reason
    )
    return ApprovalView.of(rejected)
