"""Our plugins and the executor beside the running sandbox, which shares no code with them."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.api import Method
from contracts.events.alerts import Alert
from contracts.money import Money
from gateway.channels.beijing import BEIJING
from gateway.channels.executor import Executor
from gateway.channels.plugin import (
    Bill,
    BillKind,
    BillWish,
    Declined,
    NoticedPayment,
    NotSent,
    PayOrder,
    Pending,
    RawNotice,
    Refunding,
    Succeeded,
    Trade,
    Unknown,
    UnknownKey,
    Unverifiable,
)
from gateway.channels.registry import PLUGINS
from gateway.channels.transport import HttpTransport
from gateway.directory import ChannelAccount

from .conftest import Merchant, RunningSandbox

LIMIT_S = 10
POLL_S = 0.05
AMOUNT = Money(1299, "CNY")
Open = Callable[..., ChannelAccount]


@pytest.fixture
async def executor() -> AsyncIterator[Executor]:
    told: list[Alert] = []
    async with HttpTransport() as transport:
        yield Executor(
            transport, now=lambda: datetime.now(UTC), monotonic=time.monotonic, tell=told.append
        )


@pytest.fixture
def account(credentials: dict[str, dict[str, str]]) -> Open:
    """Opens the sandbox's merchant of a channel; a field that is changed to None is left out."""

    def opened(channel: str, **changed: Any) -> ChannelAccount:
        plugin = PLUGINS[channel]
        given = {**credentials[channel], **changed}
        filled = {name: value for name, value in given.items() if value is not None}
        checked = plugin.credentials.model_validate(filled)
        return ChannelAccount("C01", "M01", True, plugin, plugin.open_account(checked))

    return opened


def order(url: str = "https://pay.example/webhooks") -> PayOrder:
    now = datetime.now(UTC)
    return PayOrder(
        payment_no=f"P{uuid.uuid4().hex[:26]}",
        amount=AMOUNT,
        subject="物业费 11月",
        method=Method.NATIVE,
        created_at=now,
        expires_at=now + timedelta(hours=2),
        notify_url=url,
    )


def trade_of(asked: PayOrder) -> Trade:
    return Trade(asked.payment_no, AMOUNT, asked.method, asked.created_at, asked.expires_at)


# ── certificates that change in use ──


async def test_wechat_pay_rotates_its_certificate_in_the_middle(
    executor: Executor,
    account: Open,
    sandbox: RunningSandbox,
    certificates: dict[str, dict[str, Any]],
    merchant: Merchant,
) -> None:
    """Both certificates sign while they rotate; neither an answer nor a notice gets lost."""
    certified = account(
        "wechat",
        platform_public_key_id=None,
        platform_public_key_pem=None,
        platform_certificate_pem=certificates["wechat"]["platform_certificate_pem"],
    )
    wish = order(merchant.url)
    assert isinstance(await executor.pay(certified, wish), Pending)
    sandbox.control("POST", "/certificates")
    for _ in range(4):
        assert isinstance(await executor.query(certified, trade_of(wish)), Pending)
    sandbox.pay(wish.payment_no)
    heard = merchant.next_notice()
    headers = {name.lower(): value for name, value in heard.headers.items()}
    [said] = await executor.read_notice(certified, RawNotice(headers, heard.body))
    assert isinstance(said, NoticedPayment)
    assert isinstance(said.outcome, Succeeded)
    assert isinstance(await executor.query(certified, trade_of(wish)), Succeeded)


async def test_wechat_pays_certificates_are_downloaded_before_they_are_needed(
    executor: Executor, account: Open, certificates: dict[str, dict[str, Any]]
) -> None:
    certified = account(
        "wechat",
        platform_public_key_id=None,
        platform_public_key_pem=None,
        platform_certificate_pem=certificates["wechat"]["platform_certificate_pem"],
    )
    assert executor.has_old_keys(certified)
    await executor.renew_keys(certified)
    assert not executor.has_old_keys(certified)


