"""Payers begin by themselves, at a payment link."""

from dataclasses import dataclass

import structlog

from cashier.flows.checkouts import CHOICE_LIMIT_S, ENDS_THE_CHOICE, Deps
from chassis.problems import Forwarded
from contracts.internal import Begun, PayHere, PayPoint

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where the payer goes on, or the code of why not."""

    url: str | None = None
    refusal: str | None = None


async def get_point(deps: Deps, point_id: str) -> PayPoint:
    """Raises Forwarded (not_found), Overloaded."""
    return await deps.gateway.get(PayPoint, f"/internal/pay-points/{point_id}")


async def begin(deps: Deps, point_id: str, choice: PayHere) -> Beginning:
    """An order of this payer, or the one that the link has. Raises Forwarded (not_found,
    rate_limited), Overloaded."""
    path = f"/internal/pay-points/{point_id}/payments"
    try:
        begun = await deps.gateway.post(Begun, path, body=choice, timeout_s=CHOICE_LIMIT_S)
    except Forwarded as problem:
        if problem.code in ENDS_THE_CHOICE:
            raise
        log.info("point.refused", reason=problem.code)
        return Beginning(refusal=problem.code)
    return Beginning(url=begun.url)
