"""What people decide of conflicts and stuck refunds: sent to trade-core, which carries it out."""

from typing import Any, TypeVar

import structlog

from chassis.problems import Forwarded, Overloaded
from contracts.api import RefundView
from contracts.internal import (
    ClaimSeen,
    DecidePayment,
    DecideRefund,
    PaymentDecision,
    PaymentOnFile,
    RefundDecision,
    RefundOnFile,
)
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.scope import Scope
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_action

log = structlog.get_logger()

D = TypeVar("D", PaymentOnFile, RefundView)


class _AnyRefundOnFile(RefundOnFile):
    """Also of a trade-core of the version before, which names no version nor looks at one."""

    version: int = 0


async def read_on_file(deps: Deps, payment_no: str, scope: Scope) -> PaymentOnFile:
    """The payment as trade-core has it, with what a conflict is about. Raises Forwarded."""
    on_file = await deps.trade_core.get(PaymentOnFile, f"/internal/payments/{payment_no}")
    scope.require(on_file.merchant_id, "payment")
    return on_file


async def read_refund_on_file(deps: Deps, refund_no: str, scope: Scope) -> RefundOnFile:
    """The refund as trade-core has it, with the version that a decision names. Raises Forwarded."""
    on_file = await deps.trade_core.get(_AnyRefundOnFile, f"/internal/refunds/{refund_no}")
    scope.require(on_file.merchant_id, "refund")
    return on_file


async def find_refund_on_file(deps: Deps, refund_no: str, scope: Scope) -> RefundOnFile | None:
    """None while trade-core does not answer."""
    try:
        return await read_refund_on_file(deps, refund_no, scope)
    except (Forwarded, Overloaded) as problem:
        log.info("refund.not_read", refund_no=refund_no, code=problem.code)
        return None


async def decide_payment(
    deps: Deps,
    actor: Actor,
    scope: Scope,
    payment_no: str,
    *,
    decision: PaymentDecision,
    reason: str,
    claim: ClaimSeen | None,
) -> PaymentOnFile:
    """End a conflict; `claim` is the money that was shown, None where the channel named none.

    Raises Forwarded for trade-core's problems: not found, not possible, another claim by now.
    """
    if not scope.is_all:
        await read_on_file(deps, payment_no, scope)
    request = DecidePayment(
        decision=decision, reason=reason, decided_by=actor.username, claim=claim
    )
    return await _decide(deps, actor, PaymentOnFile, "payment", payment_no, request)


async def decide_refund(
    deps: Deps,
    actor: Actor,
    scope: Scope,
    refund_no: str,
    *,
    decision: RefundDecision,
    reason: str,
    version: int,
) -> RefundView:
    """Decide about an abnormal refund as `version` showed it. Raises Forwarded."""
    if not scope.is_all:
        await read_refund_on_file(deps, refund_no, scope)
    request = DecideRefund(
        decision=decision, reason=reason, decided_by=actor.username, version=version
    )
    return await _decide(deps, actor, RefundView, "refund", refund_no, request)


async def _decide(
    deps: Deps,
    actor: Actor,
    answer: type[D],
    thing: str,
    number: str,
    request: DecidePayment | DecideRefund,
) -> D:
    """Audited before it is sent, because money may move then, and again with what came of it."""
    body = request.model_dump(mode="json")
    await _audit(deps, actor, f"{thing}.decision_requested", number, body)
    try:
        decided = await deps.trade_core.post(
            answer, f"/internal/{thing}s/{number}/decision", body=request
        )
    except Forwarded as problem:
        refused = {**body, "code": problem.code, "detail": problem.detail}
        await _audit(deps, actor, f"{thing}.decision_refused", number, refused)
        raise
    after = {**body, "status": decided.status.value}
    await _audit(deps, actor, f"{thing}.decided", number, after)
    return decided


async def _audit(deps: Deps, actor: Actor, action: str, number: str, after: dict[str, Any]) -> None:
    async with deps.db.transaction() as tx:
        await record_action(tx, actor, action, at=deps.clock(), entity_id=number, after=after)