async def test_alipays_unknown_certificate_is_downloaded_and_believed_by_its_root(
    executor: Executor, account: Open, certificates: dict[str, dict[str, Any]]
) -> None:
    names = ("app_cert_pem", "alipay_cert_pem", "alipay_root_cert_pem")
    known = account(
        "alipay",
        alipay_public_key_pem=None,
        **{name: certificates["alipay"][name] for name in names},
    )
    forgetful = replace(known, opened=replace(known.opened, alipay_keys={}))
    wish = order()
    assert isinstance(await executor.pay(forgetful, wish), Pending)
    assert isinstance(await executor.query(forgetful, trade_of(wish)), Pending)


async def test_a_probe_of_wechat_pay_is_refused_like_any_wrong_signature(
    executor: Executor, account: Open, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    """Also under a serial number that nobody knows, after the one download this may cause."""
    keyed, wish = account("wechat"), order(merchant.url)
    await executor.pay(keyed, wish)
    sandbox.pay(wish.payment_no)
    heard = merchant.next_notice()
    headers = {name.lower(): value for name, value in heard.headers.items()}
    probe = {**headers, "wechatpay-signature": "WECHATPAY/SIGNTEST/" + "A" * 325}
    for serial in (headers["wechatpay-serial"], "5157F09EFDC096DE15EBE81A47057A72"):
        notice = RawNotice({**probe, "wechatpay-serial": serial}, heard.body)
        with pytest.raises(Unverifiable) as refused:
            await executor.read_notice(keyed, notice)
        assert isinstance(refused.value, UnknownKey) == (serial != headers["wechatpay-serial"])


# ── statements of a day ──


def refunding_of(asked: PayOrder, amount_minor: int) -> Refunding:
    return Refunding(
        trade=trade_of(asked),
        refund_no=f"R{uuid.uuid4().hex[:26]}",
        amount=Money(amount_minor, "CNY"),
        created_at=datetime.now(UTC),
        notify_url="https://pay.example/webhooks",
    )


def today(kind: BillKind) -> BillWish:
    """The sandbox has today's bill already, unlike life."""
    return BillWish(datetime.now(BEIJING).date(), kind)


async def rows_of(
    executor: Executor, account: ChannelAccount, numbers: set[str], kind: BillKind = "trade"
) -> list[tuple[str, str, str, int]]:
    bill = await executor.fetch_bill(account, today(kind))
    assert isinstance(bill, Bill), bill
    return sorted(
        (row.kind, row.payment_no, row.refund_no, row.amount.amount_minor)
        for row in bill.rows
        if {row.payment_no, row.channel_no} & numbers
    )


@pytest.mark.parametrize("channel", ["wechat", "alipay"])
async def test_a_bill_tells_what_was_paid_and_given_back_and_nothing_else(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str
) -> None:
    """So what is missing in it, and what it has beyond our books, can be seen."""
    here, paid, unpaid = account(channel), order(), order()
    for wish in (paid, unpaid):
        assert isinstance(await executor.pay(here, wish), Pending)
    sandbox.pay(paid.payment_no, notify=False)
    given_back = refunding_of(paid, 500)
    assert not isinstance(await executor.refund(here, given_back), Declined)
    numbers = {paid.payment_no, unpaid.payment_no}
    await until_refunded(executor, here, given_back)
    assert await rows_of(executor, here, numbers) == [
        ("payment", paid.payment_no, "", 1299),
        ("refund", paid.payment_no, given_back.refund_no, -500),
    ]


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


@pytest.mark.parametrize("channel", ["wechat", "alipay"])
async def test_a_row_that_differs_from_our_books_is_told_as_it_stands(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str
) -> None:
    here, paid = account(channel), order()
    await executor.pay(here, paid)
    sandbox.pay(paid.payment_no, notify=False)
    honest = await executor.fetch_bill(here, today("trade"))
    sandbox.fault(channel, "bill", "wrong_amount", times=1)
    changed = await executor.fetch_bill(here, today("trade"))
    assert isinstance(honest, Bill)
    assert isinstance(changed, Bill)
    pairs = zip(honest.rows, changed.rows, strict=True)
    differing = [(was, now) for was, now in pairs if was != now]
    assert [now.amount.amount_minor - was.amount.amount_minor for was, now in differing] == [1]


@pytest.mark.parametrize("channel", ["wechat", "alipay"])
@pytest.mark.parametrize("fault", ["tamper", "status_500"])
async def test_a_bill_that_does_not_arrive_whole_is_unknown(
    executor: Executor, account: Open, sandbox: RunningSandbox, channel: str, fault: str
) -> None:
    here, paid = account(channel), order()
    await executor.pay(here, paid)
    sandbox.pay(paid.payment_no, notify=False)
    sandbox.fault(channel, "bill", fault, times=1)
    assert isinstance(await executor.fetch_bill(here, today("trade")), Unknown)
    assert isinstance(await executor.fetch_bill(here, today("trade")), Bill)


@pytest.mark.parametrize("channel", ["wechat", "alipay"])
async def test_a_day_on_which_nothing_moved_has_an_empty_bill(
    executor: Executor, account: Open, channel: str
) -> None:
    quiet = BillWish((datetime.now(BEIJING) - timedelta(days=40)).date(), "trade")
    assert await executor.fetch_bill(account(channel), quiet) == Bill(())


# ── what WeChat Pay does for few ──


async def test_an_abnormal_refund_goes_to_the_merchant_in_the_end(
    executor: Executor, account: Open, sandbox: RunningSandbox
) -> None:
    here, paid = account("wechat"), order()
    await executor.pay(here, paid)
    sandbox.pay(paid.payment_no, notify=False)
    sandbox.fault("wechat", "refund", "hold", payment_no=paid.payment_no, times=1)
    given_back = refunding_of(paid, 500)
    await executor.refund(here, given_back)
    refund = {"refund_no": given_back.refund_no, "state": "abnormal"}
    sandbox.control("POST", "/refunds", refund)
    asked = await executor.query_refund(here, given_back)
    assert isinstance(asked, Declined)
    assert asked.abnormal
    assert isinstance(await executor.refund_abnormal(here, given_back), NotSent)
    [number] = await refund_numbers(executor, here, given_back)
    named = replace(given_back, channel_refund_no=number)
    assert isinstance(await executor.refund_abnormal(here, named), Pending | Succeeded)
    await until_refunded(executor, here, given_back)


@pytest.mark.parametrize("sub_appid", [None, "wx5550000000000000"])
async def test_a_provider_acts_for_its_merchant_in_every_operation(
    executor: Executor,
    account: Open,
    sandbox: RunningSandbox,
    merchant: Merchant,
    sub_appid: str | None,
) -> None:
    here = account("wechat", sub_mchid="1900000555", sub_appid=sub_appid)
    other = account("wechat", sub_mchid="1900000556")
    left, paid = order(merchant.url), order(merchant.url)
    for way in (Method.JSAPI, Method.APP, Method.H5, Method.NATIVE):
        wish = replace(order(merchant.url), method=way, openid="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")
        assert isinstance(await executor.pay(here, wish), Pending)
    for wish in (left, paid):
        assert isinstance(await executor.pay(here, wish), Pending)
    assert await executor.close(here, trade_of(left)) == Succeeded()
    sandbox.pay(paid.payment_no)
    heard = merchant.next_notice()
    notice = RawNotice({name.lower(): value for name, value in heard.headers.items()}, heard.body)
    [said] = await executor.read_notice(here, notice)
    assert isinstance(said.outcome, Succeeded)
    with pytest.raises(Unverifiable):
        await executor.read_notice(other, notice)
    assert isinstance(await executor.query(here, trade_of(paid)), Succeeded)
    assert not isinstance(await executor.query(other, trade_of(paid)), Succeeded)
    given_back = refunding_of(paid, 500)
    await executor.refund(here, given_back)
    await until_refunded(executor, here, given_back)


async def refund_numbers(
    executor: Executor, account: ChannelAccount, refunding: Refunding
) -> list[str]:
    """WeChat Pay's own numbers of this refund, from its bill."""
    bill = await executor.fetch_bill(account, today("trade"))
    assert isinstance(bill, Bill)
    return [row.channel_no for row in bill.rows if row.refund_no == refunding.refund_no]


async def until_refunded(executor: Executor, account: ChannelAccount, refunding: Refunding) -> None:
    for _ in range(round(LIMIT_S / POLL_S)):
        if isinstance(await executor.query_refund(account, refunding), Succeeded):
            return
        await asyncio.sleep(POLL_S)
    raise AssertionError("the refund does not come to its end")
