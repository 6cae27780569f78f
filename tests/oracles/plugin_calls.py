"""What tests ask of our plugins beside the sandbox, and how they wait for its end."""

import asyncio
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from contracts.api import Method
from contracts.identifiers import new_id
from contracts.money import Money
from gateway.calling.executor import Executor
from gateway.channels.formats import BEIJING
from gateway.channels.plugin import (
    Outcome,
    PayOrder,
    Refunding,
    Share,
    SplitReturn,
    Splitting,
    StatementKind,
    StatementRequest,
    Succeeded,
    Trade,
)
from gateway.directory import ChannelAccount

LIMIT_S = 10
POLL_S = 0.05
AMOUNT = Money(1299, "CNY")
Open = Callable[..., ChannelAccount]


def order(url: str = "https://pay.example/webhooks", *, ahead: timedelta = timedelta()) -> PayOrder:
    now = datetime.now(UTC) + ahead
    return PayOrder(
        payment_no=new_id("payment"),
        amount=AMOUNT,
        subject="物业费 11月",
        method=Method.NATIVE,
        created_at=now,
        expires_at=now + timedelta(hours=2),
        notify_url=url,
        landing_url="https://cashier.example/pay/landing",
    )


def trade_of(asked: PayOrder) -> Trade:
    return Trade(asked.payment_no, AMOUNT, asked.method, asked.created_at, asked.expires_at)


def refunding_of(asked: PayOrder, amount_minor: int) -> Refunding:
    return Refunding(
        trade=trade_of(asked),
        refund_no=new_id("refund"),
        amount=Money(amount_minor, "CNY"),
        created_at=datetime.now(UTC),
        notify_url="https://pay.example/webhooks",
    )


def splitting_of(trade: Trade, *shares: tuple[str, int], is_last: bool = False) -> Splitting:
    """`trade` with the channel's number."""
    return Splitting(
        trade=trade,
        split_no=f"S{uuid.uuid4().hex[:26]}",
        shares=tuple(Share(who, Money(amount, "CNY"), "物业分成") for who, amount in shares),
        is_last=is_last,
        created_at=datetime.now(UTC),
    )


def owed_by(splitting: Splitting, account: str, amount_minor: int) -> SplitReturn:
    number = f"R{uuid.uuid4().hex[:26]}-1"
    return SplitReturn(splitting.split_no, account, Money(amount_minor, "CNY"), number)


def today(
    kind: StatementKind, channel: str = "", *, ahead: timedelta = timedelta()
) -> StatementRequest:
    """The sandbox has today's statement already, unlike life. UnionPay's day ends at 23:00."""
    is_unionpay = channel == "unionpay"
    now = datetime.now(BEIJING) + ahead + timedelta(hours=1 if is_unionpay else 0)
    return StatementRequest(now.date(), kind)


async def until_split(
    executor: Executor, account: ChannelAccount, splitting: Splitting
) -> Succeeded:
    for _ in range(round(LIMIT_S / POLL_S)):
        outcome: Outcome = await executor.query_split(account, splitting)
        if isinstance(outcome, Succeeded):
            return outcome
        await asyncio.sleep(POLL_S)
    raise AssertionError("the split does not come to its end")


async def until_refunded(executor: Executor, account: ChannelAccount, refunding: Refunding) -> None:
    for _ in range(round(LIMIT_S / POLL_S)):
        if isinstance(await executor.query_refund(account, refunding), Succeeded):
            return
        await asyncio.sleep(POLL_S)
    raise AssertionError("the refund does not come to its end")
