"""What our own page shows: the payment, its order, and where it may be paid."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from chassis.problems import Problem
from chassis.producer import NotPublished
from contracts.api import Method, OrderStatus, PaymentStatus
from contracts.events.configuration import LogoFile
from contracts.events.results import Source, Verdict
from contracts.internal import Checkout, CheckoutOnFile, Look, Offer, SignedWayBack, SignWayBack
from contracts.money import Money
from gateway.channels.plugin import Trade
from gateway.directory import ChannelAccount, Merchant
from gateway.domain.checkout_links import find_payment_no, token_of
from gateway.domain.errors import NotHere
from gateway.domain.way_back import way_back
from gateway.flows.command import trade_of
from gateway.flows.deps import Deps
from gateway.outgoing.results import payment_result

log = structlog.get_logger()

UNDECIDED: Final = frozenset(
    {PaymentStatus.INITIATING, PaymentStatus.PENDING, PaymentStatus.UNKNOWN}
)


SCANNED_WITHIN: Final = timedelta(minutes=10)
"""A code that is shown must be good for a while."""

OUR_PAGE: Final = "our page"
"""Its readers wait for each other, whatever app's order they look at, and no app for them."""

APPLIED_LIMIT_S: Final = 2.0
APPLIED_POLL_S: Final = 0.1


async def get_checkout(deps: Deps, token: str) -> Checkout:
    """The page's content; raises NotHere for a token that is not ours."""
    return await _checkout(deps, await on_file(deps, payment_no_of(deps, token)))


def look_of(merchant: Merchant | None) -> Look:
    """How the merchant looks on our pages."""
    if merchant is None:
        return Look()
    logo = merchant.logo and f"{merchant.merchant_id}/{merchant.logo.mark}"
    return Look(colour=merchant.colour, logo=logo)


def get_logo(deps: Deps, merchant_id: str, mark: str) -> LogoFile:
    """Raises NotHere, also for the logo of yesterday."""
    merchant = deps.directory.find_merchant(merchant_id)
    if merchant is None or merchant.logo is None or merchant.logo.mark != mark:
        raise NotHere("logo")
    return merchant.logo.file


async def check(deps: Deps, token: str) -> Checkout:
    """Have the channel asked how the latest attempt stands, at most every few seconds, and tell
    the page what trade-core knows then. Raises NotHere."""
    payment_no = payment_no_of(deps, token)
    filed = await on_file(deps, payment_no)
    current = filed.latest
    account = deps.directory.find_account(current.payment_id or "")
    ref = filed.latest_ref
    if account is None or ref is None or current.status not in UNDECIDED:
        return await _checkout(deps, filed)
    if deps.recent_checks.is_due(current.payment_no, deps.clock()):
        await _ask(deps, account, filed, trade_of(ref))
        filed = await on_file(deps, payment_no)
    return await _checkout(deps, filed)


def payment_no_of(deps: Deps, token: str) -> str:
    """Raises NotHere for a token that is not ours."""
    payment_no = find_payment_no(token, deps.checkout_keys)
    if payment_no is None:
        raise NotHere("checkout")
    return payment_no


async def on_file(deps: Deps, payment_no: str) -> CheckoutOnFile:
    path = f"/internal/payments/{payment_no}/checkout"
    async with deps.read_lines.place(OUR_PAGE):
        return await deps.trade_core.get(CheckoutOnFile, path)


def offered(deps: Deps, filed: CheckoutOnFile) -> list[ChannelAccount]:
    """The accounts at which this order may be paid now; none when it is over or being checked, or
    its app and merchant take no new payments."""
    payment = filed.payment
    is_checked = any(each.status is PaymentStatus.CONFLICTED for each in filed.payments)
    if payment.order.status is not OrderStatus.OPEN or is_checked:
        return []
    if deps.directory.find_serving(filed.app_id, payment.merchant_id) is None:
        return []
    accounts = deps.directory.payable_accounts(
        payment.merchant_id,
        Money(payment.amount, payment.currency),
        will_split=payment.splits,
    )
    return [
        account
        for account in accounts
        if payment.requested_account_id in (None, account.account_id)
    ]


def ways(account: ChannelAccount) -> list[Method]:
    """How our page may call the payer at this account: `jsapi` only where it can learn who the
    payer is."""
    login = account.plugin.login
    knows_payers = login is not None and login.is_possible(account.opened)
    return [each for each in account.offers() if each is not Method.JSAPI or knows_payers]


