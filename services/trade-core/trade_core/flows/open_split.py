"""An app divides what was paid: reserved, stored and on its way in one transaction."""

from dataclasses import dataclass

from chassis import logs
from chassis.database import Tx
from contracts.api import CreateSplit
from contracts.identifiers import is_id
from trade_core.domain import splitting
from trade_core.domain.dossier import Dossier
from trade_core.domain.errors import PaymentNotFound, SplitMismatch
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.domain.split import Split
from trade_core.flows.aftermath import committed
from trade_core.flows.again import read_again
from trade_core.flows.deps import Deps
from trade_core.store import dossiers, saving, splits


@dataclass(frozen=True, slots=True)
class OpenedSplit:
    """`created` False: a repeat; the split as it is now."""

    order: Order
    payment: Payment
    split: Split
    created: bool


@read_again
async def open_split(deps: Deps, app_id: str, wish: CreateSplit) -> OpenedSplit:
    """Start a split; committed when this returns.

    Raises PaymentNotFound (also for what belongs to another app or merchant),
    PaymentNotSplittable, SplitExceedsPaid, SplittingFinished, SplitMismatch.
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
            return OpenedSplit(dossier.order, payment, repeated, created=False)
        await dossiers.know_splits(tx, dossier, wish.payment_no)
        dossier.traceparent = logs.traceparent.get() or None
        split = splitting.split_as_wished(dossier, wish)
        await saving.save(tx, [dossier])
    committed(deps, [dossier])
    return OpenedSplit(dossier.order, dossier.payments[split.payment_no], split, created=True)


def _belongs(dossier: Dossier, app_id: str, wish: CreateSplit) -> bool:
    order = dossier.order
    return (app_id, wish.merchant_id) == (order.app_id, order.merchant_id)


async def _find_repeated(tx: Tx, dossier: Dossier, wish: CreateSplit) -> Split | None:
    order = dossier.order
    known = await splits.find_by_number(tx, order.app_id, order.merchant_id, wish.merchant_split_no)
    if known is not None and known.fingerprint != wish.fingerprint():
        raise SplitMismatch(wish.merchant_split_no)
    return known
