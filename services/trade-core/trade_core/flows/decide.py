"""A person decides: about a payment in conflict with its channel, about a refund that is stuck.

The same decision again, by whomever, answers how it stands.
"""

import structlog

from chassis import logs
from chassis.database import Tx
from contracts.api import PaymentStatus, RefundStatus
from contracts.internal import DecidePayment, DecideRefund
from trade_core.domain import deciding
from trade_core.domain.dossier import Dossier
from trade_core.domain.errors import PaymentNotFound, RefundNotFound
from trade_core.flows.aftermath import committed
from trade_core.flows.again import read_again
from trade_core.flows.deps import Deps
from trade_core.store import decisions, dossiers, saving
from trade_core.store.decisions import Decided

log = structlog.get_logger()


@read_again
async def decide_payment(deps: Deps, payment_no: str, wish: DecidePayment) -> None:
    """End a conflict; committed when this returns. Raises PaymentNotFound, DecisionImpossible."""
    async with deps.db.transaction() as tx:
        opened = await dossiers.by_payments(tx, [payment_no], clock=deps.clock)
        if payment_no not in opened:
            raise PaymentNotFound(payment_no)
        dossier = opened[payment_no]
        is_decided = dossier.payments[payment_no].state is not PaymentStatus.CONFLICTED
        if is_decided and await _is_repeat(tx, payment_no, wish):
            return
        deciding.decide_payment(dossier, payment_no, wish.decision)
        await _save(tx, dossier, payment_no, wish)
    _tell(deps, dossier, payment_no, wish)


@read_again
async def decide_refund(deps: Deps, refund_no: str, wish: DecideRefund) -> None:
    """Decide about an abnormal refund; committed when this returns.

    Raises RefundNotFound, DecisionImpossible.
    """
    async with deps.db.transaction() as tx:
        opened = await dossiers.by_refunds(tx, [refund_no], clock=deps.clock)
        if refund_no not in opened:
            raise RefundNotFound(refund_no)
        dossier = opened[refund_no]
        refund = dossier.refunds[refund_no]
        is_decided = refund.state is not RefundStatus.ABNORMAL or refund.is_paid_out
        if is_decided and await _is_repeat(tx, refund_no, wish):
            return
        deciding.decide_refund(dossier, refund_no, wish.decision)
        await _save(tx, dossier, refund_no, wish)
    _tell(deps, dossier, refund_no, wish)


async def _is_repeat(tx: Tx, subject: str, wish: DecidePayment | DecideRefund) -> bool:
    latest = await decisions.find_latest(tx, subject)
    return latest is not None and latest.decision == wish.decision


async def _save(tx: Tx, dossier: Dossier, subject: str, wish: DecidePayment | DecideRefund) -> None:
    dossier.traceparent = logs.traceparent.get() or None
    await saving.save(tx, [dossier])
    decided = Decided(subject, wish.decision, wish.reason, wish.decided_by, dossier.now)
    await decisions.add(tx, decided)


def _tell(deps: Deps, dossier: Dossier, subject: str, wish: DecidePayment | DecideRefund) -> None:
    committed(deps, [dossier])
    log.info("decision.made", subject=subject, decision=wish.decision, decided_by=wish.decided_by)
