"""A payment is created: recorded by trade-core first, then initiated at the channel.

The answer tells the app whether the *initiation* worked; it never claims more than is durable.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from math import ceil

import structlog

from chassis.problems import FieldError, InvalidRequest, Overloaded
from chassis.producer import NotPublished
from contracts.api import (
    CreatePayment,
    Failure,
    Method,
    Payer,
    PaymentStatus,
    PaymentView,
)
from contracts.events.results import PaymentResult, Source, status_of_initiation
from contracts.internal import OpenedPayment, OpenPayment
from contracts.money import Money
from gateway.channels.plugin import (
    Declined,
    NotSent,
    Outcome,
    PayOrder,
    Pending,
    Succeeded,
    Unknown,
)
from gateway.directory import App, ChannelAccount, Directory
from gateway.domain import errors
from gateway.domain.checkout_links import token_of
from gateway.flows.deps import LANDING, Deps
from gateway.flows.links import with_link
from gateway.outgoing.results import payment_result

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Created:
    """`is_repeat`: the same request was seen a moment ago; this is its payment as it is now."""

    payment: PaymentView
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class Calling:
    """How the payer is to be called, where they come back to, and whether it will be split;
    `initiated_at` as in `PayOrder`."""

    method: Method
    return_url: str | None
    payer: Payer
    will_split: bool
    initiated_at: datetime | None = None


async def create(
    deps: Deps, app: App, request: CreatePayment, *, signed_at: datetime | None = None
) -> Created:
    """Open a payment and initiate it. `signed_at`: when the app signed the request; one that is
    older than the order's latest is answered and changes nothing.

    Raises the refusals of `account_for` and `check_place`, those of trade-core, and NotInitiated
    with the payment; where it failed, `retry_after_s` is when the order may be tried another way.
    """
    account = account_for(deps.directory, app, request)
    check_place(deps, account)
    if account is not None and request.payment_id is None:
        request = request.model_copy(update={"payment_id": account.account_id})
    opened = await deps.trade_core.post(
        OpenedPayment,
        "/internal/payments",
        body=OpenPayment(
            app_id=app.app_id,
            request=request,
            channel=account.channel if account else None,
            reinitiate_after_s=app.reinitiate_after_s,
            signed_at=signed_at,
        ),
    )
    payment = opened.payment
    if opened.created and account is not None:
        payer = request.payer or Payer()
        calling = Calling(request.method, request.return_url, payer, request.will_split)
        reinitiated_at = asyncio.get_running_loop().time() + app.reinitiate_after_s
        try:
            return Created(await initiate(deps, account, payment, calling), is_repeat=False)
        except (errors.Declined, errors.NotSent) as over:
            left_s = reinitiated_at - asyncio.get_running_loop().time()
            over.retry_after_s = ceil(left_s) if left_s > 0 else None
            raise
    return Created(with_link(deps, payment), is_repeat=not opened.created)


def account_for(directory: Directory, app: App, request: CreatePayment) -> ChannelAccount | None:
    """The channel account to pay through; None where our own page lets the payer decide.

    Raises NotHere, ChannelAccountDisabled, MethodNotSupported, SplitNotSupported or InvalidRequest.
    """
    merchant = directory.find_merchant(request.merchant_id)
    if merchant is None or not merchant.is_active or request.merchant_id not in app.merchant_ids:
        raise errors.NotHere("merchant")
    if request.payment_id is None:
        return _cashier_of(directory, request)
    account = directory.get_account(request.merchant_id, request.payment_id)
    if not account.is_active:
        raise errors.ChannelAccountDisabled(account.account_id)
    _check_split(account, request)
    if request.method in account.plugin.methods:
        _check_carried(account, request)
        _check_payer(account, request)
        return account
    if request.method is Method.CASHIER and account.offers():
        _check_money(account, request)
        return None
    raise errors.MethodNotSupported(request.method)


def check_place(deps: Deps, account: ChannelAccount | None) -> None:
    """Raises Overloaded where the account's calls are all taken: before anything is opened that
    would then be told as failed."""
    if account is not None and not deps.executor.has_place(account):
        raise Overloaded("Too many calls of this channel account are under way.")


async def initiate(
    deps: Deps, account: ChannelAccount, payment: PaymentView, calling: Calling
) -> PaymentView:
    """Call the channel, publish what it said, and answer the payment as it will be.

    The channel may do its work although our caller has hung up, so ours goes on as well.
    Raises NotInitiated (402, 502, 504) with that payment.
    """
    return await deps.unbroken.run(_initiate(deps, account, payment, calling))


async def _initiate(
    deps: Deps, account: ChannelAccount, payment: PaymentView, calling: Calling
) -> PaymentView:
    structlog.contextvars.bind_contextvars(
        payment_no=payment.payment_no, merchant_order_no=payment.merchant_order_no
    )
    outcome = await deps.executor.pay(account, _order(deps, account, payment, calling))
    result = payment_result(account, payment.payment_no, Source.INITIATION, outcome)
    try:
        await deps.results.publish(result)
    except NotPublished as error:
        log.warning("payment.result_not_published", reason=str(error))
        raise _unknown(payment, None) from error
    return _answer(payment, result, outcome)


async def renew(
    deps: Deps, account: ChannelAccount, payment: PaymentView, calling: Calling
) -> bool:
    """Ask for the same order once more, where what called the payer is too old: the channel gives
    something fresh for the one trade, so that by both together it is paid once. Whether it did; if
    not, nothing is told of the payment, of which such a refusal says nothing.

    Raises NotInitiated where it is not durable.
    """
    return await deps.unbroken.run(_renew(deps, account, payment, calling))


async def _renew(
    deps: Deps, account: ChannelAccount, payment: PaymentView, calling: Calling
) -> bool:
    outcome = await deps.executor.pay(account, _order(deps, account, payment, calling))
    if not isinstance(outcome, Pending) or outcome.action is None:
        return False
    renewed = payment_result(account, payment.payment_no, Source.INITIATION, outcome)
    try:
        await deps.results.publish(renewed)
    except NotPublished as error:
        log.warning("payment.result_not_published", reason=str(error))
        raise _unknown(payment, None) from error
    return True


def _order(deps: Deps, account: ChannelAccount, payment: PaymentView, calling: Calling) -> PayOrder:
    landing_url = _landing(deps, payment)
    return PayOrder(
        payment_no=payment.payment_no,
        amount=Money(payment.amount, payment.currency),
        subject=payment.subject,
        method=calling.method,
        created_at=payment.created_at,
        expires_at=payment.expires_at,
        notify_url=account.webhook(deps.addresses.public),
        landing_url=landing_url,
        return_url=calling.return_url,
        openid=calling.payer.openid,
        auth_code=calling.payer.auth_code,
        client_ip=calling.payer.client_ip,
        will_split=calling.will_split,
        initiated_at=calling.initiated_at,
    )


def _landing(deps: Deps, payment: PaymentView) -> str:
    """The page of what was ordered by our page, which tells how it stands; of what an app shows by
    itself that is the app's to tell."""
    if payment.method is not Method.CASHIER:
        return deps.addresses.cashier + LANDING
    return deps.addresses.back_to_page(token_of(payment.payment_no, deps.checkout_keys))


