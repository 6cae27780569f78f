"""Taking a payment back on its day: whatever happens on the way, the money goes back once.

Undo and refund are what the plugin says, the truth is the sandbox's. All clocks show the noon of
tomorrow, so that each plugin begins with its undo, whatever the hour.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.calling.enquiries import fetch_statement
from gateway.calling.executor import Executor
from gateway.calling.transport import HttpTransport
from gateway.channels.formats import BEIJING
from gateway.channels.plugin import (
    Declined,
    NotifiedRefund,
    NotSent,
    Outcome,
    Pending,
    RawNotification,
    Refunding,
    Statement,
    StatementRow,
    Succeeded,
    Unknown,
)
from gateway.channels.registry import PLUGINS
from gateway.directory import ChannelAccount

from .conftest import Merchant, RunningSandbox, free_port, run_sandbox
from .plugin_calls import AMOUNT, Open, order, refunding_of, today, trade_of, until_refunded

CHANNELS = pytest.mark.parametrize("channel", [n for n, p in PLUGINS.items() if p.undo])
WHOLE = AMOUNT.amount_minor

_NOW = datetime.now(BEIJING)
AHEAD = (_NOW + timedelta(days=1)).replace(hour=12, minute=0) - _NOW


@pytest.fixture(scope="module")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    folder, ahead_s = tmp_path_factory.mktemp("sandbox"), AHEAD.total_seconds()
    with run_sandbox(free_port(), folder, ahead_s=ahead_s) as running:
        yield running


@pytest.fixture
async def executor() -> AsyncIterator[Executor]:
    async with HttpTransport() as transport:
        yield Executor(
            transport,
            now=lambda: datetime.now(UTC) + AHEAD,
            monotonic=time.monotonic,
            tell=lambda _: None,
        )


async def paid(
    executor: Executor, here: ChannelAccount, sandbox: RunningSandbox, url: str
) -> Refunding:
    """A refund of all that was paid today."""
    request, noon = order(ahead=AHEAD), datetime.now(BEIJING) + AHEAD
    await executor.pay(here, request)
    sandbox.pay(request.payment_no, notify=False)
    number = sandbox.trade(request.payment_no)["channel_trade_no"]
    trade = replace(trade_of(request), channel_trade_no=number, paid_at=noon)
    whole = replace(refunding_of(request, WHOLE), trade=trade, created_at=noon, notify_url=url)
    assert here.plugin.undo is not None
    assert here.plugin.undo.is_for(whole)
    return whole


def given_back(sandbox: RunningSandbox, whole: Refunding) -> list[tuple[int, str]]:
    """Each transaction of it at the channel: its amount, and its state."""
    back = sandbox.trade(whole.trade.payment_no)["refunds"]
    return [(each["amount"], each["state"]) for each in back]


async def on_the_statement(
    executor: Executor, here: ChannelAccount, whole: Refunding
) -> list[StatementRow]:
    """The rows of it on the channel's statement of today."""
    statement = await fetch_statement(executor, here, today("trade", here.channel, ahead=AHEAD))
    assert isinstance(statement, Statement)
    return [row for row in statement.rows if row.refund_no == whole.refund_no]


async def asked_again_it_is_done_once(
    executor: Executor, here: ChannelAccount, sandbox: RunningSandbox, whole: Refunding
) -> None:
    """By three at once."""
    again = await asyncio.gather(*(executor.refund(here, whole) for _ in range(3)))
    assert not any(isinstance(each, Declined | NotSent) for each in again)
    await until_refunded(executor, here, whole)
    assert given_back(sandbox, whole) == [(WHOLE, "succeeded")]


@pytest.fixture
def fault(sandbox: RunningSandbox) -> "Fault":
    return Fault(sandbox)


