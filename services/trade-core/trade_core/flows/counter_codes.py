"""A payer begins at a counter code (固定收款码): an order of its app within the day's limit."""

from datetime import timedelta, timezone
from typing import Final

from contracts.api import CreatePayment, Method
from contracts.identifiers import new_id
from contracts.internal import PayAtCode
from trade_core.domain.opening import PaymentRequest
from trade_core.domain.pay_point_errors import DayLimitReached
from trade_core.flows.deps import Deps
from trade_core.flows.open_payment import Opened, insert_fresh
from trade_core.store import counter_codes

BEIJING: Final = timezone(timedelta(hours=8))

ORDER_LIVES_S: Final = 900
"""Short, because what strangers begin counts against the day until it is paid or over."""

WINDOW: Final = timedelta(seconds=15)


async def pay(deps: Deps, code_id: str, begun: PayAtCode) -> Opened:
    """Committed when this returns. Raises DayLimitReached: with what can be paid yet the sum would
    exceed the day's limit, however many payers begin at once."""
    now = deps.clock()
    day = now.astimezone(BEIJING).date()
    async with deps.db.transaction() as tx:
        left = begun.daily_limit - await counter_codes.sum_locked(tx, code_id, day)
        if begun.amount > left:
            raise DayLimitReached(code_id, max(left, 0))
        opened = await insert_fresh(deps, tx, _request(code_id, begun))
        if opened is None:
            raise AssertionError("a fresh number is nobody's")
        await counter_codes.add(tx, code_id, day, opened.order.order_id)
    deps.wake_relay()
    return opened


def _request(code_id: str, begun: PayAtCode) -> PaymentRequest:
    content = CreatePayment.model_construct(  # the name was checked when it was entered
        merchant_id=begun.merchant_id,
        payment_id=begun.payment_id,
        merchant_order_no=new_id("payers_order"),
        amount=begun.amount,
        subject=begun.subject,
        method=Method.CASHIER,
        expires_in_s=ORDER_LIVES_S,
        metadata={"code_id": code_id, **({"note": begun.note} if begun.note else {})},
    )
    return PaymentRequest(begun.app_id, content, begun.channel, WINDOW)
