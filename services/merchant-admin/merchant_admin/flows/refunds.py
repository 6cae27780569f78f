"""Refunds that people ask for: sent to trade-core, which alone knows what may be given back."""

from chassis.problems import Forwarded
from contracts.api import CreateRefund, PaymentWithOrder
from contracts.identifiers import new_id
from contracts.internal import OpenedRefund, OpenRefund
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import NotRefundable
from merchant_admin.domain.scope import Scope
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_action


def new_number() -> str:
    """What a form carries from the moment it is shown, so that however often it is sent, it is
    one refund."""
    return f"admin-{new_id('refund')}"


async def request(
    deps: Deps,
    actor: Actor,
    scope: Scope,
    payment_no: str,
    *,
    amount: int,
    merchant_refund_no: str,
    reason: str | None,
) -> OpenedRefund:
    """Ask for a refund; a `merchant_refund_no` that was sent before answers that refund.

    The request is audited before it is sent, because what is sent cannot be taken back, and what
    came of it after. Raises Forwarded for trade-core's problems (not found, more than was paid, …).
    """
    payment = await deps.trade_core.get(PaymentWithOrder, f"/internal/payments/{payment_no}")
    scope.require(payment.merchant_id, "payment")
    if payment.payment_id is None:
        raise NotRefundable
    requested = CreateRefund(
        merchant_id=payment.merchant_id,
        payment_id=payment.payment_id,
        payment_no=payment_no,
        merchant_refund_no=merchant_refund_no,
        amount=amount,
        reason=reason,
    )
    await _audit(deps, actor, "requested", requested)
    try:
        opened = await deps.trade_core.post(
            OpenedRefund, "/internal/refunds", body=OpenRefund(app_id=None, request=requested)
        )
    except Forwarded as problem:
        await _audit(deps, actor, "refused", requested, code=problem.code)
        raise
    await _audit(deps, actor, "opened", requested, refund_no=opened.refund.refund_no)
    return opened


async def _audit(
    deps: Deps, actor: Actor, action: str, requested: CreateRefund, **outcome: str
) -> None:
    facts = requested.model_dump(mode="json", exclude_none=True) | outcome
    async with deps.db.transaction() as tx:
        await record_action(
            tx,
            actor,
            f"refund.{action}",
            at=deps.clock(),
            entity_id=requested.payment_no,
            after=facts,
        )
