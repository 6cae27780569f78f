"""What people decide of conflicts and stuck refunds: sent to trade-core, which carries it out."""

from typing import Any

from chassis.problems import Forwarded
from contracts.api import RefundView
from contracts.internal import (
    DecidePayment,
    DecideRefund,
    PaymentDecision,
    PaymentOnFile,
    RefundDecision,
)
from merchant_admin.domain.audit import Actor
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_deed


async def read_on_file(deps: Deps, payment_no: str) -> PaymentOnFile:
    """The payment as trade-core has it, with what a conflict is about. Raises Forwarded."""
    answer = await deps.trade_core.call("GET", f"/internal/payments/{payment_no}")
    return PaymentOnFile.model_validate(answer)


async def decide_payment(
    deps: Deps, actor: Actor, payment_no: str, *, decision: PaymentDecision, reason: str
) -> PaymentOnFile:
    """End a conflict. Raises Forwarded for trade-core's problems (not found, not possible)."""
    request = DecidePayment(decision=decision, reason=reason, decided_by=actor.username)
    answer = await _decide(deps, actor, "payment", payment_no, request)
    return PaymentOnFile.model_validate(answer)


async def decide_refund(
    deps: Deps, actor: Actor, refund_no: str, *, decision: RefundDecision, reason: str
) -> RefundView:
    """Decide about an abnormal refund. Raises Forwarded."""
    request = DecideRefund(decision=decision, reason=reason, decided_by=actor.username)
    return RefundView.model_validate(await _decide(deps, actor, "refund", refund_no, request))


async def _decide(
    deps: Deps, actor: Actor, thing: str, number: str, request: DecidePayment | DecideRefund
) -> dict[str, Any]:
    """Audited before it is sent, because money may move then, and again with what came of it."""
    body = request.model_dump(mode="json")
    await _audit(deps, actor, f"{thing}.decision_requested", number, body)
    try:
        answer = await deps.trade_core.call(
            "POST", f"/internal/{thing}s/{number}/decision", json=body
        )
    except Forwarded as problem:
        refused = {**body, "code": problem.code, "detail": problem.detail}
        await _audit(deps, actor, f"{thing}.decision_refused", number, refused)
        raise
    decided = {**body, "status": answer["status"]}
    await _audit(deps, actor, f"{thing}.decided", number, decided)
    return answer


async def _audit(deps: Deps, actor: Actor, action: str, number: str, facts: dict[str, Any]) -> None:
    async with deps.db.transaction() as tx:
        await record_deed(tx, actor, action, at=deps.clock(), entity_id=number, after=facts)
