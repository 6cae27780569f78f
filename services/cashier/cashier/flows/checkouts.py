"""Show a checkout, choose where to pay, follow what happens."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from cashier.domain.stage import Status, status_of
from cashier.flows.hub import Hub, OrderKey
from chassis.problems import Forwarded, Overloaded, Problem
from contracts.codes import Code
from contracts.internal import Checkout, ChooseOffer, ChosenPayment

POLL_S: Final = 5.0
"""Should the bus be silent, the gateway is asked this often."""

MAX_FOLLOW_S: Final = 1800.0
"""A stream ends after this long; the browser opens the next one by itself."""

CHOICE_LIMIT_S: Final = 25.0
"""A choice may close one trade at its channel and open another: 10 s each, and what is between."""


class Gateway(Protocol):
    """The gateway's internal API. Its problems are raised as Forwarded."""

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        timeout_s: float = 5.0,
    ) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Deps:
    gateway: Gateway
    hub: Hub
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Choice:
    """`token` is that of the page to go on with; `refusal` the code of why it did not work."""

    token: str
    refusal: str | None


async def get_checkout(deps: Deps, token: str) -> Checkout:
    """Raises Forwarded (not_found) for a token that is not the gateway's, Overloaded."""
    return Checkout.model_validate(await deps.gateway.call("GET", f"/internal/checkouts/{token}"))


async def choose(deps: Deps, token: str, payment_id: str, client_ip: str | None) -> Choice:
    """Pay there. What the channel or the centre refuses is told on the page, which stays.

    Raises Forwarded (not_found) for an unknown token or offer.
    """
    request = ChooseOffer(payment_id=payment_id, client_ip=client_ip)
    try:
        answer = await deps.gateway.call(
            "POST",
            f"/internal/checkouts/{token}/channel",
            json=request.model_dump(mode="json"),
            timeout_s=CHOICE_LIMIT_S,
        )
    except (Forwarded, Overloaded) as problem:
        if problem.code == Code.NOT_FOUND:
            raise
        return Choice(token, problem.code)
    return Choice(ChosenPayment.model_validate(answer).token, None)


async def follow(deps: Deps, checkout: Checkout, token: str) -> AsyncIterator[Status | None]:
    """The status now, and each time it changes, until it is final; None when nothing is new.

    Something is yielded at least every `POLL_S`. An event only says that there is news: what is
    true is asked of the gateway. Raises Overloaded where too many pages are watched.
    """
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + MAX_FOLLOW_S
    told: Status | None = None
    key = OrderKey(checkout.order.merchant_id, checkout.order.merchant_order_no)
    with deps.hub.listening(key) as news:
        while loop.time() < give_up_at:
            status = await _find_status(deps, token) or told
            yield status if status != told else None
            told = status
            if told is not None and told.is_final:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), POLL_S)
            news.clear()


async def _find_status(deps: Deps, token: str) -> Status | None:
    """None while the gateway cannot say: the page waits on."""
    try:
        return status_of(await get_checkout(deps, token), deps.clock())
    except Problem:
        return None
