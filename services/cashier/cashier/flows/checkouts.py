"""Show a checkout, choose where to pay, ask how it stands."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from cashier.domain.places import place_of
from cashier.domain.stage import is_safe_link, payments_of, schemes_of
from cashier.domain.ways import LastUsed, Way, ways_at
from cashier.flows.admission import Admission, Asker
from cashier.flows.beginnings import Beginnings
from cashier.flows.hub import Hub
from cashier.flows.logos import Logos
from chassis.problems import Forwarded, NotFound, Overloaded, Problem
from contracts.actions import RedirectAction
from contracts.api import Method, OrderStatus, PaymentStatus
from contracts.codes import Code
from contracts.internal import (
    AskWho,
    Checkout,
    ChooseOffer,
    ChosenPayment,
    PayerCame,
    WhoAsked,
)
from foundation.service_client import Service

log = structlog.get_logger()

CHOICE_LIMIT_S: Final = 25.0
"""A choice may close one trade at its channel and open another: 10 s each, and what is between."""

CHECK_LIMIT_S: Final = 15.0
"""The channel is asked, and trade-core told what it said."""

PAYER_UNKNOWN: Final = "payer_unknown"
NOT_HERE: Final = "not_here"

ATTEMPTS_OVER: Final = "attempts_over"


@dataclass(frozen=True, slots=True)
class Deps:
    gateway: Service
    hub: Hub
    admission: Admission
    beginnings: Beginnings
    logos: Logos
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the payer chose, with which browser; `place`: where they say to be. `visit` is known to
    that browser only."""

    account_id: str
    user_agent: str
    place: str
    client_ip: str
    visit: str


@dataclass(frozen=True, slots=True)
class Step:
    """Where the payer goes on: to the page of this token, with the code of a refusal, or to a
    channel's own address. `attempt`: the payment that this device has begun; `last`: where."""

    token: str
    refusal: str | None = None
    url: str | None = None
    attempt: str | None = None
    last: LastUsed | None = None


async def get_checkout(deps: Deps, asker: Asker) -> Checkout:
    """Raises Forwarded (not_found) for a token that is not the gateway's, Overloaded."""
    with deps.admission.reading(asker):
        return await deps.gateway.get(Checkout, f"/internal/checkouts/{asker.link}")


async def check(deps: Deps, asker: Asker) -> None:
    """Have the channel asked how it stands. Where that is not to be had now, trade-core asks by
    itself a little later, and the page tells it then.

    Raises Forwarded (not_found).
    """
    path = f"/internal/checkouts/{asker.link}/check"
    try:
        with deps.admission.working(asker):
            await deps.gateway.post(Checkout, path, timeout_s=CHECK_LIMIT_S)
    except (Forwarded, Overloaded) as problem:
        if problem.code == Code.NOT_FOUND:
            raise
        log.warning("checkout.not_checked", reason=problem.code)


async def choose(deps: Deps, token: str, choice: Choice) -> Step:
    """Pay there. What the channel or the centre refuses is told on the page, which stays.

    Raises NotFound for what is not offered, Forwarded (not_found), Overloaded.
    """
    asker = Asker(token, choice.client_ip)
    checkout = await get_checkout(deps, asker)
    if not checkout.offers:
        return Step(token, refusal=_why_over(checkout))
    way = _way(checkout, choice)
    if way is None:
        return Step(token, refusal=NOT_HERE)
    try:
        if way.method is Method.JSAPI:
            url = await _ask_who(deps, token, choice)
            return Step(token, url=url, last=LastUsed(way.offer.channel, choice.account_id))
        with deps.admission.working(asker):
            chosen = await _choose(deps, token, choice, way.method)
    except (Forwarded, Overloaded) as problem:
        if problem.code == Code.NOT_FOUND:
            raise
        return Step(token, refusal=_refusal(problem))
    return _begun(chosen, schemes_of(checkout, chosen.channel))


async def payer_came(deps: Deps, payer: PayerCame) -> Step:
    """The payer's wallet sent the browser back. Raises Forwarded (not_found), Overloaded."""
    try:
        with deps.admission.working(Asker(payer.state, payer.client_ip or "")):
            chosen = await deps.gateway.post(
                ChosenPayment, "/internal/payers", body=payer, timeout_s=CHOICE_LIMIT_S
            )
    except Forwarded as problem:
        token = problem.extra.get("token")
        if problem.code == Code.NOT_FOUND or not token:
            raise
        is_wallet = problem.code == Code.DECLINED and "payment" not in problem.extra
        return Step(str(token), refusal=PAYER_UNKNOWN if is_wallet else _refusal(problem))
    return _begun(chosen)


def _refusal(problem: Problem) -> str:
    """What is shown of it: whether the payer may choose again in a moment, or no more."""
    is_over = problem.code == Code.RATE_LIMITED and problem.retry_after_s is None
    return ATTEMPTS_OVER if is_over else problem.code


def _why_over(checkout: Checkout) -> str:
    """Why nothing is offered any more."""
    if checkout.order.status is OrderStatus.PAID:
        return Code.ORDER_PAID
    if any(each.status is PaymentStatus.CONFLICTED for each in payments_of(checkout)):
        return Code.PAYMENT_CONFLICTED
    return Code.ORDER_CLOSED


def _way(checkout: Checkout, choice: Choice) -> Way | None:
    """How it is paid where the payer is; None where it cannot be. Raises NotFound."""
    offers = [each for each in checkout.offers if each.payment_id == choice.account_id]
    if not offers:
        raise NotFound("There is no such offer.")
    place = place_of(choice.user_agent, choice.place, wallets=checkout.wallets)
    return next(iter(ways_at(place, offers)), None)


async def _choose(deps: Deps, token: str, choice: Choice, method: Method) -> ChosenPayment:
    offer = ChooseOffer(payment_id=choice.account_id, client_ip=choice.client_ip, method=method)
    path = f"/internal/checkouts/{token}/channel"
    return await deps.gateway.post(ChosenPayment, path, body=offer, timeout_s=CHOICE_LIMIT_S)


async def _ask_who(deps: Deps, token: str, choice: Choice) -> str:
    asked = AskWho(payment_id=choice.account_id, visit=choice.visit)
    path = f"/internal/checkouts/{token}/who"
    return (await deps.gateway.post(WhoAsked, path, body=asked)).url


def _begun(chosen: ChosenPayment, schemes: Collection[str] = ()) -> Step:
    """A channel's own page is opened at once: the payer never passes two cashiers."""
    action = chosen.action
    is_link = isinstance(action, RedirectAction) and is_safe_link(action.url, schemes)
    url = action.url if is_link and isinstance(action, RedirectAction) else None
    last = LastUsed(chosen.channel or "", chosen.payment_id or "")
    return Step(chosen.token, url=url, attempt=chosen.payment_no, last=last)
