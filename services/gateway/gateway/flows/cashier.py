"""Our own cashier: what the hosted page shows, and what happens when the payer chooses there."""

import asyncio
from typing import Final

from chassis.producer import NotPublished
from contracts.api import Method, OrderStatus, Payer, PaymentView
from contracts.events.results import PaymentResult, Source, Verdict
from contracts.internal import (
    Checkout,
    ChooseChannel,
    ChooseOffer,
    ChosenChannel,
    ChosenPayment,
    Offer,
    PaymentOnFile,
)
from gateway.deps import Deps
from gateway.directory import ChannelAccount
from gateway.domain.checkout_links import find_payment_no, token_of
from gateway.errors import NotClosedYet, NotHere
from gateway.flows import command, pay
from gateway.flows.routing import payable_accounts

KNOWN_LIMIT_S: Final = 3.0
"""How long the payer waits until trade-core has heard that the former choice is closed."""

KNOWN_POLL_S: Final = 0.1


async def get_checkout(deps: Deps, token: str) -> Checkout:
    """The page's content; raises NotHere for a token that is not ours."""
    payment = await _payment(deps, token)
    merchant = deps.directory.find_merchant(payment.merchant_id)
    return Checkout(
        payment=payment,
        order=payment.order,
        merchant_name=merchant.name if merchant else "",
        offers=[
            Offer(payment_id=account.payment_id, channel=account.channel, method=_method(account))
            for account in _offered(deps, payment)
        ],
        return_url=payment.return_url,
    )


async def choose(deps: Deps, token: str, choice: ChooseOffer) -> ChosenPayment:
    """Pay there: the payment is bound to that account and initiated, a former choice closed first.

    Raises NotHere, NotClosedYet, the refusals of trade-core and NotInitiated with the payment.
    """
    payment = await _payment(deps, token)
    account = next(
        (each for each in _offered(deps, payment) if each.payment_id == choice.payment_id), None
    )
    if account is None:
        raise NotHere("offer")
    chosen = await _chosen(deps, payment, account)
    attempt = chosen.payment
    if chosen.initiate:
        calling = pay.Calling(
            _method(account),
            payment.return_url,
            Payer(client_ip=choice.client_ip),
            payment.splits,
        )
        attempt = await pay.initiate(deps, account, attempt, calling)
    return ChosenPayment(**dict(attempt), token=token_of(attempt.payment_no, deps.checkout_key))


async def _payment(deps: Deps, token: str) -> PaymentOnFile:
    payment_no = find_payment_no(token, deps.checkout_key)
    if payment_no is None:
        raise NotHere("checkout")
    return await deps.trade_core.get(PaymentOnFile, f"/internal/payments/{payment_no}")


def _offered(deps: Deps, payment: PaymentOnFile) -> list[ChannelAccount]:
    if payment.order.status is not OrderStatus.OPEN:
        return []
    accounts = payable_accounts(
        deps.directory, payment.merchant_id, payment.currency, splits=payment.splits
    )
    return [
        account
        for account in accounts
        if payment.requested_account_id in (None, account.payment_id)
    ]


def _method(account: ChannelAccount) -> Method:
    """The way in which our page calls the payer at this account."""
    return account.offers()[0]


async def _chosen(deps: Deps, payment: PaymentView, account: ChannelAccount) -> ChosenChannel:
    """Have trade-core take the choice; what it wants closed before is closed, and it is asked
    again until it knows."""
    path = f"/internal/payments/{payment.payment_no}/channel"
    choice = ChooseChannel(
        payment_id=account.payment_id, channel=account.channel, method=_method(account)
    )
    chosen = await deps.trade_core.post(ChosenChannel, path, body=choice)
    if chosen.close_first is None:
        return chosen
    former = deps.directory.find_account(chosen.close_first.payment_id)
    if former is None:
        raise NotClosedYet
    result = await command.close(deps, former, command.trade_of(chosen.close_first))
    try:
        await deps.results.publish(result)
    except NotPublished as error:
        raise NotClosedYet from error
    if not _is_over(result):
        raise NotClosedYet
    for _ in range(round(KNOWN_LIMIT_S / KNOWN_POLL_S)):
        chosen = await deps.trade_core.post(ChosenChannel, path, body=choice)
        if chosen.close_first is None:
            return chosen
        await asyncio.sleep(KNOWN_POLL_S)
    raise NotClosedYet


def _is_over(result: PaymentResult) -> bool:
    """Whether nobody can pay it any more; of a query, success means that somebody did."""
    is_closed = result.source is Source.CLOSE and result.verdict is Verdict.SUCCEEDED
    return is_closed or result.closed