class Fault:
    """Strikes once, at a refund of this payment."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self._sandbox = sandbox

    def __call__(self, whole: Refunding, channel: str, kind: str, **more: int) -> None:
        number = whole.trade.payment_no
        self._sandbox.fault(channel, "refund", kind, payment_no=number, **more)


@CHANNELS
async def test_a_payment_of_today_is_taken_back_told_and_on_the_statement(
    executor: Executor, account: Open, sandbox: RunningSandbox, merchant: Merchant, channel: str
) -> None:
    here = account(channel)
    whole = await paid(executor, here, sandbox, merchant.url)
    assert isinstance(await executor.refund(here, whole), Pending)
    raw = merchant.next_notification()
    headers = {name.lower(): value for name, value in raw.headers.items()}
    [notified] = await executor.read_notification(here, RawNotification(headers, raw.body))
    assert isinstance(notified, NotifiedRefund)
    numbers = (notified.refund_no, notified.payment_no)
    assert numbers == (whole.refund_no, whole.trade.payment_no)
    for done in (notified.outcome, await executor.query_refund(here, whole)):
        assert isinstance(done, Succeeded)
        assert done.amount == AMOUNT
    rows = await on_the_statement(executor, here, whole)
    assert [(row.kind, row.amount.amount_minor) for row in rows] == [("refund", -WHOLE)]
    assert given_back(sandbox, whole) == [(WHOLE, "succeeded")]


@CHANNELS
async def test_an_undo_that_the_issuer_refuses_is_followed_by_a_refund(
    executor: Executor, account: Open, sandbox: RunningSandbox, merchant: Merchant, channel: str,
    fault: Fault,
) -> None:  # fmt: skip
    here = account(channel)
    whole = await paid(executor, here, sandbox, merchant.url)
    fault(whole, channel, "no_undo", times=1)
    assert isinstance(await executor.refund(here, whole), Pending)
    raw = merchant.next_notification()
    [notified] = await executor.read_notification(here, RawNotification({}, raw.body))
    assert isinstance(notified, NotifiedRefund)
    assert (notified.refund_no, type(notified.outcome)) == (whole.refund_no, Succeeded)
    await until_refunded(executor, here, whole)
    assert not isinstance(await executor.refund(here, whole), Declined | NotSent)
    assert given_back(sandbox, whole) == [(WHOLE, "failed"), (WHOLE, "succeeded")]
    rows = await on_the_statement(executor, here, whole)
    assert [row.amount.amount_minor for row in rows] == [-WHOLE]


@CHANNELS
async def test_an_undo_that_comes_to_nothing_later_is_followed_by_a_refund(
    executor: Executor, account: Open, sandbox: RunningSandbox, merchant: Merchant, channel: str,
    fault: Fault,
) -> None:  # fmt: skip
    """As trade-core asks: under way, then unknown to the channel, so that it is sent again."""
    here = account(channel)
    whole = await paid(executor, here, sandbox, merchant.url)
    fault(whole, channel, "hold", times=1)
    assert isinstance(await executor.refund(here, whole), Pending)
    standing = await executor.query_refund(here, whole)
    assert isinstance(standing, Pending)
    assert standing.found
    assert isinstance(await executor.refund(here, whole), Pending)  # and sends nothing
    assert given_back(sandbox, whole) == [(WHOLE, "processing")]
    sandbox.control("POST", "/refunds", {"refund_no": whole.refund_no, "state": "failed"})
    assert await executor.query_refund(here, whole) == Pending(found=False)
    assert isinstance(await executor.refund(here, whole), Pending)
    await until_refunded(executor, here, whole)
    assert given_back(sandbox, whole) == [(WHOLE, "failed"), (WHOLE, "succeeded")]


@CHANNELS
@pytest.mark.parametrize(("kind", "meant"), [("issuer_busy", Pending), ("charged_late", Unknown)])
async def test_an_undo_that_may_have_been_done_is_followed_by_no_refund(
    executor: Executor, account: Open, sandbox: RunningSandbox, merchant: Merchant, channel: str,
    kind: str, meant: type[Outcome],
) -> None:  # fmt: skip
    """Codes that stand among refusals and are none: the payer would be given the money twice."""
    here = account(channel)
    whole = await paid(executor, here, sandbox, merchant.url)
    assert isinstance(await executor.refund(here, whole), Pending)
    number = whole.trade.payment_no
    sandbox.fault(channel, "query_refund", kind, payment_no=number, times=2)
    assert isinstance(await executor.query_refund(here, whole), meant)
    assert isinstance(await executor.refund(here, whole), meant)
    await until_refunded(executor, here, whole)
    assert given_back(sandbox, whole) == [(WHOLE, "succeeded")]


@CHANNELS
@pytest.mark.parametrize("kind", ["drop_answer", "status_500", "tamper", "unknown_status"])
async def test_an_undo_whose_answer_is_lost_is_done_once(
    executor: Executor, account: Open, sandbox: RunningSandbox, merchant: Merchant, channel: str,
    fault: Fault, kind: str,
) -> None:  # fmt: skip
    here = account(channel)
    whole = await paid(executor, here, sandbox, merchant.url)
    fault(whole, channel, kind, times=1)
    assert isinstance(await executor.refund(here, whole), Unknown)
    await asked_again_it_is_done_once(executor, here, sandbox, whole)


@CHANNELS
async def test_an_undo_that_never_arrived_is_sent_again_and_no_refund(
    executor: Executor, account: Open, sandbox: RunningSandbox, merchant: Merchant, channel: str,
    fault: Fault,
) -> None:  # fmt: skip
    here = account(channel)
    whole = await paid(executor, here, sandbox, merchant.url)
    fault(whole, channel, "drop_request", times=1)
    assert isinstance(await executor.refund(here, whole), Unknown)
    assert await executor.query_refund(here, whole) == Pending(found=False)
    assert given_back(sandbox, whole) == []
    await asked_again_it_is_done_once(executor, here, sandbox, whole)


@CHANNELS
async def test_what_went_back_outside_us_goes_back_no_second_time(
    executor: Executor, account: Open, sandbox: RunningSandbox, merchant: Merchant, channel: str
) -> None:
    """The undo is refused because of it, and the refund as well: a final no."""
    here = account(channel)
    whole = await paid(executor, here, sandbox, merchant.url)
    other = {"payment_no": whole.trade.payment_no, "amount": WHOLE, "notify": False}
    sandbox.control("POST", "/console-refunds", other)
    assert isinstance(await executor.refund(here, whole), Declined)
    assert await executor.query_refund(here, whole) == Pending(found=False)
    assert [amount for amount, _ in given_back(sandbox, whole)] == [WHOLE]


@CHANNELS
async def test_an_undo_of_another_amount_is_told_as_the_channel_says_it(
    executor: Executor, account: Open, sandbox: RunningSandbox, merchant: Merchant, channel: str
) -> None:
    """`compared-with-our-books` is trade-core's."""
    here = account(channel)
    whole = await paid(executor, here, sandbox, merchant.url)
    await executor.refund(here, whole)
    await until_refunded(executor, here, whole)
    number = whole.trade.payment_no
    sandbox.fault(channel, "query_refund", "wrong_amount", payment_no=number, times=1)
    answered = await executor.query_refund(here, whole)
    assert isinstance(answered, Succeeded)
    assert answered.amount is not None
    assert answered.amount.amount_minor == WHOLE + 1
