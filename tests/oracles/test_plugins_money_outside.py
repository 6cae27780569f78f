"""Money that moves without us, and money that a close of ours gives back: told on the real wire."""

from dataclasses import replace

import httpx
import pytest

from contracts.api import Method
from contracts.money import Money
from gateway.calling.executor import Executor
from gateway.channels.plugin import (
    Declined,
    GivenBack,
    Notified,
    NotifiedPayment,
    Pending,
    RawNotification,
    Succeeded,
)
from gateway.directory import ChannelAccount

from .conftest import Merchant, RunningSandbox
from .plugin_calls import AMOUNT, Open, order, refunding_of, trade_of, until_refunded

SPEAKERS = pytest.mark.parametrize("channel", ["wechat", "alipay"])
CODES = {"wechat": "134567890123456700", "alipay": "284567890123456700"}


async def next_notified(
    executor: Executor, here: ChannelAccount, merchant: Merchant
) -> list[Notified]:
    notification = merchant.next_notification()
    headers = {name.lower(): value for name, value in notification.headers.items()}
    return await executor.read_notification(here, RawNotification(headers, notification.body))


@SPEAKERS
@pytest.mark.parametrize("amount", [300, 1299])
async def test_a_refund_in_the_console_is_told_of_the_payment(
    executor: Executor,
    account: Open,
    sandbox: RunningSandbox,
    merchant: Merchant,
    channel: str,
    amount: int,
) -> None:
    here, paid = account(channel), order(merchant.url)
    await executor.pay(here, paid)
    sandbox.pay(paid.payment_no)
    [first] = await next_notified(executor, here, merchant)
    assert isinstance(first, NotifiedPayment)
    assert isinstance(first.outcome, Succeeded)
    assert first.outcome.given_back is None
    sandbox.control("POST", "/console-refunds", {"payment_no": paid.payment_no, "amount": amount})
    [notified] = await next_notified(executor, here, merchant)
    assert isinstance(notified, NotifiedPayment)
    assert isinstance(notified.outcome, Succeeded)
    assert notified.outcome.amount == AMOUNT
    back = notified.outcome.given_back
    assert back
    assert back.channel_no
    assert Money(amount, "CNY") in (back.amount, back.latest)
    result = await executor.query(here, trade_of(paid))
    assert isinstance(result, Succeeded)
    if channel == "wechat":
        assert result.given_back == GivenBack()  # REFUND, and not how much
    else:
        assert result.given_back == (GivenBack(AMOUNT) if amount == 1299 else None)


