"""Payers begin by themselves, at a payment link."""

from dataclasses import dataclass
from typing import Final

import structlog

from cashier.flows.admission import Asker
from cashier.flows.checkouts import CHOICE_LIMIT_S, Deps
from chassis.problems import Forwarded
from contracts.codes import Code
from contracts.internal import Begun, PayHere, PayPoint

log = structlog.get_logger()

OF_ITS_OWN: Final = frozenset({Code.NOT_FOUND, Code.RATE_LIMITED})
"""Not told on the page but by a page of their own: the link is not ours, or is abused."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where the payer goes on, or the code of why not."""

    url: str | None = None
    refusal: str | None = None


async def get_point(deps: Deps, asker: Asker) -> PayPoint:
    """Raises Forwarded (not_found), Overloaded."""
    with deps.admission.reading(asker):
        return await deps.gateway.get(PayPoint, f"/internal/pay-points/{asker.link}")


async def begin(deps: Deps, asker: Asker, choice: PayHere) -> Beginning:
    """An order of this payer, or the one that the link has. Raises Forwarded (not_found,
    rate_limited), Overloaded."""
    path = f"/internal/pay-points/{asker.link}/payments"
    try:
        with deps.admission.working(asker):
            begun = await deps.gateway.post(Begun, path, body=choice, timeout_s=CHOICE_LIMIT_S)
    except Forwarded as problem:
        if problem.code in OF_ITS_OWN:
            raise
        log.info("point.refused", reason=problem.code)
        return Beginning(refusal=problem.code)
    return Beginning(url=begun.url)
