"""Our plugins split (分账) at the running sandbox, which shares no code with them."""

from dataclasses import replace

import pytest

from contracts.money import Money
from gateway.calling.executor import Executor
from gateway.channels.plugin import (
    Declined,
    NotSent,
    Pending,
    SplitReturning,
    Splitting,
    Succeeded,
    Trade,
    Unknown,
)
from gateway.directory import ChannelAccount

from .conftest import RunningSandbox
from .plugin_calls import (
    Open,
    order,
    owed_by,
    refunding_of,
    splitting_of,
    trade_of,
    until_refunded,
    until_split,
)

CHANNELS = pytest.mark.parametrize("channel", ["wechat", "alipay"])
RECEIVERS = {"wechat": "1900000201", "alipay": "2088000000000201"}
PERSON = "o-payee@mail.example"


async def paid(
    executor: Executor, account: ChannelAccount, sandbox: RunningSandbox, *, splits: bool = True
) -> Trade:
    """A payment of 12.99 yuan that may be split, with the channel's number."""
    request = replace(order(), will_split=splits)
    assert isinstance(await executor.pay(account, request), Pending)
    sandbox.pay(request.payment_no, notify=False)
    number = sandbox.trade(request.payment_no)["channel_trade_no"]
    return replace(trade_of(request), channel_trade_no=number)


def shares_of(splitting: Splitting, sandbox: RunningSandbox) -> list[tuple[int, str, int]]:
    [split] = sandbox.trade(splitting.trade.payment_no)["splits"]
    assert split["split_no"] == splitting.split_no
    return [(each["amount"], each["state"], each["returned"]) for each in split["receivers"]]


@CHANNELS
@pytest.mark.parametrize("is_last", [False, True])
async def test_a_split_is_accepted_and_comes_to_its_end(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str, is_last: bool
) -> None:
    here = account(channel)
    trade = await paid(executor, here, sandbox)
    request = splitting_of(trade, (RECEIVERS[channel], 300), (PERSON, 200), is_last=is_last)
    assert isinstance(await executor.split(here, request), Pending)
    outcome = await until_split(executor, here, request)
    assert [share.status for share in outcome.shares] == ["succeeded", "succeeded"]
    assert [share.amount for share in outcome.shares] == [Money(300, "CNY"), Money(200, "CNY")]
    assert shares_of(request, sandbox) == [(300, "succeeded", 0), (200, "succeeded", 0)]


@CHANNELS
@pytest.mark.parametrize(
    "fault", ["drop_answer", "status_500", "tamper", "unknown_status", "system_error"]
)
async def test_a_split_whose_answer_proves_nothing_happens_once(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str, fault: str
) -> None:
    here = account(channel)
    trade = await paid(executor, here, sandbox)
    request = splitting_of(trade, (RECEIVERS[channel], 300))
    sandbox.fault(channel, "split", fault, payment_no=trade.payment_no, times=1)
    assert isinstance(await executor.split(here, request), Unknown)
    assert isinstance(await executor.split(here, request), Pending | Succeeded)
    await until_split(executor, here, request)
    assert shares_of(request, sandbox) == [(300, "succeeded", 0)]


@CHANNELS
async def test_a_split_that_never_arrived_is_absent_and_may_be_sent_again(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str
) -> None:
    here = account(channel)
    trade = await paid(executor, here, sandbox)
    request = splitting_of(trade, (RECEIVERS[channel], 300))
    sandbox.fault(channel, "split", "drop_request", payment_no=trade.payment_no, times=1)
    assert isinstance(await executor.split(here, request), Unknown)
    outcome = await executor.query_split(here, request)
    assert isinstance(outcome, Pending)
    assert not outcome.found
    assert isinstance(await executor.split(here, request), Pending)


@CHANNELS
async def test_a_split_that_comes_too_early_is_sent_again(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str
) -> None:
    here = account(channel)
    trade = await paid(executor, here, sandbox)
    request = splitting_of(trade, (RECEIVERS[channel], 300))
    sandbox.fault(channel, "split", "too_early", payment_no=trade.payment_no, times=1)
    assert isinstance(await executor.split(here, request), NotSent)
    assert isinstance(await executor.split(here, request), Pending)


@CHANNELS
@pytest.mark.parametrize("fault", ["unknown_status", "tamper"])
async def test_a_question_about_a_split_whose_answer_proves_nothing_is_unknown(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str, fault: str
) -> None:
    here = account(channel)
    trade = await paid(executor, here, sandbox)
    request = splitting_of(trade, (RECEIVERS[channel], 300))
    await executor.split(here, request)
    sandbox.fault(channel, "query_split", fault, payment_no=trade.payment_no, times=1)
    outcome = await executor.query_split(here, request)
    assert isinstance(outcome, Unknown)
    assert outcome.is_listed == (fault != "unknown_status")


