"""A channel's statement of a day, for whoever compares it with our books."""

from datetime import date

from contracts.internal import ChannelBill, ChannelBillRow
from gateway.channels.plugin import Bill, BillKind, BillRow, BillWish, Pending, Succeeded
from gateway.deps import Deps
from gateway.errors import NoBill, NotHere


async def fetch(deps: Deps, payment_id: str, day: date, kind: BillKind) -> ChannelBill:
    """The whole statement, also of a disabled account. Raises NotHere or NoBill."""
    account = deps.directory.find_account(payment_id)
    if account is None:
        raise NotHere("channel account")
    match await deps.executor.fetch_bill(account, BillWish(day, kind)):
        case Bill(rows=rows):
            return ChannelBill(
                payment_id=payment_id,
                channel=account.channel,
                day=day,
                kind=kind,
                rows=[_row(row) for row in rows],
            )
        case Succeeded() | Pending():
            raise NoBill("senseless", "the channel answered with something else")
        case refusal:
            raise NoBill(refusal.code, refusal.message)


def _row(row: BillRow) -> ChannelBillRow:
    return ChannelBillRow(
        kind=row.kind,
        payment_no=row.payment_no,
        refund_no=row.refund_no,
        channel_no=row.channel_no,
        amount=row.amount.amount_minor,
        currency=row.amount.currency,
        at=row.at,
        state=row.state,
    )