def _answer(payment: PaymentView, result: PaymentResult, outcome: Outcome) -> PaymentView:
    """The payment as trade-core will have it by this result; raises NotInitiated where it is not
    initiated, for the reason that the outcome tells."""
    status = status_of_initiation(result, payment.amount, payment.currency)
    seen = payment.model_copy(
        update={
            "status": status,
            "action": result.action,
            "channel_trade_no": result.channel_trade_no,
            "paid_at": result.paid_at,
        }
    )
    match outcome:
        case Pending() | Succeeded():
            return seen
        case Declined(code=code, message=message):
            raise errors.Declined(
                "The channel declined the payment.", _failed(seen, code, message), (code, message)
            )
        case NotSent(code=code, message=message):
            words = (code, message) if outcome.is_spoken else None
            raise errors.NotSent(
                "The payment surely did not reach the channel; the order may be tried again.",
                _failed(seen, code, message),
                words,
            )
        case Unknown(code=code, message=message):
            raise _unknown(seen, (code, message) if outcome.is_spoken else None)


def _failed(payment: PaymentView, code: str, message: str) -> PaymentView:
    return payment.model_copy(update={"failure": Failure(code=code, message=message)})


def _unknown(payment: PaymentView, words: tuple[str, str] | None) -> errors.Unknown:
    return errors.Unknown(
        "It is not known whether the channel has the payment; query it, and open no other order.",
        payment.model_copy(update={"status": PaymentStatus.UNKNOWN}),
        words,
    )


def _cashier_of(directory: Directory, request: CreatePayment) -> ChannelAccount | None:
    """A single account with a cashier of its own: the payer never passes two cashiers."""
    accounts = directory.payable_accounts(
        request.merchant_id, request.money, will_split=request.will_split
    )
    if not accounts:
        _check_any_carries(directory, request)
        raise errors.MethodNotSupported(request.method)
    only = accounts[0] if len(accounts) == 1 else None
    return only if only and Method.CASHIER in only.plugin.hosted else None


def _check_split(account: ChannelAccount, request: CreatePayment) -> None:
    if request.will_split and account.plugin.splits is None:
        raise errors.SplitNotSupported(account.channel, "/split" if request.split else "/splits")


def _check_carried(account: ChannelAccount, request: CreatePayment) -> None:
    """Whether this channel can carry what the app asks of it, as far as that is known before it is
    asked. Raises InvalidRequest."""
    _check_money(account, request)
    most = account.plugin.return_url_characters
    is_sent = account.plugin.methods[request.method].action in ("redirect", "form")
    if is_sent and request.return_url is not None and len(request.return_url) > most:
        fault = FieldError("/return_url", f"is longer than {account.channel} takes: {most}")
        raise InvalidRequest("The address cannot be used.", errors=[fault])


def _check_money(account: ChannelAccount, request: CreatePayment) -> None:
    if request.currency not in account.plugin.currencies:
        fault = FieldError("/currency", f"is not taken by {account.channel}")
        raise InvalidRequest("The currency cannot be used.", errors=[fault])
    plugin = account.plugin
    # As a rule that is all there is to ask, and no Money is made for it.
    is_plain = plugin.amount_fault is None and request.amount <= plugin.max_amount
    if not is_plain and (words := plugin.fault_of(request.money)):
        raise InvalidRequest("The amount cannot be paid.", errors=[FieldError("/amount", words.en)])


def _check_any_carries(directory: Directory, request: CreatePayment) -> None:
    """Where no account takes this: whether one of them would take another amount of it."""
    for account in directory.accounts_of(request.merchant_id).values():
        if account.is_active and account.offers() and request.currency in account.plugin.currencies:
            _check_money(account, request)


def _check_payer(account: ChannelAccount, request: CreatePayment) -> None:
    missing = [
        FieldError(f"/payer/{name}", f"is needed for {account.channel} {request.method}")
        for name in sorted(account.plugin.methods[request.method].needs)
        if request.payer is None or getattr(request.payer, name) is None
    ]
    if missing:
        raise InvalidRequest("The payer is not fully told.", errors=missing)