async def _checkout(deps: Deps, filed: CheckoutOnFile) -> Checkout:
    payment = filed.payment
    merchant = deps.directory.find_merchant(payment.merchant_id)
    accounts = deps.directory.accounts_of(payment.merchant_id).values()
    used = {each.payment_id for each in filed.payments}
    offers = [_offer(account) for account in offered(deps, filed)]
    channels = {it.channel for it in offers} | {it.channel for it in filed.payments}
    return Checkout(
        payment=payment,
        order=payment.order,
        merchant_name=merchant.name if merchant else "",
        offers=offers,
        return_url=await _way_back(deps, filed),
        app_id=filed.app_id,
        sequence=filed.sequence,
        page_url=deps.addresses.page(token_of(payment.payment_no, deps.checkout_keys)),
        payments=filed.payments,
        refunds=filed.refunds,
        look=look_of(merchant),
        account_names={
            each.account_id: each.display_name
            for each in accounts
            if each.display_name and each.account_id in used
        },
        looks={
            name: plugin.seen_by_payers()
            for name, plugin in deps.plugins.items()
            if name in channels
        },
        wallets={
            name: plugin.wallet
            for name, plugin in deps.plugins.items()
            if plugin.wallet is not None
        },
        latest_begun_at=filed.latest_begun_at,
        calls_end=_calls_end(deps, filed),
        attempts_over=filed.attempts_over,
    )


def call_ends_at(account: ChannelAccount, filed: CheckoutOnFile) -> datetime | None:
    """Until when what calls the payer of the latest attempt, at this account, is shown; None: as
    long as it can be paid."""
    ref = filed.latest_ref
    lives = account.plugin.codes_live.get(ref.method) if ref is not None else None
    if lives is None or filed.latest.action is None:
        return None
    return (filed.latest_called_at or filed.latest_begun_at) + lives - SCANNED_WITHIN


def _calls_end(deps: Deps, filed: CheckoutOnFile) -> dict[str, datetime]:
    account = deps.directory.find_account(filed.latest.payment_id or "")
    ends_at = None if account is None else call_ends_at(account, filed)
    return {} if ends_at is None else {filed.latest_payment_no: ends_at}


def _offer(account: ChannelAccount) -> Offer:
    can, wallet = ways(account), account.plugin.wallet
    return Offer(
        payment_id=account.account_id,
        channel=account.channel,
        method=can[0],
        ways=can,
        name=account.display_name or "",
        wallet=account.channel if wallet is not None and wallet.bridge is not None else None,
    )


async def _way_back(deps: Deps, filed: CheckoutOnFile) -> str | None:
    """Told is the payment that was paid, if one was, else the latest. Without a signature where
    the notifier, which alone holds the app's secret, does not answer."""
    payment = filed.payment
    if payment.return_url is None or filed.latest.status in UNDECIDED:
        return payment.return_url
    paid = (each for each in filed.payments if each.status is PaymentStatus.SUCCEEDED)
    shown = next(paid, filed.latest)
    content = SignWayBack(
        app_id=filed.app_id,
        merchant_order_no=shown.merchant_order_no,
        payment_no=shown.payment_no,
        status=shown.status,
        timestamp=int(deps.clock()),
    )
    try:
        signed = await deps.notifier.post(SignedWayBack, "/internal/way-back/sign", body=content)
    except Problem as problem:
        log.warning("way_back.not_signed", reason=problem.code)
        return way_back(payment.return_url, content, None)
    return way_back(payment.return_url, content, signed.signature)


async def _ask(deps: Deps, account: ChannelAccount, filed: CheckoutOnFile, trade: Trade) -> None:
    outcome = await deps.executor.query(account, trade)
    result = payment_result(account, trade.payment_no, Source.QUERY, outcome)
    try:
        await deps.results.publish(result)
    except NotPublished:
        return  # trade-core asks by itself, a little later
    if result.verdict is not Verdict.PENDING:
        await until_applied(deps, filed)


async def until_applied(deps: Deps, filed: CheckoutOnFile) -> None:
    """Wait a moment until trade-core has heard of what is published: the page tells its word."""
    before = filed.latest
    for _ in range(round(APPLIED_LIMIT_S / APPLIED_POLL_S)):
        now = (await on_file(deps, before.payment_no)).payment
        if (now.status, now.order.status) != (before.status, filed.payment.order.status):
            return
        await asyncio.sleep(APPLIED_POLL_S)
