"""A person decides: about a payment in conflict with its channel, about a refund that is stuck.

The same decision again, by whomever, answers how it stands.
"""

import structlog

from chassis import logs
from chassis.database import Tx
from contracts.api import PaymentStatus, RefundStatus
from contracts.internal import DecidePayment, DecideRefund
from trade_core.domain import deciding
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.errors import PaymentNotFound, RefundNotFound
from trade_core.domain.operator_errors import DecisionImpossible
from trade_core.flows.after_commit import committed
from trade_core.flows.deps import Deps
from trade_core.flows.retry import retry_on_conflict
from trade_core.store import aggregates, decisions, saving
from trade_core.store.concurrency import TradeNumberTaken
from trade_core.store.decisions import Decided

log = structlog.get_logger()


@retry_on_conflict
async def decide_payment(deps: Deps, payment_no: str, request: DecidePayment) -> None:
    """End a conflict; committed when this returns.

    Raises PaymentNotFound, ClaimChanged, DecisionImpossible.
    """
    async with deps.db.transaction() as tx:
        opened = await aggregates.by_payments(tx, [payment_no])
        if payment_no not in opened:
            raise PaymentNotFound(payment_no)
        aggregate = opened[payment_no]
        payment = aggregate.payments[payment_no]
        is_decided = payment.state is not PaymentStatus.CONFLICTED
        is_about_this = deciding.claim_shown(payment) == request.claim
        if is_decided and is_about_this and await _is_repeat(tx, payment_no, request):
            return
        deciding.decide_payment(aggregate, payment_no, request.decision, seen=request.claim)
        try:
            await _save(tx, aggregate, payment_no, request)
        except TradeNumberTaken as taken:
            raise DecisionImpossible(
                "What the channel took is already booked with another payment."
            ) from taken
    _tell(deps, aggregate, payment_no, request)


@retry_on_conflict
async def decide_refund(deps: Deps, refund_no: str, request: DecideRefund) -> None:
    """Decide about an abnormal refund; committed when this returns.

    Raises RefundNotFound, VersionChanged, DecisionImpossible.
    """
    async with deps.db.transaction() as tx:
        opened = await aggregates.by_refunds(tx, [refund_no])
        if refund_no not in opened:
            raise RefundNotFound(refund_no)
        aggregate = opened[refund_no]
        refund = aggregate.refunds[refund_no]
        await aggregates.know_refunds(tx, [aggregate], [refund.payment_no])
        is_decided = refund.state is not RefundStatus.ABNORMAL or refund.is_paid_out
        if is_decided and await _is_repeat(tx, refund_no, request):
            return
        deciding.decide_refund(aggregate, refund_no, request.decision, seen=request.version)
        await _save(tx, aggregate, refund_no, request)
    _tell(deps, aggregate, refund_no, request)


async def _is_repeat(tx: Tx, subject: str, request: DecidePayment | DecideRefund) -> bool:
    latest = await decisions.find_latest(tx, subject)
    return latest is not None and latest.decision == request.decision


async def _save(
    tx: Tx, aggregate: OrderAggregate, subject: str, request: DecidePayment | DecideRefund
) -> None:
    aggregate.traceparent = logs.traceparent.get() or None
    await saving.save(tx, [aggregate])
    decided = Decided(subject, request.decision, request.reason, request.decided_by, aggregate.now)
    await decisions.add(tx, decided)


def _tell(
    deps: Deps, aggregate: OrderAggregate, subject: str, request: DecidePayment | DecideRefund
) -> None:
    committed(deps, [aggregate])
    log.info(
        "decision.made", subject=subject, decision=request.decision, decided_by=request.decided_by
    )
