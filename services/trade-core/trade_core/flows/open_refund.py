"""Somebody wants money to go back: reserved, stored and on its way in one transaction."""

from dataclasses import dataclass

from chassis import logs
from chassis.database import Tx
from contracts.api import CreateRefund
from contracts.identifiers import is_id
from trade_core.domain import refunding
from trade_core.domain.dossier import Dossier
from trade_core.domain.errors import PaymentNotFound, RefundMismatch
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund
from trade_core.flows.aftermath import committed
from trade_core.flows.again import read_again
from trade_core.flows.deps import Deps
from trade_core.store import dossiers, reading, saving


@dataclass(frozen=True, slots=True)
class OpenedRefund:
    """`created` False: a repeat; the refund as it is now."""

    order: Order
    payment: Payment
    refund: Refund
    created: bool


@read_again
async def open_refund(deps: Deps, app_id: str | None, wish: CreateRefund) -> OpenedRefund:
    """Start a refund; committed when this returns. `app_id` None: a person, for any app.

    Raises PaymentNotFound (also for what belongs to another app, merchant or account),
    PaymentNotRefundable, RefundExceedsPaid, RefundMismatch.
    """
    if not is_id("payment", wish.payment_no):
        raise PaymentNotFound(wish.payment_no)
    async with deps.db.transaction() as tx:
        found = await dossiers.by_payments(tx, [wish.payment_no], clock=deps.clock)
        dossier = found.get(wish.payment_no)
        if dossier is None or not _belongs(dossier, app_id, wish):
            raise PaymentNotFound(wish.payment_no)
        if repeated := await _find_repeated(tx, dossier, wish):
            payment = dossier.payments[repeated.payment_no]
            return OpenedRefund(dossier.order, payment, repeated, created=False)
        dossier.traceparent = logs.traceparent.get() or None
        if dossier.payments[wish.payment_no].split_reserved:
            await dossiers.know_splits(tx, dossier, wish.payment_no)
        policy = deps.refund_splits(dossier.order.app_id)
        refund = refunding.refund_as_wished(dossier, wish, policy)
        await saving.save(tx, [dossier])
    committed(deps, [dossier])
    return OpenedRefund(dossier.order, dossier.payments[refund.payment_no], refund, created=True)


def _belongs(dossier: Dossier, app_id: str | None, wish: CreateRefund) -> bool:
    order, payment = dossier.order, dossier.payments[wish.payment_no]
    return (
        app_id in (None, order.app_id)
        and wish.merchant_id == order.merchant_id
        and wish.payment_id == payment.payment_id
    )


async def _find_repeated(tx: Tx, dossier: Dossier, wish: CreateRefund) -> Refund | None:
    order = dossier.order
    known = await reading.find_refund_by_number(
        tx, order.app_id, order.merchant_id, wish.merchant_refund_no
    )
    if known is not None and known.fingerprint != wish.fingerprint():
        raise RefundMismatch(wish.merchant_refund_no)
    return known
