"""conflicted-is-not-unpaid: while people look at a payment, nobody pays its order once more."""

import httpx
import pytest
from tests.builders.trade_core import (
    ACCOUNT,
    APP,
    MERCHANT,
    paid,
    refund_request,
    refund_result,
    request,
    returned,
)
from tests.integration.trade_core.harness import Harness

from contracts.api import Method, OrderStatus, PaymentStatus
from contracts.events.results import Source, Verdict
from contracts.internal import DecidePayment, DecideRefund, PaymentDecision, RefundDecision
from trade_core.domain.deciding import claim_shown
from trade_core.domain.errors import PaymentConflicted
from trade_core.domain.opening import Choice
from trade_core.domain.order import OrderKey
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund
from trade_core.flows.choose_channel import choose_channel
from trade_core.flows.close_order import close_order
from trade_core.flows.decide import decide_payment, decide_refund


async def conflicted(harness: Harness) -> Payment:
    """Paid 99.00 of 100.00."""
    payment = await harness.opened(request(amount=10_000))
    await harness.apply(paid(payment, amount=9_900))
    return await harness.payment(payment)


async def decide(harness: Harness, payment: Payment, decision: PaymentDecision) -> None:
    claim = claim_shown(payment)
    asked = DecidePayment(decision=decision, reason="核对", decided_by="li", claim=claim)
    await decide_payment(harness.deps, payment.payment_no, asked)


@pytest.mark.parametrize("is_closed_by_app", [False, True])
@pytest.mark.parametrize("seconds", [16, 100, 9_000])
async def test_next_create_is_refused_and_names_the_payment(
    harness: Harness, http: httpx.AsyncClient, seconds: float, is_closed_by_app: bool
) -> None:
    """Also when the order ended: who hears that it is closed pays under another number."""
    payment = await conflicted(harness)
    if is_closed_by_app:
        await close_order(harness.deps, OrderKey(APP, MERCHANT, "W1"))
    harness.pass_time(seconds)
    await harness.attend()
    is_over = is_closed_by_app or seconds > 7_200
    assert (await harness.order(payment)).state is (
        OrderStatus.CLOSED if is_over else OrderStatus.OPEN
    )
    body = {
        "app_id": APP,
        "wish": request(amount=10_000).model_dump(mode="json"),
        "channel": "wechat",
        "reinitiate_after_s": 15,
    }
    refused = await http.post("/payments", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "payment_conflicted")
    assert refused.json()["payment"] == {
        "merchant_order_no": "W1",
        "payment_no": payment.payment_no,
        "channel_trade_no": payment.channel_trade_no,
    }
    assert len(await harness.payments(payment)) == 1


async def test_repeat_within_the_window_shows_the_payment_as_it_is(harness: Harness) -> None:
    payment = await conflicted(harness)
    again = await harness.open(request(amount=10_000))
    assert (again.created, again.payment.payment_no) == (False, payment.payment_no)
    assert again.payment.state is PaymentStatus.CONFLICTED


async def test_repeat_within_the_window_of_what_was_closed_is_refused(harness: Harness) -> None:
    await conflicted(harness)
    await close_order(harness.deps, OrderKey(APP, MERCHANT, "W1"))
    with pytest.raises(PaymentConflicted):
        await harness.open(request(amount=10_000))


async def test_payer_chooses_no_other_way_meanwhile(harness: Harness) -> None:
    page = request(method=Method.CASHIER, payment_id=None)
    opened = (await harness.open(page)).payment
    choice = Choice(ACCOUNT, "wechat", Method.NATIVE)
    _, chosen = await choose_channel(harness.deps, opened.payment_no, choice)
    await harness.apply(paid(chosen.payment, amount=1))
    for other in (choice, Choice("C2", "alipay", Method.NATIVE)):
        with pytest.raises(PaymentConflicted):
            await choose_channel(harness.deps, opened.payment_no, other)


