"""A refund for which the merchant's balance is too small, at a channel that keeps its refusals:
made once, soon after there is money. The truth is the sandbox's."""

from dataclasses import replace
from datetime import timedelta

from contracts.api import Method
from gateway.calling.executor import Executor
from gateway.channels.plugin import NotSent, Pending, Refunding, Succeeded, Unknown
from gateway.directory import ChannelAccount

from .conftest import RunningSandbox
from .plugin_calls import Open, order, refunding_of, trade_of

HOUR = timedelta(hours=1)


async def paid(executor: Executor, here: ChannelAccount, sandbox: RunningSandbox) -> Refunding:
    request = replace(order(), method=Method.PC)
    await executor.pay(here, request)
    sandbox.pay(request.payment_no, notify=False)
    number = sandbox.trade(request.payment_no)["channel_trade_no"]
    trade = replace(trade_of(request), channel_trade_no=number)
    return replace(refunding_of(request, 500), trade=trade)


def after(refunding: Refunding, age: timedelta) -> Refunding:
    return replace(refunding, lease_until=refunding.created_at + age)


def given_back(sandbox: RunningSandbox, refunding: Refunding) -> list[str]:
    return [each["state"] for each in sandbox.trade(refunding.trade.payment_no)["refunds"]]


async def test_a_refusal_is_kept_and_the_next_hour_sees_the_money(
    executor: Executor, account: Open, sandbox: RunningSandbox
) -> None:
    here = account("stripe")
    back = await paid(executor, here, sandbox)
    sandbox.fault("stripe", "refund", "no_balance", payment_no=back.trade.payment_no)
    for age in (0 * HOUR, 0.2 * HOUR, 1.1 * HOUR, 2.5 * HOUR):
        assert isinstance(await executor.refund(here, after(back, age)), NotSent)
    sandbox.control("DELETE", "/faults")
    assert isinstance(await executor.refund(here, after(back, 2.9 * HOUR)), NotSent)
    assert given_back(sandbox, back) == []
    assert isinstance(await executor.refund(here, after(back, 3 * HOUR)), Pending | Succeeded)
    for age in (3.1 * HOUR, 4 * HOUR, 23.5 * HOUR, 24 * HOUR, 50 * HOUR):
        assert isinstance(await executor.refund(here, after(back, age)), Pending | Succeeded)
    assert len(given_back(sandbox, back)) == 1


async def test_a_refund_whose_answer_got_lost_is_found_whatever_the_hour(
    executor: Executor, account: Open, sandbox: RunningSandbox
) -> None:
    here = account("stripe")
    back = await paid(executor, here, sandbox)
    number = back.trade.payment_no
    sandbox.fault("stripe", "refund", "no_balance", payment_no=number, times=1)
    assert isinstance(await executor.refund(here, after(back, 0 * HOUR)), NotSent)
    sandbox.fault("stripe", "refund", "drop_answer", payment_no=number, times=2)
    for age in (1.5 * HOUR, 1.6 * HOUR):
        await executor.refund(here, after(back, age))
    sandbox.control("DELETE", "/faults")
    for age in (1.7 * HOUR, 2 * HOUR, 23.5 * HOUR, 25 * HOUR):
        assert not isinstance(await executor.refund(here, after(back, age)), NotSent | Unknown)
    assert len(given_back(sandbox, back)) == 1


async def test_in_the_last_hour_before_keys_are_forgotten_nothing_is_sent(
    executor: Executor, account: Open, sandbox: RunningSandbox
) -> None:
    here = account("stripe")
    back = await paid(executor, here, sandbox)
    waiting = await executor.refund(here, after(back, 23.1 * HOUR))
    assert isinstance(waiting, NotSent)
    assert given_back(sandbox, back) == []
    assert isinstance(await executor.refund(here, after(back, 24 * HOUR)), Pending | Succeeded)
    assert len(given_back(sandbox, back)) == 1
