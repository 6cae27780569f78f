"""After a failed compare-and-set: read again, decide again (`read-again`)."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

import structlog

from chassis.problems import Overloaded
from trade_core.store.concurrency import ConcurrentChange

log = structlog.get_logger()

P = ParamSpec("P")
T = TypeVar("T")

TRIES: Final = 3


def retry_on_conflict(
    flow: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, T]]:
    """Run the flow anew, from its first read, when a row was no longer what it had read.

    Raises Overloaded when that happens again and again: whoever asked, asks again.
    """
    patient = retry_or_blame(flow)

    @wraps(flow)
    async def tried(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await patient(*args, **kwargs)
        except ConcurrentChange as change:
            raise Overloaded("The order is being changed by others at this moment.") from change

    return tried


def retry_or_blame(
    flow: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, T]]:
    """As `retry_on_conflict`, of flows that nobody waits for.

    Raises ConcurrentChange when that happens again and again: what can never be written looks like
    a row that is always busy. Tried for ever, it would hold up everything behind it.
    """

    @wraps(flow)
    async def tried(*args: P.args, **kwargs: P.kwargs) -> T:
        for left in reversed(range(TRIES)):
            try:
                return await flow(*args, **kwargs)
            except ConcurrentChange as change:
                log.info("row.changed_meanwhile", flow=flow.__name__, reason=str(change))
                if not left:
                    raise
        raise AssertionError("unreachable")

    return tried