async def test_app_may_close_its_order_and_the_money_is_still_decided_about(
    harness: Harness,
) -> None:
    payment = await conflicted(harness)
    await close_order(harness.deps, OrderKey(APP, MERCHANT, "W1"))
    assert (await harness.order(payment)).state is OrderStatus.CLOSED
    assert await harness.state(payment) is PaymentStatus.CONFLICTED
    await decide(harness, payment, PaymentDecision.ACCEPT)
    order = await harness.order(payment)
    assert (order.state, order.amount_paid) == (OrderStatus.PAID, 9_900)


async def test_order_may_be_paid_anew_when_people_said_that_it_was_no_money(
    harness: Harness,
) -> None:
    payment = await conflicted(harness)
    await decide(harness, payment, PaymentDecision.IGNORE)
    harness.pass_time(16)
    assert (await harness.open(request(amount=10_000))).created


# ── what people sent back, and what did not go ────────────────────────────────────────────────


async def sent_back(harness: Harness) -> tuple[Payment, Refund]:
    """A person decided that it goes back; the channel was asked for the refund."""
    payment = await conflicted(harness)
    await decide(harness, payment, PaymentDecision.REFUND)
    await harness.attend()
    harness.pass_time(16)
    return await harness.payment(payment), (await harness.refunds(payment))[0]


async def refuse(harness: Harness, refund: Refund, *, stuck: bool) -> None:
    for source in (Source.REFUND, Source.QUERY_REFUND):
        await harness.apply(refund_result(refund, source, Verdict.DECLINED, abnormal=stuck))
        harness.pass_time(1)


async def test_order_may_be_paid_anew_while_the_money_goes_back(harness: Harness) -> None:
    await sent_back(harness)
    assert (await harness.open(request(amount=10_000))).created


@pytest.mark.parametrize("stuck", [False, True])
async def test_nobody_pays_again_what_was_sent_back_and_stayed(
    harness: Harness, stuck: bool
) -> None:
    payment, refund = await sent_back(harness)
    await refuse(harness, refund, stuck=stuck)
    harness.pass_time(60)
    with pytest.raises(PaymentConflicted) as refused:
        await harness.open(request(amount=10_000))
    assert refused.value.extra["payment"]["payment_no"] == payment.payment_no


@pytest.mark.parametrize("stuck", [False, True])
async def test_what_waits_for_its_payer_is_closed_when_the_money_stays(
    harness: Harness, stuck: bool
) -> None:
    _, refund = await sent_back(harness)
    second = await harness.opened(request(amount=10_000))
    await refuse(harness, refund, stuck=stuck)
    assert (await harness.payment(second)).closing
    with pytest.raises(PaymentConflicted):
        await harness.open(request(amount=10_000))


async def test_payer_chooses_no_way_while_what_was_sent_back_is_stuck(harness: Harness) -> None:
    page = request(method=Method.CASHIER, payment_id=None, amount=10_000)
    opened = (await harness.open(page)).payment
    choice = Choice(ACCOUNT, "wechat", Method.NATIVE)
    _, chosen = await choose_channel(harness.deps, opened.payment_no, choice)
    await harness.apply(paid(chosen.payment, amount=9_900))
    await decide(harness, await harness.payment(opened), PaymentDecision.REFUND)
    await refuse(harness, (await harness.refunds(opened))[0], stuck=True)
    harness.pass_time(60)
    with pytest.raises(PaymentConflicted):
        await choose_channel(harness.deps, opened.payment_no, choice)


async def test_order_may_be_paid_anew_once_the_money_went_back_after_all(harness: Harness) -> None:
    payment, refund = await sent_back(harness)
    await refuse(harness, refund, stuck=True)
    stuck = (await harness.refunds(payment))[0]
    release = DecideRefund(
        decision=RefundDecision.RELEASE, reason="核对", decided_by="li", version=stuck.version
    )
    await decide_refund(harness.deps, stuck.refund_no, release)
    with pytest.raises(PaymentConflicted):
        await harness.open(request(amount=10_000))
    again = (await harness.refund(refund_request(payment, "T2", 9_900))).refund
    await harness.apply(returned(again))
    harness.pass_time(60)
    assert (await harness.open(request(amount=10_000))).created
