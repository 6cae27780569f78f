"""own-account-only: a word counts only from the account where the payment or split lives."""

import json
from typing import Any

import pytest
from tests.builders.trade_core import (
    OTHER_ACCOUNT,
    paid,
    payment_result,
    request,
    shared,
    split_request,
)
from tests.integration.trade_core.harness import Harness

from contracts.api import Method, PaymentStatus, SplitStatus
from contracts.events.results import PaymentResult, Source, Verdict
from contracts.topics import ALERTS
from trade_core.domain.opening import Choice
from trade_core.domain.payment import Payment
from trade_core.flows.choose_channel import choose_channel

FOREIGN: list[dict[str, Any]] = [
    {"payment_id": OTHER_ACCOUNT},
    {"payment_id": OTHER_ACCOUNT, "merchant_id": "M2"},
    {"merchant_id": "M2"},
]
FOREIGN_TRADE = "99000001"


def foreign_word(payment: Payment, source: Source, verdict: Verdict, **who: Any) -> PaymentResult:
    about = {"channel_trade_no": FOREIGN_TRADE, "amount": 1, "currency": "CNY", **who}
    return payment_result(payment, source, verdict, **about)


async def untouched(harness: Harness, before: Payment) -> bool:
    return await harness.payment(before) == before and await harness.balances() == {}


@pytest.mark.parametrize("who", FOREIGN)
@pytest.mark.parametrize("source", [Source.INITIATION, Source.NOTICE, Source.QUERY, Source.CLOSE])
@pytest.mark.parametrize("verdict", list(Verdict))
async def test_foreign_word_changes_no_state_and_no_number(
    harness: Harness, source: Source, verdict: Verdict, who: dict[str, Any]
) -> None:
    payment = await harness.opened()
    await harness.apply(foreign_word(payment, source, verdict, **who))
    assert await untouched(harness, payment)
    assert await harness.alerts() == ["result.foreign_account"]
    (letter,) = await harness.rows("select key from dead_event")
    assert letter["key"] == payment.payment_no


async def test_alert_names_who_spoke_and_of_how_much(harness: Harness) -> None:
    payment = await harness.opened()
    word = foreign_word(
        payment, Source.NOTICE, Verdict.SUCCEEDED, payment_id=OTHER_ACCOUNT, merchant_id="M2"
    )
    await harness.apply(word)
    (row,) = await harness.rows("select payload from event_log where topic = $1", ALERTS)
    facts = json.loads(row["payload"])["data"]["facts"]
    assert facts == {
        "payment_no": payment.payment_no,
        "merchant_id": "M2",
        "payment_id": OTHER_ACCOUNT,
        "channel": "wechat",
        "source": "notice",
        "verdict": "succeeded",
        "channel_trade_no": FOREIGN_TRADE,
        "amount": 1,
        "currency": "CNY",
    }


async def test_true_money_after_a_foreign_cent_ends_everything_well(harness: Harness) -> None:
    payment = await harness.opened(request(amount=123_400))
    cent = foreign_word(payment, Source.NOTICE, Verdict.SUCCEEDED, payment_id=OTHER_ACCOUNT)
    true = paid(payment, merchant_id="M1")
    await harness.apply(cent, true, cent)
    now_is = await harness.payment(payment)
    assert (now_is.state, now_is.amount) == (PaymentStatus.SUCCEEDED, 123_400)
    assert now_is.channel_trade_no == true.channel_trade_no
    assert (await harness.order(payment)).amount_paid == 123_400


async def test_foreign_word_of_the_whole_amount_is_no_money_either(harness: Harness) -> None:
    payment = await harness.opened()
    await harness.apply(paid(payment, payment_id=OTHER_ACCOUNT))
    assert await untouched(harness, payment)


async def test_foreign_word_does_not_stop_its_neighbours(harness: Harness) -> None:
    payment = await harness.opened()
    other = await harness.opened(request(merchant_order_no="W2"))
    await harness.apply(paid(payment, payment_id=OTHER_ACCOUNT), paid(other))
    assert await harness.state(payment) is PaymentStatus.PENDING
    assert await harness.state(other) is PaymentStatus.SUCCEEDED


async def test_of_a_payment_at_no_account_yet_nobody_may_speak(harness: Harness) -> None:
    page = request(method=Method.CASHIER, payment_id=None)
    payment = (await harness.open(page)).payment
    await harness.apply(payment_result(payment, Source.NOTICE, Verdict.SUCCEEDED))
    assert await untouched(harness, payment)
    assert await harness.alerts() == ["result.foreign_account"]


async def test_chosen_account_may_speak_as_soon_as_it_is_chosen(harness: Harness) -> None:
    page = request(method=Method.CASHIER, payment_id=None)
    payment = (await harness.open(page)).payment
    choice = Choice(OTHER_ACCOUNT, "wechat", Method.NATIVE)
    _, chosen = await choose_channel(harness.deps, payment.payment_no, choice)
    await harness.apply(paid(chosen.payment))
    assert await harness.state(payment) is PaymentStatus.SUCCEEDED


async def test_foreign_account_cannot_speak_of_a_split(harness: Harness) -> None:
    payment = await harness.paid(request(splits=True))
    split = (await harness.split(split_request(payment))).split
    await harness.apply(shared(split, payment_id=OTHER_ACCOUNT), shared(split, merchant_id="M2"))
    (now_is,) = await harness.splits(payment)
    assert now_is.state is SplitStatus.PROCESSING
    assert await harness.alerts() == ["result.foreign_account"] * 2
    await harness.apply(shared(split, merchant_id="M1"))
    (now_is,) = await harness.splits(payment)
    assert now_is.state is SplitStatus.SUCCEEDED