@CHANNELS
async def test_a_wrong_share_is_told_as_the_channel_says_it(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str
) -> None:
    here = account(channel)
    trade = await paid(executor, here, sandbox)
    request = splitting_of(trade, (RECEIVERS[channel], 300))
    await executor.split(here, request)
    await until_split(executor, here, request)
    sandbox.fault(channel, "query_split", "wrong_amount", payment_no=trade.payment_no, times=1)
    outcome = await executor.query_split(here, request)
    assert isinstance(outcome, Succeeded)
    assert outcome.shares[0].amount == Money(301, "CNY")


@CHANNELS
async def test_strangers_get_nothing(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str
) -> None:
    here = account(channel)
    trade = await paid(executor, here, sandbox)
    alone = splitting_of(trade, ("stranger00", 300))
    assert isinstance(await executor.split(here, alone), Declined)
    request = splitting_of(trade, (RECEIVERS[channel], 300), ("stranger00", 200))
    assert isinstance(await executor.split(here, request), Pending)
    outcome = await until_split(executor, here, request)
    assert [share.status for share in outcome.shares] == ["succeeded", "failed"]
    assert outcome.shares[1].code in ("NO_RELATION", "ROYALTY_RECEIVER_INVALID")


@CHANNELS
async def test_no_more_is_split_than_there_is(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str
) -> None:
    here = account(channel)
    trade = await paid(executor, here, sandbox)
    request = splitting_of(trade, (RECEIVERS[channel], 1300))
    assert isinstance(await executor.split(here, request), Declined)


async def test_wechat_pay_splits_only_what_was_paid_for_it(
    executor: Executor, account: Open, sandbox: RunningSandbox
) -> None:
    here = account("wechat")
    plain = await paid(executor, here, sandbox, splits=False)
    outcome = await executor.split(here, splitting_of(plain, (RECEIVERS["wechat"], 300)))
    assert isinstance(outcome, Declined)
    assert outcome.message == "非分账订单不支持分账"
    always = account("wechat", profit_sharing=True)
    marked = await paid(executor, always, sandbox, splits=False)
    request = splitting_of(marked, (RECEIVERS["wechat"], 300))
    assert isinstance(await executor.split(always, request), Pending)


async def test_a_provider_of_wechat_pay_splits_for_its_merchant(
    executor: Executor, account: Open, sandbox: RunningSandbox
) -> None:
    here = account("wechat", sub_mchid="1900000555", sub_appid="wx5550000000000000")
    trade = await paid(executor, here, sandbox)
    request = splitting_of(trade, (RECEIVERS["wechat"], 300), (PERSON, 200), is_last=True)
    assert isinstance(await executor.split(here, request), Pending)
    await until_split(executor, here, request)
    owed = owed_by(request, RECEIVERS["wechat"], 100)
    assert isinstance(await executor.return_split(here, SplitReturning(trade, owed)), Succeeded)


@pytest.mark.parametrize("fault", ["drop_answer", "system_error"])
async def test_a_receiver_of_wechat_pay_gives_back_once(
    executor: Executor, account: Open, sandbox: RunningSandbox, fault: str
) -> None:
    here = account("wechat")
    trade = await paid(executor, here, sandbox)
    request = splitting_of(trade, (RECEIVERS["wechat"], 300))
    await executor.split(here, request)
    await until_split(executor, here, request)
    asked = SplitReturning(trade, owed_by(request, RECEIVERS["wechat"], 100))
    sandbox.fault("wechat", "split", fault, payment_no=trade.payment_no, times=1)
    assert isinstance(await executor.return_split(here, asked), Unknown)
    assert isinstance(await executor.return_split(here, asked), Succeeded)
    assert shares_of(request, sandbox) == [(300, "succeeded", 100)]
    too_much = SplitReturning(trade, owed_by(request, RECEIVERS["wechat"], 201))
    assert isinstance(await executor.return_split(here, too_much), Declined)


async def test_receivers_of_alipay_give_back_with_the_refund(
    executor: Executor, account: Open, sandbox: RunningSandbox
) -> None:
    here = account("alipay")
    trade = await paid(executor, here, sandbox)
    request = splitting_of(trade, (RECEIVERS["alipay"], 300))
    await executor.split(here, request)
    await until_split(executor, here, request)
    owed = owed_by(request, RECEIVERS["alipay"], 100)
    back = replace(refunding_of(order(), 1099), trade=trade, returns=(owed,))
    sandbox.fault("alipay", "refund", "drop_answer", payment_no=trade.payment_no, times=1)
    assert isinstance(await executor.refund(here, back), Unknown)
    assert isinstance(await executor.refund(here, back), Pending | Succeeded)
    await until_refunded(executor, here, back)
    assert shares_of(request, sandbox) == [(300, "succeeded", 100)]
