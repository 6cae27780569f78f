"""The payer chooses on our own page, on a real database."""

import asyncio

import pytest
from tests.builders.trade_core import (
    ACCOUNT,
    APP,
    OTHER_ACCOUNT,
    closed,
    paid,
    payment_result,
    request,
    waits,
)
from tests.integration.trade_core.harness import Harness

from contracts.actions import QrCodeAction
from contracts.api import Method, OrderStatus, PaymentStatus
from contracts.events.commands import CommandName
from contracts.events.results import Source, Verdict
from contracts.internal import DecidePayment, PaymentDecision
from trade_core.domain.deciding import claim_shown
from trade_core.domain.errors import OrderPaid, PaymentInProgress, PaymentNotFound
from trade_core.domain.opening import Choice, Chosen
from trade_core.domain.payment import Payment
from trade_core.flows import read
from trade_core.flows.choose_channel import choose_channel
from trade_core.flows.decide import decide_payment

WECHAT = Choice(ACCOUNT, "wechat", Method.NATIVE)
ALIPAY = Choice(OTHER_ACCOUNT, "alipay", Method.NATIVE)


async def checkout(harness: Harness) -> Payment:
    return (await harness.open(request(method=Method.CASHIER, payment_id=None))).payment


async def choose(harness: Harness, payment: Payment, choice: Choice) -> Chosen:
    _, chosen = await choose_channel(harness.deps, payment.payment_no, choice)
    return chosen


async def chosen_and_waiting(harness: Harness) -> Payment:
    payment = await checkout(harness)
    chosen = await choose(harness, payment, WECHAT)
    await harness.apply(payment_result(chosen.payment, Source.INITIATION, Verdict.PENDING))
    harness.pass_time(3)
    return await harness.payment(payment)


async def test_first_choice_binds_the_payment_that_the_app_knows(harness: Harness) -> None:
    payment = await checkout(harness)
    assert (payment.state, payment.account_id) == (PaymentStatus.PENDING, None)
    harness.pass_time(60)
    chosen = await choose(harness, payment, WECHAT)
    assert chosen.initiate
    bound = await harness.payment(payment)
    assert (bound.payment_no, bound.account_id) == (payment.payment_no, ACCOUNT)
    assert bound.state is PaymentStatus.INITIATING
    assert await harness.due() == {payment.payment_no: 12}
    await harness.apply(paid(bound))
    assert (await harness.order(payment)).state is OrderStatus.PAID
    assert await harness.event_types() == ["payment.created", "payment.succeeded", "order.paid"]


async def test_of_many_choices_at_once_one_is_initiated(harness: Harness) -> None:
    payment = await checkout(harness)
    answers = await asyncio.gather(
        *(choose(harness, payment, choice) for choice in (WECHAT, ALIPAY) * 5),
        return_exceptions=True,
    )
    initiated = [a for a in answers if isinstance(a, Chosen) and a.initiate]
    assert len(initiated) == 1
    assert sum(isinstance(a, PaymentInProgress) for a in answers) == 5
    assert len(await harness.payments(payment)) == 1


async def test_switch_opens_another_payment_when_the_former_is_closed(harness: Harness) -> None:
    first = await chosen_and_waiting(harness)
    answer = await choose(harness, first, ALIPAY)
    assert answer.close_first is not None
    assert not answer.initiate
    assert len(await harness.payments(first)) == 1

    await harness.apply(closed(first))
    answer = await choose(harness, first, ALIPAY)
    assert answer.initiate
    assert answer.payment.payment_no != first.payment_no
    states = {p.payment_no: p.state for p in await harness.payments(first)}
    assert states == {
        first.payment_no: PaymentStatus.CLOSED,
        answer.payment.payment_no: PaymentStatus.INITIATING,
    }
    assert (await harness.order(first)).state is OrderStatus.OPEN


@pytest.mark.parametrize("verdict", [Verdict.PENDING, Verdict.UNKNOWN])
async def test_same_way_is_opened_anew_where_the_payer_was_never_called(
    harness: Harness, verdict: Verdict
) -> None:
    """The answer was lost, and with it the code: whoever tapped again had the same empty page."""
    payment = await checkout(harness)
    lost = (await choose(harness, payment, WECHAT)).payment
    await harness.apply(payment_result(lost, Source.INITIATION, verdict))
    harness.pass_time(12)  # until then the channel may get it yet
    answer = await choose(harness, payment, WECHAT)
    assert answer.close_first is not None
    await harness.apply(closed(lost))
    assert (await choose(harness, payment, WECHAT)).initiate


