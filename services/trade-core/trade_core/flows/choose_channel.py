"""The payer chooses, on our own page, where to pay."""

from chassis import logs
from trade_core.domain import opening
from trade_core.domain.errors import PaymentNotFound
from trade_core.domain.opening import Choice, Chosen
from trade_core.domain.order import Order
from trade_core.flows.after_commit import committed
from trade_core.flows.deps import Deps
from trade_core.flows.retry import retry_on_conflict
from trade_core.flows.waiting import until_initiated
from trade_core.store import aggregates, saving


async def choose_channel(deps: Deps, payment_no: str, choice: Choice) -> tuple[Order, Chosen]:
    """Bind the payment, or say what must be closed first; committed when this returns.

    Raises PaymentNotFound, OrderPaid, PaymentConflicted, OrderClosed, CheckoutReplaced,
    PaymentInProgress.
    """
    order, chosen = await _choose(deps, payment_no, choice)
    if chosen.initiate or chosen.close_first is not None:
        return order, chosen
    order, payment = await until_initiated(deps, order, chosen.payment)
    return order, Chosen(payment, initiate=False)


@retry_on_conflict
async def _choose(deps: Deps, payment_no: str, choice: Choice) -> tuple[Order, Chosen]:
    async with deps.db.transaction() as tx:
        opened = await aggregates.by_payments(tx, [payment_no])
        if payment_no not in opened:
            raise PaymentNotFound(payment_no)
        aggregate = opened[payment_no]
        aggregate.traceparent = logs.traceparent.get() or None
        await aggregates.know_what_goes_back(tx, aggregate)
        chosen = opening.choose(aggregate, payment_no, choice)
        await saving.save(tx, [aggregate])
    committed(deps, [aggregate])
    return aggregate.order, chosen
