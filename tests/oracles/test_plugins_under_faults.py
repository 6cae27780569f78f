"""What each channel can do wrong, and what our plugins and the executor make of it."""

import asyncio
import json
from dataclasses import replace

import pytest

from contracts.actions import QrCodeAction
from contracts.api import Method
from gateway.calling.executor import Executor
from gateway.channels.plugin import (
    Declined,
    HandOver,
    NotifiedPayment,
    NotSent,
    Outcome,
    PayOrder,
    Pending,
    RawNotification,
    Refunding,
    Succeeded,
    Trade,
    Unknown,
)
from gateway.channels.registry import PLUGINS

from .conftest import Merchant, RunningSandbox
from .plugin_calls import AMOUNT, Open, order, refunding_of, trade_of, until_refunded

SOLD = {
    "_".join(filter(None, (channel, product))): sold
    for channel, plugin in PLUGINS.items()
    for product, sold in {"": plugin, **plugin.products}.items()
}
"""Each channel, and each further product of one, as the sandbox calls it."""
CHANNELS = pytest.mark.parametrize("channel", SOLD)
LOST = ["drop_answer", "status_500", "tamper", "unknown_status"]
METHODS = {
    name: next(
        method
        for method, way in sold.methods.items()
        if not isinstance(way, HandOver) and not way.needs
    )
    for name, sold in SOLD.items()
}
SCANNING = pytest.mark.parametrize(
    "channel", [name for name, sold in SOLD.items() if Method.BARCODE in sold.methods]
)
CODES = dict.fromkeys(SOLD, "134567890123456789") | {
    "alipay": "284567890123456789",
    "unionpay": "6212345678901234567",
}
CLOSING = pytest.mark.parametrize(
    "channel", [name for name, method in METHODS.items() if SOLD[name].closing(method)]
)


@CHANNELS
@pytest.mark.parametrize("fault", LOST)
async def test_a_payment_whose_answer_proves_nothing_is_unknown_and_found_by_asking(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str, fault: str
) -> None:
    here, request = account(channel), replace(order(), method=METHODS[channel])
    sandbox.fault(channel, "pay", fault, payment_no=request.payment_no, times=1)
    notified = await executor.pay(here, request)
    # What only hands out a code has no state that could be unheard of.
    assert isinstance(notified, Unknown) or (fault == "unknown_status" and _is_code(notified))
    assert isinstance(await executor.pay(here, request), Pending | Unknown)
    sandbox.pay(request.payment_no, notify=False)
    notified = await executor.query(here, trade_of(request))
    assert isinstance(notified, Succeeded)
    assert notified.amount == AMOUNT


@pytest.mark.parametrize("channel", ["wechat", "alipay", "stripe"])
@pytest.mark.parametrize("fault", ["system_error", "rate_limited"])
@pytest.mark.parametrize("times", [1, 2])
async def test_a_payment_that_the_channel_asks_for_again_is_made_once(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str, fault: str,
    times: int,
) -> None:  # fmt: skip
    here, request = account(channel), replace(order(), method=METHODS[channel])
    sandbox.fault(channel, "pay", fault, payment_no=request.payment_no, times=times)
    assert isinstance(await executor.pay(here, request), Pending)
    assert sandbox.trade(request.payment_no)["state"] == "created"


@CHANNELS
@pytest.mark.parametrize("operation", ["query", "close", "refund", "query_refund"])
@pytest.mark.parametrize("fault", ["system_error", "rate_limited"])
async def test_what_the_channel_asks_for_again_is_not_known_until_it_was_asked_again(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str, operation: str,
    fault: str,
) -> None:  # fmt: skip
    here, request = account(channel), replace(order(), method=METHODS[channel])
    if operation == "close" and here.plugin.closing(request.method) is None:
        operation = "query"
    made = named(request, await executor.pay(here, request))
    if operation != "close":
        sandbox.pay(request.payment_no, notify=False)
    back = refunding(sandbox, request)
    subject = back if "refund" in operation else made
    if operation == "query_refund":
        await executor.refund(here, back)
    ask = getattr(executor, operation)
    sandbox.fault(channel, operation, fault, payment_no=request.payment_no, times=1)
    assert isinstance(await ask(here, subject), Unknown | NotSent)
    notified = await ask(here, subject)
    if operation == "close":
        asked = await executor.query(here, trade_of(request))
        assert isinstance(asked, Declined)
        assert asked.closed
    else:
        assert isinstance(notified, Pending | Succeeded)


