"""payable-until-it-is-not: no such trade at the channel ends nothing for who holds the link."""

from tests.builders.trade_core import (
    APP,
    MERCHANT,
    OTHER_ACCOUNT,
    paid,
    payment_result,
    request,
    waits,
)
from tests.integration.trade_core.harness import Harness

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
    return payment_result(payment, Source.CLOSE, Verdict.SUCCEEDED, found=False)


def unknown(payment: Payment) -> PaymentResult:
    return payment_result(payment, Source.QUERY, Verdict.PENDING, found=False)


async def closed(harness: Harness) -> Payment:
    """Closed by the app before anybody had opened the link."""
    payment = await harness.opened()
    harness.pass_time(30)
    await harness.apply(never_opened(payment))
    await close_order(harness.deps, KEY)
    assert await harness.state(payment) is PaymentStatus.CLOSED
    return payment


async def asked(harness: Harness, seconds: int) -> int:
    """How often the channel was asked in so many seconds; each time it knew no such trade."""
    count = 0
    for _ in range(seconds // 5):
        harness.pass_time(5)
        for command in await harness.attend():
            assert command.command is CommandName.QUERY
            await harness.apply(unknown(await harness.by_number(command.payment.payment_no)))
            count += 1
    return count


async def test_link_paid_after_the_close_is_found_without_its_webhook(harness: Harness) -> None:
    payment = await closed(harness)
    assert await asked(harness, 100) >= 3
    assert await asked(harness, 120) >= 1  # Two minutes in which it was paid silently.
    await harness.apply(paid(payment, Source.QUERY))
    assert (await harness.order(payment)).state is OrderStatus.PAID
    assert await harness.due() == {}


async def test_app_that_refuses_late_payments_has_it_given_back(harness: Harness) -> None:
    harness.late = LatePayment.REFUND
    payment = await closed(harness)
    await harness.apply(paid(payment, Source.QUERY))
    assert (await harness.order(payment)).state is OrderStatus.CLOSED
    (refund,) = await harness.refunds(payment)
    assert refund.cause == "late"


async def test_it_rests_when_its_time_is_over(harness: Harness) -> None:
    payment = await closed(harness)
    assert await asked(harness, 7_200) < 20
    assert await harness.due() == {}
    assert not (await harness.payment(payment)).may_be_paid


async def test_former_choice_of_the_payer_is_watched_as_well(harness: Harness) -> None:
    page = request(method=Method.CASHIER, payment_id=None)
    payment = (await harness.open(page)).payment
    first, second = (Choice(each, "alipay", Method.H5) for each in ("C1", OTHER_ACCOUNT))
    _, chosen = await choose_channel(harness.deps, payment.payment_no, first)
    await harness.apply(waits(chosen.payment))
    harness.pass_time(10)
    await choose_channel(harness.deps, payment.payment_no, second)
    harness.pass_time(1)
    await harness.apply(never_opened(chosen.payment))
    _, other = await choose_channel(harness.deps, payment.payment_no, second)
    assert other.initiate
    assert chosen.payment.payment_no in await harness.due()
    await harness.apply(paid(chosen.payment, Source.QUERY))
    assert (await harness.order(payment)).state is OrderStatus.PAID
    assert (await harness.payment(other.payment)).closing


async def test_order_of_ten_seconds_is_watched_as_long_as_channels_keep_its_link(
    harness: Harness,
) -> None:
    """Alipay takes no expiry under a minute: the link can be paid for 90 s."""
    payment = await harness.opened(request(expires_in_s=10))
    harness.pass_time(10)
    (command,) = await harness.attend()
    assert command.command is CommandName.CLOSE
    await harness.apply(never_opened(payment))
    assert await harness.state(payment) is PaymentStatus.CLOSED
    assert await asked(harness, 70) >= 3
    assert (await harness.payment(payment)).may_be_paid
    await harness.apply(paid(payment, Source.QUERY))
    assert await harness.state(payment) is PaymentStatus.SUCCEEDED


async def test_it_rests_when_the_shortest_life_is_over(harness: Harness) -> None:
    payment = await harness.opened(request(expires_in_s=10))
    harness.pass_time(10)
    await harness.attend()
    await harness.apply(never_opened(payment))
    assert await asked(harness, 120) >= 3
    assert await harness.due() == {}
    assert not (await harness.payment(payment)).may_be_paid


async def test_choice_in_the_last_seconds_of_an_order_is_watched_as_long_as_its_link(
    harness: Harness,
) -> None:
    page = request(method=Method.CASHIER, payment_id=None, expires_in_s=300)
    payment = (await harness.open(page)).payment
    harness.pass_time(290)
    _, chosen = await choose_channel(
        harness.deps, payment.payment_no, Choice("C1", "alipay", Method.H5)
    )
    await harness.apply(waits(chosen.payment))
    harness.pass_time(12)
    await harness.attend()
    await harness.apply(never_opened(chosen.payment))
    assert await harness.state(payment) is PaymentStatus.CLOSED
    assert await asked(harness, 60) >= 3
    await harness.apply(paid(chosen.payment, Source.QUERY))
    assert await harness.state(payment) is PaymentStatus.SUCCEEDED
