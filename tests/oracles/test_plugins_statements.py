"""Statements of a day: the sandbox writes them, our plugins read them, and both agree."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from gateway.calling.enquiries import fetch_statement
from gateway.calling.executor import Executor
from gateway.channels.formats import BEIJING, rounded
from gateway.channels.plugin import (
    Declined,
    NotSent,
    Pending,
    Statement,
    StatementKind,
    StatementRequest,
    Unknown,
)
from gateway.channels.registry import PLUGINS
from gateway.directory import ChannelAccount

from .conftest import RunningSandbox
from .plugin_calls import Open, order, refunding_of, today, until_refunded

FETCHED = pytest.mark.parametrize("channel", ["wechat", "alipay", "unionpay"])


async def rows_of(
    executor: Executor, account: ChannelAccount, numbers: set[str], kind: StatementKind = "trade"
) -> list[tuple[str, str, str, int]]:
    statement = await fetch_statement(executor, account, today(kind, account.channel))
    assert isinstance(statement, Statement), statement
    return sorted(
        (row.kind, row.payment_no, row.refund_no, row.amount.amount_minor)
        for row in statement.rows
        if {row.payment_no, row.channel_no} & numbers
    )


@FETCHED
async def test_a_statement_tells_what_was_paid_and_given_back_and_nothing_else(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str
) -> None:
    """So what is missing in it, and what it has beyond our books, can be seen."""
    here, paid, unpaid = account(channel), order(), order()
    for request in (paid, unpaid):
        assert isinstance(await executor.pay(here, request), Pending)
    sandbox.pay(paid.payment_no, notify=False)
    given_back = refunding_of(paid, 500)
    assert not isinstance(await executor.refund(here, given_back), Declined)
    numbers = {paid.payment_no, unpaid.payment_no}
    await until_refunded(executor, here, given_back)
    assert await rows_of(executor, here, numbers) == [
        ("payment", paid.payment_no, "", 1299),
        ("refund", paid.payment_no, given_back.refund_no, -500),
    ]


@FETCHED
async def test_a_statement_tells_what_the_channel_kept_and_what_of_it_came_back(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str
) -> None:
    here, paid = account(channel), order()
    await executor.pay(here, paid)
    sandbox.pay(paid.payment_no, notify=False)
    whole = refunding_of(paid, paid.amount.amount_minor)
    assert not isinstance(await executor.refund(here, whole), Declined)
    await until_refunded(executor, here, whole)
    statement = await fetch_statement(executor, here, today("trade", here.channel))
    assert isinstance(statement, Statement)
    rows = [row for row in statement.rows if row.payment_no == paid.payment_no]
    exact = [Decimal(row.fee) if row.exact_fee is None else row.exact_fee for row in rows]
    assert [rounded(fee) for fee in exact] == [8, -8]
    for row, fee in zip(rows, exact, strict=True):
        assert abs(row.fee - fee) < 1, "whole, by what the rows before it left over"


@pytest.mark.parametrize("channel", ["wechat", "alipay"])
async def test_the_flows_of_a_day_are_what_moved_on_the_account(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str
) -> None:
    here, paid = account(channel), order()
    await executor.pay(here, paid)
    sandbox.pay(paid.payment_no, notify=False)
    number = sandbox.trade(paid.payment_no)["channel_trade_no"]
    [row] = await rows_of(executor, here, {number}, "funds")
    assert (row[0], row[3]) == ("payment", 1299)


@FETCHED
async def test_a_row_that_differs_from_our_books_is_told_as_it_stands(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str
) -> None:
    here, paid = account(channel), order()
    await executor.pay(here, paid)
    sandbox.pay(paid.payment_no, notify=False)
    honest = await fetch_statement(executor, here, today("trade", here.channel))
    sandbox.fault(channel, "bill", "wrong_amount", times=1)
    changed = await fetch_statement(executor, here, today("trade", here.channel))
    assert isinstance(honest, Statement)
    assert isinstance(changed, Statement)
    pairs = zip(honest.rows, changed.rows, strict=True)
    differing = [(was, now) for was, now in pairs if was != now]
    assert [now.amount.amount_minor - was.amount.amount_minor for was, now in differing] == [1]


async def test_a_provider_reads_the_statement_of_its_merchant_only(
    executor: Executor, account: Open, sandbox: RunningSandbox
) -> None:
    own, other = (account("wechat", sub_mchid=number) for number in ("1900000571", "1900000572"))
    paid, others = order(), order()
    for here, request in ((own, paid), (other, others)):
        await executor.pay(here, request)
        sandbox.pay(request.payment_no, notify=False)
    numbers = {paid.payment_no, others.payment_no}
    assert await rows_of(executor, own, numbers) == [("payment", paid.payment_no, "", 1299)]
    assert await rows_of(executor, other, numbers) == [("payment", others.payment_no, "", 1299)]
    funds = await fetch_statement(executor, own, today("funds"))
    assert isinstance(funds, NotSent)


@FETCHED
@pytest.mark.parametrize("fault", ["tamper", "status_500"])
async def test_a_statement_that_does_not_arrive_whole_is_unknown(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str, fault: str
) -> None:
    here, paid = account(channel), order()
    await executor.pay(here, paid)
    sandbox.pay(paid.payment_no, notify=False)
    sandbox.fault(channel, "bill", fault, times=1)
    assert isinstance(await fetch_statement(executor, here, today("trade", here.channel)), Unknown)
    assert isinstance(
        await fetch_statement(executor, here, today("trade", here.channel)), Statement
    )


@FETCHED
async def test_a_day_on_which_nothing_moved_has_an_empty_statement(
    executor: Executor, account: Open, channel: str
) -> None:
    quiet = StatementRequest((datetime.now(BEIJING) - timedelta(days=40)).date(), "trade")
    assert await fetch_statement(executor, account(channel), quiet) == Statement(())


@pytest.mark.parametrize("channel", [n for n, p in PLUGINS.items() if p.statements])
async def test_a_statement_that_is_not_there_yet_looks_like_one_of_a_quiet_day(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str
) -> None:
    """So that trade-core must doubt it."""
    sandbox.fault(channel, "bill", "not_there_yet", times=1)
    late = await fetch_statement(executor, account(channel), today("trade", channel))
    assert late == Statement(())


@FETCHED
async def test_a_refund_at_the_console_names_the_payment_in_the_statement(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str
) -> None:
    here, paid = account(channel), order()
    await executor.pay(here, paid)
    sandbox.pay(paid.payment_no, notify=False)
    for amount in (500, 500):
        other = {"payment_no": paid.payment_no, "amount": amount, "notify": False}
        sandbox.control("POST", "/console-refunds", other)
    statement = await fetch_statement(executor, here, today("trade", channel))
    assert isinstance(statement, Statement)
    own = [row for row in statement.rows if row.payment_no == paid.payment_no]
    assert [row.amount.amount_minor for row in own] == [1299, -500, -500]
    assert len({row.refund_no or row.channel_no for row in own}) == 3