async def test_a_refund_of_ours_comes_back(
    executor: Executor, account: Open, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    here, paid = account("alipay"), order(merchant.url)
    await executor.pay(here, paid)
    sandbox.pay(paid.payment_no)
    await next_notified(executor, here, merchant)
    given_back = refunding_of(paid, 500)
    assert isinstance(await executor.refund(here, given_back), Succeeded)
    sandbox.control("POST", "/bounces", {"refund_no": given_back.refund_no})
    notification = merchant.next_notification()
    number = given_back.refund_no.encode()
    assert number in notification.body
    result = await executor.query_refund(here, given_back)
    assert isinstance(result, Declined)
    assert result.abnormal


async def test_a_refund_of_ours_comes_back_at_wechat_pay(
    executor: Executor, account: Open, sandbox: RunningSandbox
) -> None:
    here, paid = account("wechat"), order()
    await executor.pay(here, paid)
    sandbox.pay(paid.payment_no, notify=False)
    given_back = refunding_of(paid, 500)
    await executor.refund(here, given_back)
    await until_refunded(executor, here, given_back)
    sandbox.control("POST", "/bounces", {"refund_no": given_back.refund_no, "notify": False})
    result = await executor.query_refund(here, given_back)
    assert isinstance(result, Declined)
    assert result.abnormal


async def test_a_refund_of_ours_comes_back_at_stripe(
    executor: Executor, account: Open, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    """It is said to have succeeded before the payer's bank took it."""
    here, asked = account("stripe"), replace(order(merchant.url), method=Method.H5)
    await executor.pay(here, asked)
    sandbox.pay(asked.payment_no, notify=False)
    given_back = refunding_of(asked, 500)
    paid = replace(
        trade_of(asked), channel_trade_no=sandbox.trade(asked.payment_no)["channel_trade_no"]
    )
    given_back = replace(given_back, trade=paid, notify_url=merchant.url)
    await executor.refund(here, given_back)
    await until_refunded(executor, here, given_back)
    [done] = await next_notified(executor, here, merchant)
    assert isinstance(done.outcome, Succeeded)
    sandbox.control("POST", "/bounces", {"refund_no": given_back.refund_no})
    [notified] = await next_notified(executor, here, merchant)
    answered = await executor.query_refund(here, given_back)
    for outcome in (notified.outcome, answered):
        assert isinstance(outcome, Declined)
        assert outcome.abnormal


@pytest.mark.parametrize("amount", [300, 1299])
async def test_a_refund_in_stripes_dashboard_is_told_by_the_charge(
    executor: Executor, account: Open, sandbox: RunningSandbox, merchant: Merchant, amount: int
) -> None:
    here, asked = account("stripe"), replace(order(merchant.url), method=Method.H5)
    await executor.pay(here, asked)
    sandbox.pay(asked.payment_no, notify=False)
    sandbox.control("POST", "/console-refunds", {"payment_no": asked.payment_no, "amount": amount})
    [notified] = await next_notified(executor, here, merchant)
    answered = await executor.query(here, trade_of(asked))
    for outcome in (notified.outcome, answered):
        assert isinstance(outcome, Succeeded)
        assert outcome.amount == AMOUNT
        assert outcome.given_back is not None
        assert outcome.given_back.amount == Money(amount, "CNY")


@SPEAKERS
@pytest.mark.parametrize("is_paid", [True, False])
async def test_a_code_is_closed_whether_its_payer_was_quicker_or_not(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str, is_paid: bool
) -> None:
    """The payer types the password between our query and our close."""
    here = account(channel)
    asked = replace(order(), method=Method.BARCODE, auth_code=CODES[channel])
    assert isinstance(await executor.pay(here, asked), Pending)
    assert isinstance(await executor.query(here, trade_of(asked)), Pending)
    if is_paid:
        sandbox.pay(asked.payment_no, notify=False)
    for _ in range(2):  # the first answer may get lost
        result = await executor.close(here, trade_of(asked))
        assert isinstance(result, Succeeded)
        assert result.is_reversed == (is_paid or channel == "wechat")
    after = await executor.query(here, trade_of(asked))
    assert isinstance(after, Declined)
    assert after.closed
    assert (after.given_back is not None) == is_paid


async def test_a_late_word_of_payment_is_older_than_the_cancellation(
    executor: Executor, account: Open, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    """`later-wins`: the notification of a payment that was cancelled arrives after that."""
    here = account("alipay")
    asked = replace(order(merchant.url), method=Method.BARCODE, auth_code=CODES["alipay"])
    await executor.pay(here, asked)
    sandbox.fault("alipay", "notice", "delay", payment_no=asked.payment_no, times=1, delay_s=1.5)
    sandbox.pay(asked.payment_no)
    closed = await executor.close(here, trade_of(asked))
    assert isinstance(closed, Succeeded)
    assert closed.is_reversed
    [late] = await next_notified(executor, here, merchant)
    assert isinstance(late.outcome, Succeeded)
    assert late.outcome.asked_at
    assert closed.said_at
    assert late.outcome.asked_at < closed.said_at


def test_what_cannot_be_given_back_is_refused(sandbox: RunningSandbox) -> None:
    for path, body in (
        ("/console-refunds", {"payment_no": "P-unknown", "amount": 1}),
        ("/bounces", {"refund_no": "R-unknown"}),
    ):
        with pytest.raises(httpx.HTTPStatusError, match="404"):
            sandbox.control("POST", path, body)