async def test_page_that_ended_unused_beside_a_conflict_is_chosen_on_anew(
    harness: Harness,
) -> None:
    """Another attempt took wrong money, which ends the page; a person says that it is none."""
    other = await harness.opened()
    harness.pass_time(20)
    page = await checkout(harness)
    await harness.apply(paid(other, amount=1))
    assert await harness.state(page) is PaymentStatus.CLOSED
    ignore = DecidePayment(
        decision=PaymentDecision.IGNORE,
        reason="not ours",
        decided_by="li",
        claim=claim_shown(await harness.payment(other)),
    )
    await decide_payment(harness.deps, other.payment_no, ignore)
    harness.pass_time(20)
    answer = await choose(harness, page, WECHAT)
    assert answer.initiate
    assert answer.payment.payment_no != page.payment_no
    assert await harness.state(answer.payment) is PaymentStatus.INITIATING
    assert await harness.state(page) is PaymentStatus.CLOSED


async def test_same_way_that_was_opened_is_shown_again(harness: Harness) -> None:
    payment = await checkout(harness)
    await harness.apply(waits((await choose(harness, payment, WECHAT)).payment))
    harness.pass_time(3)
    answer = await choose(harness, payment, WECHAT)
    assert (answer.close_first, answer.initiate) == (None, False)


async def test_former_that_was_paid_meanwhile_stops_the_switch(harness: Harness) -> None:
    first = await chosen_and_waiting(harness)
    await choose(harness, first, ALIPAY)
    await harness.apply(paid(first))
    with pytest.raises(OrderPaid):
        await choose(harness, first, ALIPAY)


async def test_close_that_nobody_carried_out_is_ours(harness: Harness) -> None:
    first = await chosen_and_waiting(harness)
    await choose(harness, first, ALIPAY)
    harness.pass_time(12)
    assert [command.command for command in await harness.attend()] == [CommandName.CLOSE]


async def test_page_reads_the_payment_with_all_of_its_order(harness: Harness) -> None:
    first = await chosen_and_waiting(harness)
    await choose(harness, first, ALIPAY)
    await harness.apply(closed(first))
    second = (await choose(harness, first, ALIPAY)).payment
    await harness.apply(payment_result(second, Source.INITIATION, Verdict.PENDING))
    shown = await read.get_checkout(harness.deps, first.payment_no)
    assert shown.payment.payment_no == first.payment_no
    assert shown.latest_payment_no == second.payment_no
    assert [each.status for each in shown.payments] == ["closed", "pending"]
    assert (shown.app_id, shown.sequence) == (APP, (await harness.order(first)).version)


async def test_page_knows_when_the_attempts_are_over(harness: Harness) -> None:
    current = await chosen_and_waiting(harness)
    for number in range(2, 7):
        assert not (await read.get_checkout(harness.deps, current.payment_no)).attempts_over
        where = ALIPAY if number % 2 == 0 else WECHAT
        harness.pass_time(4)
        await choose(harness, current, where)
        await harness.apply(closed(current))
        current = (await choose(harness, current, where)).payment
        await harness.apply(payment_result(current, Source.INITIATION, Verdict.PENDING))
    assert (await read.get_checkout(harness.deps, current.payment_no)).attempts_over


async def test_file_says_how_the_channel_was_called(harness: Harness) -> None:
    """Whoever asks about it must ask as it was paid: `method` is what the app wanted."""
    payment = await checkout(harness)
    assert (await read.get_payment(harness.deps, payment.payment_no, None)).ref is None
    assert (await read.get_checkout(harness.deps, payment.payment_no)).latest_ref is None
    await choose(harness, payment, Choice(ACCOUNT, "unionpay", Method.H5))
    await harness.apply(
        payment_result(await harness.payment(payment), Source.INITIATION, Verdict.PENDING)
    )
    filed = await read.get_payment(harness.deps, payment.payment_no, None)
    shown = await read.get_checkout(harness.deps, payment.payment_no)
    assert filed.ref is not None
    assert (filed.method, filed.ref.method) == (Method.CASHIER, Method.H5)
    assert shown.latest_ref == filed.ref


async def test_nothing_is_chosen_for_an_unknown_payment(harness: Harness) -> None:
    with pytest.raises(PaymentNotFound):
        await choose_channel(harness.deps, "P0", WECHAT)


async def test_page_knows_since_when_its_code_is_good(harness: Harness) -> None:
    payment = await checkout(harness)
    await harness.apply(waits((await choose(harness, payment, WECHAT)).payment))
    page = await read.get_checkout(harness.deps, payment.payment_no)
    assert page.latest_called_at is None
    harness.pass_time(7_000)
    fresh = QrCodeAction(qr_code="weixin://fresh")
    bound = await harness.payment(payment)
    await harness.apply(
        payment_result(bound, Source.INITIATION, Verdict.PENDING, action=fresh),
        payment_result(bound, Source.QUERY, Verdict.PENDING),
    )
    page = await read.get_checkout(harness.deps, payment.payment_no)
    assert (page.latest.action, page.latest_called_at) == (fresh, harness.now)
    assert page.latest_begun_at == bound.initiated_at
    assert await harness.archive() == 0