@CHANNELS
async def test_a_request_that_got_lost_did_nothing_and_may_be_repeated(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str
) -> None:
    here, request = account(channel), replace(order(), method=METHODS[channel])
    sandbox.fault(channel, "pay", "drop_request", payment_no=request.payment_no, times=1)
    assert isinstance(await executor.pay(here, request), Unknown)
    asked = await executor.query(here, trade_of(request))
    if channel.startswith("easy"):
        assert isinstance(asked, Unknown)  # It says that it cannot tell: to be asked later.
    else:
        assert isinstance(asked, Pending)
        assert not asked.found
    assert isinstance(await executor.pay(here, request), Pending)


@CHANNELS
@pytest.mark.parametrize("operation", ["query", "close", "refund", "query_refund"])
async def test_what_nobody_signed_ends_nothing(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str, operation: str
) -> None:
    """`unverified-ends-nothing`: the channel is asked again, and then it says what is true."""
    here, request = account(channel), replace(order(), method=METHODS[channel])
    made = named(request, await executor.pay(here, request))
    if operation != "close":
        sandbox.pay(request.payment_no, notify=False)
    given_back = refunding(sandbox, request)
    if operation == "query_refund":
        await executor.refund(here, given_back)
    sandbox.fault(channel, operation, "unsigned", payment_no=request.payment_no, times=1)
    subject = given_back if "refund" in operation else made
    notified = await getattr(executor, operation)(here, subject)
    if operation == "close" and here.plugin.closing(request.method) is None:
        assert isinstance(notified, NotSent)
        return
    assert isinstance(notified, Unknown)
    assert not notified.is_signed
    if operation == "close":
        assert sandbox.trade(request.payment_no)["state"] == "closed"
        return
    assert isinstance(await getattr(executor, operation)(here, subject), Succeeded | Pending)


@CHANNELS
@pytest.mark.parametrize("fault", ["status_500", "tamper", "unknown_status"])
async def test_a_question_whose_answer_proves_nothing_is_unknown(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str, fault: str
) -> None:
    here, request = account(channel), replace(order(), method=METHODS[channel])
    await executor.pay(here, request)
    sandbox.pay(request.payment_no, notify=False)
    sandbox.fault(channel, "query", fault, payment_no=request.payment_no, times=1)
    notified = await executor.query(here, trade_of(request))
    assert isinstance(notified, Unknown)
    assert notified.is_listed == (fault != "unknown_status")
    assert isinstance(await executor.query(here, trade_of(request)), Succeeded)


@CHANNELS
async def test_a_wrong_amount_is_told_as_the_channel_says_it(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str
) -> None:
    here, request = account(channel), replace(order(), method=METHODS[channel])
    await executor.pay(here, request)
    sandbox.pay(request.payment_no, amount=1, notify=False)
    notified = await executor.query(here, trade_of(request))
    assert isinstance(notified, Succeeded)
    assert notified.amount is not None
    assert notified.amount.amount_minor == 1


@CHANNELS
async def test_not_paid_by_the_query_and_paid_by_the_late_notification(
    executor: Executor, account: Open, sandbox: RunningSandbox, merchant: Merchant, channel: str
) -> None:
    here, request = account(channel), replace(order(merchant.url), method=METHODS[channel])
    await executor.pay(here, request)
    asked = await executor.query(here, trade_of(request))
    assert isinstance(asked, Pending)
    sandbox.pay(request.payment_no)
    notification = next_raw(merchant)
    twice = [await executor.read_notification(here, notification) for _ in range(2)]
    assert twice[0] == twice[1]
    [notified] = twice[0]
    assert isinstance(notified, NotifiedPayment)
    assert isinstance(notified.outcome, Succeeded)
    assert (notified.payment_no, notified.outcome.amount) == (request.payment_no, AMOUNT)
    assert notified.is_unbound == (channel == "easy")


@CLOSING
async def test_a_close_that_loses_the_race_is_no_close(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str
) -> None:
    here, request = account(channel), replace(order(), method=METHODS[channel])
    made = named(request, await executor.pay(here, request))
    await executor.query(here, trade_of(request))
    sandbox.pay(request.payment_no, notify=False)
    assert isinstance(await executor.close(here, made), Unknown)
    assert isinstance(await executor.query(here, trade_of(request)), Succeeded)


@pytest.mark.parametrize("method", [Method.PC, Method.APP])
async def test_a_payment_of_a_busy_account_whose_answer_was_lost_is_found(
    executor: Executor, account: Open, sandbox: RunningSandbox, method: Method
) -> None:
    """Among more than Stripe lists at once, in the seconds around it."""
    here, request = account("stripe"), replace(order(), method=method)
    sandbox.fault("stripe", "pay", "drop_answer", payment_no=request.payment_no, times=1)
    assert isinstance(await executor.pay(here, request), Unknown)
    others = [replace(order(), method=method) for _ in range(101)]
    await asyncio.gather(*(executor.pay(here, each) for each in others))
    known = await executor.query(here, trade_of(request))
    assert isinstance(known, Pending)
    assert known.found
    absent = await executor.query(here, trade_of(replace(order(), method=method)))
    assert absent == Pending(found=False)


