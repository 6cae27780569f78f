"""What people decide of conflicts and stuck refunds: sent to trade-core, which carries it out."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, TypeVar

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
from merchant_admin.domain.approvals import ApprovalState, Asked, AwaitsApproval
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.decision_approvals import GIVES_BACK, Decision, request_of
from merchant_admin.domain.scope import Scope
from merchant_admin.flows.asking import ask
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_action
from merchant_admin.flows.refunds import wants_proof
from merchant_admin.store.approvals import find_same_locked
from merchant_admin.store.merchants import list_four_eyes

log = structlog.get_logger()

D = TypeVar("D", PaymentOnFile, RefundView)

Prove: TypeAlias = Callable[[], Awaitable[object]]
"""Called where so much money goes back that whoever decides has to have proved just now who they
are; raises where they have not."""


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
    prove: Prove,
) -> PaymentOnFile:
    """End a conflict; `claim` is the money that was shown, None where the channel named none.

    Raises what `prove` does, AwaitsApproval, and Forwarded for trade-core's problems: not found,
    not possible, another claim by now.
    """
    request = DecidePayment(
        decision=decision, reason=reason, decided_by=actor.username, claim=claim
    )
    if not scope.is_all or decision in GIVES_BACK:
        on_file = await read_on_file(deps, payment_no, scope)
        await _guard(deps, actor, Decision.of_payment(on_file, request), prove)
    return await _decide(deps, actor, PaymentOnFile, payment_no, request)


async def decide_refund(
    deps: Deps,
    actor: Actor,
    scope: Scope,
    refund_no: str,
    *,
    decision: RefundDecision,
    reason: str,
    version: int,
    prove: Prove,
) -> RefundView:
    """Decide about an abnormal refund as `version` showed it. Raises as `decide_payment` does."""
    request = DecideRefund(
        decision=decision, reason=reason, decided_by=actor.username, version=version
    )
    if not scope.is_all or decision in GIVES_BACK:
        on_file = await read_refund_on_file(deps, refund_no, scope)
        await _guard(deps, actor, Decision.of_refund(on_file, request), prove)
    return await _decide(deps, actor, RefundView, refund_no, request)


async def send_approved(deps: Deps, requester: Actor, asked: Asked) -> str:
    """The state of the payment or refund after it. Raises Forwarded, Overloaded."""
    request = request_of(asked)
    if isinstance(request, DecidePayment):
        payment = await _decide(deps, requester, PaymentOnFile, asked.subject, request)
        return payment.status.value
    return (await _decide(deps, requester, RefundView, asked.subject, request)).status.value


async def _guard(deps: Deps, actor: Actor, decision: Decision, prove: Prove) -> None:
    """What gives money back is held to what refunds are held to."""
    if decision.request.decision not in GIVES_BACK:
        return
    if wants_proof(deps, decision.amount, decision.currency):
        await prove()
    asked = decision.asked()
    async with deps.db.transaction() as tx:
        four_eyes = (await list_four_eyes(tx, [decision.merchant_id])).get(decision.merchant_id)
        if four_eyes is None or not four_eyes.wants_for_refund(decision.amount, decision.currency):
            return
        approval = await find_same_locked(tx, asked, deps.clock())
        if approval is None:
            approval = await ask(deps, tx, actor, asked)
    if approval.state is ApprovalState.WAITING:
        raise AwaitsApproval(approval)


async def _decide(
    deps: Deps, actor: Actor, answer: type[D], number: str, request: DecidePayment | DecideRefund
) -> D:
    """Audited before it is sent, because money may move then, and again with what came of it."""
    thing = "payment" if isinstance(request, DecidePayment) else "refund"
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
