"""Which channel account takes the money of a request; all from memory."""

from chassis.problems import FieldError, InvalidRequest
from contracts.api import CreatePayment, CreateRefund, Method
from gateway.directory import App, ChannelAccount, Directory
from gateway.domain.errors import (
    ChannelAccountDisabled,
    MethodNotSupported,
    NotHere,
    SplitNotSupported,
)


def account_for(directory: Directory, app: App, request: CreatePayment) -> ChannelAccount | None:
    """The channel account to pay through; None where our own page lets the payer decide.

    Raises NotHere, ChannelAccountDisabled, MethodNotSupported, SplitNotSupported or InvalidRequest.
    """
    merchant = directory.find_merchant(request.merchant_id)
    if merchant is None or not merchant.is_active or request.merchant_id not in app.merchant_ids:
        raise NotHere("merchant")
    if request.payment_id is None:
        return _cashier_of(directory, request)
    account = account_of(directory, request.merchant_id, request.payment_id)
    if not account.is_active:
        raise ChannelAccountDisabled(account.account_id)
    _check_split(account, request)
    if request.method in account.plugin.methods:
        _check_currency(account, request)
        _check_payer(account, request)
        return account
    if request.method is Method.CASHIER and account.offers():
        _check_currency(account, request)
        return None
    raise MethodNotSupported(request.method)


def require_merchant(app: App, merchant_id: str, what: str = "merchant") -> None:
    """What belongs to a merchant is the app's for as long as the merchant is; raises NotHere."""
    if merchant_id not in app.merchant_ids:
        raise NotHere(what)


def check_refund(directory: Directory, app: App, request: CreateRefund) -> None:
    """Whether the app may ask for a refund of this merchant's account; raises NotHere."""
    require_merchant(app, request.merchant_id)
    account_of(directory, request.merchant_id, request.payment_id)


def account_of(directory: Directory, merchant_id: str, payment_id: str) -> ChannelAccount:
    """The merchant's channel account, also a disabled one; raises NotHere."""
    account = directory.find_account(payment_id)
    if account is None or account.merchant_id != merchant_id:
        raise NotHere("channel account")
    return account


def payable_accounts(
    directory: Directory, merchant_id: str, currency: str, *, splits: bool
) -> list[ChannelAccount]:
    """The merchant's accounts that a payer may be offered, in a steady order; `splits`: those at
    channels that can split."""
    return [
        account
        for _, account in sorted(directory.accounts_of(merchant_id).items())
        if account.is_active
        and account.offers()
        and currency in account.plugin.currencies
        and (account.plugin.splits is not None or not splits)
    ]


def is_to_be_split(request: CreatePayment) -> bool:
    """Whether the channel must be asked for a payment that will be split."""
    return request.splits or bool(request.split)


def _cashier_of(directory: Directory, request: CreatePayment) -> ChannelAccount | None:
    """A single account with a cashier of its own: the payer never passes two cashiers."""
    accounts = payable_accounts(
        directory, request.merchant_id, request.currency, splits=is_to_be_split(request)
    )
    if not accounts:
        raise MethodNotSupported(request.method)
    only = accounts[0] if len(accounts) == 1 else None
    return only if only and Method.CASHIER in only.plugin.hosted else None


def _check_split(account: ChannelAccount, request: CreatePayment) -> None:
    if is_to_be_split(request) and account.plugin.splits is None:
        raise SplitNotSupported(account.channel, "/split" if request.split else "/splits")


def _check_currency(account: ChannelAccount, request: CreatePayment) -> None:
    if request.currency not in account.plugin.currencies:
        fault = FieldError("/currency", f"is not taken by {account.channel}")
        raise InvalidRequest("The currency cannot be used.", errors=[fault])


def _check_payer(account: ChannelAccount, request: CreatePayment) -> None:
    missing = [
        FieldError(f"/payer/{name}", f"is needed for {account.channel} {request.method}")
        for name in sorted(account.plugin.methods[request.method].needs)
        if request.payer is None or getattr(request.payer, name) is None
    ]
    if missing:
        raise InvalidRequest("The payer is not fully told.", errors=missing)