@SCANNING
async def test_a_scanned_code_that_nobody_knows_of_is_taken_back(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str
) -> None:
    """The payer at the till has paid, the answer is lost, and they pay otherwise."""
    here = account(channel)
    request = replace(order(), method=Method.BARCODE, auth_code=CODES[channel])
    sandbox.fault(channel, "pay", "drop_answer", payment_no=request.payment_no, times=1)
    assert isinstance(await executor.pay(here, request), Unknown)
    sandbox.fault(channel, "close", "drop_answer", payment_no=request.payment_no, times=1)
    assert isinstance(await executor.close(here, trade_of(request)), Unknown)
    notified = await executor.close(here, trade_of(request))
    assert isinstance(notified, Succeeded)
    trade = sandbox.trade(request.payment_no)
    assert trade["state"] == "closed" or trade["refunded"] == request.amount.amount_minor


@CHANNELS
async def test_a_refund_that_is_repeated_gives_the_money_back_once(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str
) -> None:
    here, request = account(channel), replace(order(), method=METHODS[channel])
    await executor.pay(here, request)
    sandbox.pay(request.payment_no, notify=False)
    back = refunding(sandbox, request)
    sandbox.fault(channel, "refund", "drop_answer", payment_no=request.payment_no, times=1)
    assert isinstance(await executor.refund(here, back), Unknown)
    notified = await asyncio.gather(*(executor.refund(here, back) for _ in range(3)))
    assert not any(isinstance(each, Declined | NotSent) for each in notified)
    await until_refunded(executor, here, back)
    assert [each["amount"] for each in sandbox.trade(request.payment_no)["refunds"]] == [500]


@pytest.mark.parametrize("channel", ["wechat", "easy", "easy_direct", "stripe"])
@pytest.mark.parametrize(("state", "abnormal"), [("failed", False), ("abnormal", True)])
async def test_a_refund_that_was_taken_may_come_to_another_end(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str, state: str,
    abnormal: bool,
) -> None:  # fmt: skip
    here, request = account(channel), replace(order(), method=METHODS[channel])
    await executor.pay(here, request)
    sandbox.pay(request.payment_no, notify=False)
    sandbox.fault(channel, "refund", "hold", payment_no=request.payment_no, times=1)
    back = refunding(sandbox, request)
    assert isinstance(await executor.refund(here, back), Pending)
    assert isinstance(await executor.query_refund(here, back), Pending)
    sandbox.control("POST", "/refunds", {"refund_no": back.refund_no, "state": state})
    notified = await executor.query_refund(here, back)
    assert isinstance(notified, Declined)
    assert notified.abnormal == abnormal


async def test_a_notification_of_easy_under_another_number_only_makes_us_ask(
    executor: Executor, account: Open, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    """The replay reads as true, which is why the gateway asks: the other payment is not paid."""
    here = account("easy")
    paid, unpaid = (replace(order(merchant.url), method=Method.H5) for _ in range(2))
    for request in (paid, unpaid):
        await executor.pay(here, request)
    sandbox.pay(paid.payment_no)
    envelope = json.loads(next_raw(merchant).body)
    call = here.plugin.methods[Method.H5].call(unpaid, here.opened)
    forged = RawNotification({}, json.dumps(envelope | dict(call.query)).encode())
    [notified] = await executor.read_notification(here, forged)
    assert isinstance(notified, NotifiedPayment)
    assert notified.is_unbound
    assert notified.payment_no == unpaid.payment_no
    assert isinstance(await executor.query(here, trade_of(unpaid)), Pending)


def _is_code(notified: Outcome) -> bool:
    return isinstance(notified, Pending) and isinstance(notified.action, QrCodeAction)


def named(request: PayOrder, notified: Outcome) -> Trade:
    """With the number that the channel gave it at once, where it gave one."""
    return replace(trade_of(request), channel_trade_no=getattr(notified, "channel_no", None))


def refunding(sandbox: RunningSandbox, request: PayOrder) -> Refunding:
    """Of a payment whose number at its channel is known, as that of each paid one is."""
    paid = replace(
        trade_of(request), channel_trade_no=sandbox.trade(request.payment_no)["channel_trade_no"]
    )
    return replace(refunding_of(request, 500), trade=paid)


def next_raw(merchant: Merchant) -> RawNotification:
    notification = merchant.next_notification()
    return RawNotification(
        {name.lower(): text for name, text in notification.headers.items()}, notification.body
    )
