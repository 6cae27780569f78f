"""One way through every channel call: draw the faults, do the work, wait, answer or not."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from sandbox import payer
from sandbox.deps import Deps
from sandbox.faults import EARLY, Hit, Operation
from sandbox.transport import HangUp
from sandbox.truth import Trade


@dataclass(frozen=True, slots=True)
class Done:
    """The answer to a call; `opened` is the trade that a payer may pay from now on."""

    response: Response
    opened: Trade | None = None


@dataclass(frozen=True, slots=True)
class FailureForms:
    """A channel's own forms of trouble; the last two make its refusals."""

    broken: Response
    """An internal error that nobody caught."""
    unsure: Callable[[], Exception]
    """An internal error by its documented code: repeat the call, or query."""
    limited: Callable[[], Exception]
    """Too many calls: nothing was done."""
    unsigned: Response
    """A no in this channel's words, which anybody in between could have said."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a channel was asked to do, as far as faults care."""

    channel: str
    operation: Operation
    payment_no: str
    failures: FailureForms


async def answer(deps: Deps, call: Call, work: Callable[[Hit], Done]) -> Response | HangUp:
    """Run `work` once, whatever becomes of its answer, unless the request itself is dropped.

    `work` raises the channel's refusals; they pass through, as answers of their own.
    """
    hit = deps.faults.draw(call.channel, call.operation, call.payment_no)
    if "drop_request" in hit:
        return HangUp()
    if "rate_limited" in hit:
        raise call.failures.limited()
    done = work(hit)
    if done.opened and "early" in deps.faults.draw(call.channel, "notice", call.payment_no, EARLY):
        await payer.pay_early(deps, done.opened)
    wait_s = deps.settings.latency_ms / 1000 + hit.delay_s
    if wait_s:
        await asyncio.sleep(wait_s)
    if done.opened and deps.settings.auto_pay:
        _pay_if_open(deps, done.opened)
    if "drop_answer" in hit:
        return HangUp()
    if "system_error" in hit:
        raise call.failures.unsure()
    if "unsigned" in hit:
        return call.failures.unsigned
    return call.failures.broken if "status_500" in hit else done.response


def _pay_if_open(deps: Deps, opened: Trade) -> None:
    """While the answer was delayed the trade may have been paid or closed."""
    trade = deps.truth.get_trade(opened.id)
    if trade.state == "created":
        payer.pay(deps, trade)
