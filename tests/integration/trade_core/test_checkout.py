"""The payer chooses on our own page, on a real database."""

import asyncio

import pytest
from tests.integration.trade_core.desk import (
    ACCOUNT,
    APP,
    OTHER_ACCOUNT,
    Desk,
    closed,
    paid,
    request,
    said_of_payment,
)

from contracts.api import Method, OrderStatus, PaymentStatus
from contracts.events.commands import CommandName
from contracts.events.results import Source, Verdict
from trade_core.domain.errors import OrderPaid, PaymentInProgress, PaymentNotFound
from trade_core.domain.opening import Choice, Chosen
from trade_core.domain.payment import Payment
from trade_core.flows import read
from trade_core.flows.choose_channel import choose_channel

WECHAT = Choice(ACCOUNT, "wechat", Method.NATIVE)
ALIPAY = Choice(OTHER_ACCOUNT, "alipay", Method.NATIVE)


async def checkout(desk: Desk) -> Payment:
    return (await desk.open(request(method=Method.CASHIER, payment_id=None))).payment


async def choose(desk: Desk, payment: Payment, choice: Choice) -> Chosen:
    _, chosen = await choose_channel(desk.deps, payment.payment_no, choice)
    return chosen


async def chosen_and_waiting(desk: Desk) -> Payment:
    payment = await checkout(desk)
    chosen = await choose(desk, payment, WECHAT)
    await desk.apply(said_of_payment(chosen.payment, Source.INITIATION, Verdict.PENDING))
    desk.pass_time(3)
    return await desk.payment(payment)


async def test_first_choice_binds_the_payment_that_the_app_knows(desk: Desk) -> None:
    payment = await checkout(desk)
    assert (payment.state, payment.account_id) == (PaymentStatus.PENDING, None)
    desk.pass_time(60)
    chosen = await choose(desk, payment, WECHAT)
    assert chosen.initiate
    bound = await desk.payment(payment)
    assert (bound.payment_no, bound.account_id) == (payment.payment_no, ACCOUNT)
    assert bound.state is PaymentStatus.INITIATING
    assert await desk.due() == {payment.payment_no: 12}
    await desk.apply(paid(bound))
    assert (await desk.order(payment)).state is OrderStatus.PAID
    assert await desk.told() == ["payment.created", "payment.succeeded", "order.paid"]


async def test_of_many_choices_at_once_one_is_initiated(desk: Desk) -> None:
    payment = await checkout(desk)
    answers = await asyncio.gather(
        *(choose(desk, payment, choice) for choice in (WECHAT, ALIPAY) * 5), return_exceptions=True
    )
    initiated = [a for a in answers if isinstance(a, Chosen) and a.initiate]
    assert len(initiated) == 1
    assert sum(isinstance(a, PaymentInProgress) for a in answers) == 5
    assert len(await desk.payments(payment)) == 1


async def test_switch_opens_another_payment_when_the_former_is_closed(desk: Desk) -> None:
    first = await chosen_and_waiting(desk)
    answer = await choose(desk, first, ALIPAY)
    assert answer.close_first is not None
    assert not answer.initiate
    assert len(await desk.payments(first)) == 1

    await desk.apply(closed(first))
    answer = await choose(desk, first, ALIPAY)
    assert answer.initiate
    assert answer.payment.payment_no != first.payment_no
    states = {p.payment_no: p.state for p in await desk.payments(first)}
    assert states == {
        first.payment_no: PaymentStatus.CLOSED,
        answer.payment.payment_no: PaymentStatus.INITIATING,
    }
    assert (await desk.order(first)).state is OrderStatus.OPEN


async def test_former_that_was_paid_meanwhile_stops_the_switch(desk: Desk) -> None:
    first = await chosen_and_waiting(desk)
    await choose(desk, first, ALIPAY)
    await desk.apply(paid(first))
    with pytest.raises(OrderPaid):
        await choose(desk, first, ALIPAY)


async def test_close_that_nobody_carried_out_is_ours(desk: Desk) -> None:
    first = await chosen_and_waiting(desk)
    await choose(desk, first, ALIPAY)
    desk.pass_time(12)
    assert [command.command for command in await desk.attend()] == [CommandName.CLOSE]


async def test_page_reads_the_payment_with_all_of_its_order(desk: Desk) -> None:
    first = await chosen_and_waiting(desk)
    await choose(desk, first, ALIPAY)
    await desk.apply(closed(first))
    second = (await choose(desk, first, ALIPAY)).payment
    await desk.apply(said_of_payment(second, Source.INITIATION, Verdict.PENDING))
    shown = await read.get_checkout(desk.deps, first.payment_no)
    assert shown.payment.payment_no == first.payment_no
    assert shown.latest_payment_no == second.payment_no
    assert [each.status for each in shown.payments] == ["closed", "pending"]
    assert (shown.app_id, shown.sequence) == (APP, (await desk.order(first)).version)


async def test_nothing_is_chosen_for_an_unknown_payment(desk: Desk) -> None:
    with pytest.raises(PaymentNotFound):
        await choose_channel(desk.deps, "P0", WECHAT)
