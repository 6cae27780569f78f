"""The payer chose on our own page: a former attempt is closed, then this one initiated."""

import asyncio
from dataclasses import dataclass, replace
from typing import Final

from chassis.producer import NotPublished
from contracts.api import Method, Payer
from contracts.events.results import PaymentResult, Source, Verdict
from contracts.internal import (
    CheckoutOnFile,
    ChooseChannel,
    ChooseOffer,
    ChosenChannel,
    ChosenPayment,
)
from gateway.directory import ChannelAccount
from gateway.domain.checkout_links import token_of
from gateway.domain.errors import NotClosedYet, NotHere
from gateway.flows import command, pay
from gateway.flows.cashier import call_ends_at, offered, on_file, payment_no_of, ways
from gateway.flows.deps import Deps

KNOWN_LIMIT_S: Final = 3.0
"""How long the payer waits until trade-core has heard that the former choice is closed."""

KNOWN_POLL_S: Final = 0.1

LINK_LIVES_S: Final = 240.0
"""WeChat's h5 address is good for five minutes, and for the payer's IP address at its making."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Where and how the payer wants to pay; `anew` as in `contracts.internal.ChooseChannel`."""

    account: ChannelAccount
    method: Method
    payer: Payer
    anew: bool


async def choose(deps: Deps, token: str, choice: ChooseOffer) -> ChosenPayment:
    """Pay there.

    Raises NotHere, NotClosedYet, the refusals of trade-core and NotInitiated with the payment.
    """
    filed = await on_file(deps, payment_no_of(deps, token))
    account = offer_of(deps, filed, choice.payment_id)
    method = choice.method or ways(account)[0]
    if method not in ways(account) or method is Method.JSAPI:
        raise NotHere("offer")  # who pays by `jsapi` comes by `flows.payers`
    age_s = deps.clock() - filed.latest_begun_at.timestamp()
    anew = method is Method.H5 and age_s > LINK_LIVES_S
    return await begin(
        deps, filed, Chosen(account, method, Payer(client_ip=choice.client_ip), anew)
    )


def offer_of(deps: Deps, filed: CheckoutOnFile, account_id: str) -> ChannelAccount:
    """Raises NotHere for what is not offered."""
    found = (each for each in offered(deps, filed) if each.account_id == account_id)
    account = next(found, None)
    if account is None:
        raise NotHere("offer")
    return account


async def begin(deps: Deps, filed: CheckoutOnFile, request: Chosen) -> ChosenPayment:
    """As `choose`; the payer comes back to our page, which tells what is true."""
    chosen = await _chosen(deps, filed.payment.payment_no, request)
    if not chosen.initiate and _is_too_old(deps, filed, request, chosen):
        chosen = await _renewed(deps, filed, request, chosen)
    attempt = chosen.payment
    if chosen.initiate:
        calling = _calling(deps, filed, request, chosen)
        attempt = await pay.initiate(deps, request.account, attempt, calling)
    return ChosenPayment(**dict(attempt), token=token_of(attempt.payment_no, deps.checkout_keys))


def _calling(
    deps: Deps, filed: CheckoutOnFile, request: Chosen, chosen: ChosenChannel
) -> pay.Calling:
    back = deps.addresses.back_to_page(token_of(chosen.payment.payment_no, deps.checkout_keys))
    return pay.Calling(
        request.method, back, request.payer, filed.payment.splits, chosen.initiated_at
    )


def _is_too_old(deps: Deps, filed: CheckoutOnFile, request: Chosen, chosen: ChosenChannel) -> bool:
    """Whether what called the payer of this same choice may be dead when they use it."""
    if chosen.payment.payment_no != filed.latest_payment_no:
        return False
    ends_at = call_ends_at(request.account, filed)
    return ends_at is not None and deps.clock() >= ends_at.timestamp()


async def _renewed(
    deps: Deps, filed: CheckoutOnFile, request: Chosen, chosen: ChosenChannel
) -> ChosenChannel:
    """The attempt with a fresh code; another attempt, its former closed, where the channel gives
    none: by whatever it gave before, the money comes once."""
    payment_no = chosen.payment.payment_no
    if not deps.recent_checks.is_due(f"renew {payment_no}", deps.clock()):
        return chosen
    begun = chosen.model_copy(update={"initiated_at": filed.latest_begun_at})
    calling = _calling(deps, filed, request, begun)
    if not await pay.renew(deps, request.account, chosen.payment, calling):
        return await _chosen(deps, filed.payment.payment_no, replace(request, anew=True))
    for _ in range(round(KNOWN_LIMIT_S / KNOWN_POLL_S)):
        now = await on_file(deps, filed.payment.payment_no)
        if now.latest_called_at != filed.latest_called_at:
            break
        await asyncio.sleep(KNOWN_POLL_S)
    return chosen


async def _chosen(deps: Deps, payment_no: str, request: Chosen) -> ChosenChannel:
    """Have trade-core take the choice; what it wants closed before is closed, and it is asked
    again until it knows."""
    pay.check_place(deps, request.account)
    path = f"/internal/payments/{payment_no}/channel"
    choice = ChooseChannel(
        payment_id=request.account.account_id,
        channel=request.account.channel,
        method=request.method,
        anew=request.anew,
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
