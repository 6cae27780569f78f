"""payable-until-it-is-not: no such trade at the channel ends nothing for who holds the link."""

from tests.integration.trade_core.desk import (
    APP,
    MERCHANT,
    OTHER_ACCOUNT,
    Desk,
    paid,
    request,
    said_of_payment,
    waits,
)

from contracts.api import Method, OrderStatus, PaymentStatus
from contracts.events.commands import CommandName
from contracts.events.configuration import LatePayment
from contracts.events.results import PaymentResult, Source, Verdict
from trade_core.domain.opening import Choice
from trade_core.domain.order import OrderKey
from trade_core.domain.payment import Payment
from trade_core.flows.choose_channel import choose_channel
from trade_core.flows.close_order import close_order

KEY = OrderKey(APP, MERCHANT, "W1")


def never_opened(payment: Payment) -> PaymentResult:
    return said_of_payment(payment, Source.CLOSE, Verdict.SUCCEEDED, found=False)


def unknown(payment: Payment) -> PaymentResult:
    return said_of_payment(payment, Source.QUERY, Verdict.PENDING, found=False)


async def closed(desk: Desk) -> Payment:
    """Closed by the app before anybody had opened the link."""
    payment = await desk.opened()
    desk.pass_time(30)
    await desk.apply(never_opened(payment))
    await close_order(desk.deps, KEY)
    assert await desk.state(payment) is PaymentStatus.CLOSED
    return payment


async def asked(desk: Desk, seconds: int) -> int:
    """How often the channel was asked in so many seconds; each time it knew no such trade."""
    count = 0
    for _ in range(seconds // 5):
        desk.pass_time(5)
        for command in await desk.attend():
            assert command.command is CommandName.QUERY
            await desk.apply(unknown(await desk.by_number(command.payment.payment_no)))
            count += 1
    return count


async def test_link_paid_after_the_close_is_found_without_its_webhook(desk: Desk) -> None:
    payment = await closed(desk)
    assert await asked(desk, 100) >= 3
    assert await asked(desk, 120) >= 1  # Two minutes in which it was paid silently.
    await desk.apply(paid(payment, Source.QUERY))
    assert (await desk.order(payment)).state is OrderStatus.PAID
    assert await desk.due() == {}


async def test_app_that_refuses_late_payments_has_it_given_back(desk: Desk) -> None:
    desk.late = LatePayment.REFUND
    payment = await closed(desk)
    await desk.apply(paid(payment, Source.QUERY))
    assert (await desk.order(payment)).state is OrderStatus.CLOSED
    (refund,) = await desk.refunds(payment)
    assert refund.cause == "late"


async def test_it_rests_when_its_time_is_over(desk: Desk) -> None:
    payment = await closed(desk)
    assert await asked(desk, 7_200) < 20
    assert await desk.due() == {}
    assert not (await desk.payment(payment)).may_be_paid


async def test_former_choice_of_the_payer_is_watched_as_well(desk: Desk) -> None:
    page = request(method=Method.CASHIER, payment_id=None)
    payment = (await desk.open(page)).payment
    first, second = (Choice(each, "alipay", Method.H5) for each in ("C1", OTHER_ACCOUNT))
    _, chosen = await choose_channel(desk.deps, payment.payment_no, first)
    await desk.apply(waits(chosen.payment))
    desk.pass_time(10)
    await choose_channel(desk.deps, payment.payment_no, second)
    desk.pass_time(1)
    await desk.apply(never_opened(chosen.payment))
    _, other = await choose_channel(desk.deps, payment.payment_no, second)
    assert other.initiate
    assert chosen.payment.payment_no in await desk.due()
    await desk.apply(paid(chosen.payment, Source.QUERY))
    assert (await desk.order(payment)).state is OrderStatus.PAID
    assert (await desk.payment(other.payment)).closing
