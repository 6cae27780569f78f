"""What the form of a refund showed of its payment, and whether it still is so."""

from collections.abc import Sequence

from contracts.internal import OrderOnFile, PaymentInBooks
from merchant_admin.domain.approvals import Approval
from merchant_admin.domain.errors import ChangedSinceShown
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.refunds import MOST_WAITING
from merchant_admin.store.approvals import list_waiting_refunds


def amount_taken(payment: PaymentInBooks, waiting: Sequence[Approval]) -> int:
    """What went back of it, is on its way, or waits for a second person."""
    return payment.amount_refunded + payment.amount_reserved + sum_waiting(waiting)


async def require_as_shown(
    deps: Deps, order_id: str, payment_no: str, *, merchant_refund_no: str, seen: str
) -> None:
    """`seen`: the amount taken that the form showed to whoever asks for the refund. One of a number
    that is known is no other refund. Raises ChangedSinceShown, Forwarded, Overloaded."""
    path = f"/internal/orders-on-file/{order_id}"
    on_file = await deps.trade_core.get(OrderOnFile, path)
    async with deps.db.connection() as tx:
        waiting = await list_waiting_refunds(tx, [payment_no], deps.clock(), MOST_WAITING)
    known = {each.merchant_refund_no for each in on_file.refunds}
    known |= {each.asked.request["merchant_refund_no"] for each in waiting}
    if merchant_refund_no in known:
        return
    taken = {each.payment_no: amount_taken(each, waiting) for each in on_file.payments}
    if seen != str(taken.get(payment_no)):
        raise ChangedSinceShown


def sum_waiting(waiting: Sequence[Approval]) -> int:
    return sum(one.refund_amount for one in waiting)
