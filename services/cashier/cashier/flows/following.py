"""Follow a checkout: the status now, and each time that it changes."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final

from cashier.domain.news import seen_from
from cashier.domain.stage import Seat, Status, status_of
from cashier.flows.admission import Asker
from cashier.flows.checkouts import Deps, get_checkout
from cashier.flows.hub import Room
from chassis.problems import Problem
from contracts.internal import Checkout

POLL_S: Final = 5.0
"""While the bus is behind, the gateway is asked this often, as far as the replica may."""

IDLE_S: Final = 15.0
"""Something is yielded at least this often: shorter than the idle limit of proxies on the way."""

MAX_FOLLOW_S: Final = 1_800.0
"""A stream ends after this long; the browser opens the next one by itself."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who follows, seeing it from where."""

    asker: Asker
    seat: Seat

    @property
    def payment_no(self) -> str:
        return _payment_no(self.asker)


async def get_known(deps: Deps, asker: Asker) -> Checkout:
    """How it stands: as the bus told, where a page of this link is watched, else as the gateway
    says. Raises Forwarded (not_found), TooManyReads, Overloaded."""
    known = deps.hub.find_known(asker.link)
    if known is not None:
        return seen_from(known, _payment_no(asker))
    deps.admission.require_rate(asker)
    return await get_checkout(deps, asker)


async def follow(deps: Deps, checkout: Checkout, viewer: Viewer) -> AsyncIterator[Status | None]:
    """The status now, and each time it changes; None where nothing is new for a while.

    It goes on after the payment: refunds are told too. Raises Overloaded, TooManyStreams.
    """
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + MAX_FOLLOW_S
    latest: Status | None = None
    link, address = viewer.asker.link, viewer.asker.address
    with deps.hub.watching(checkout, link=link, address=address) as (room, news):
        while loop.time() < give_up_at:
            seat = replace(viewer.seat, now=deps.clock())
            status = status_of(seen_from(room.checkout, viewer.payment_no), seat)
            yield status if status != latest else None
            latest = status
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), _pause_s(deps, room))
            news.clear()
            if room.is_doubtful or deps.hub.is_behind:
                await _read(deps, room, viewer.asker)


def _pause_s(deps: Deps, room: Room) -> float:
    """Until the next look: choosing ends in time, and a silent bus is not waited for."""
    if room.is_doubtful or deps.hub.is_behind:
        return POLL_S * random.uniform(0.8, 1.2)
    left_s = (room.checkout.order.expires_at - deps.clock()).total_seconds()
    return min(IDLE_S, left_s) if left_s > 0 else IDLE_S


async def _read(deps: Deps, room: Room, asker: Asker) -> None:
    """While the gateway cannot say, the page waits on."""
    if deps.hub.may_read():
        with contextlib.suppress(Problem):
            room.take(await get_checkout(deps, asker))


def _payment_no(asker: Asker) -> str:
    return asker.link.partition(".")[0]
