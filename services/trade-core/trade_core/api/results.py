"""What channels said: taken by HTTP where Kafka does not, and what could not be applied."""

from fastapi import APIRouter, Request
from pydantic import AwareDatetime

from chassis.web import read_message
from contracts.internal import (
    MAX_RESULTS_BYTES,
    DeadLetterPage,
    DeadLetterState,
    DeadLetterView,
    FindSerials,
    ReplayDeadLetter,
    ResultsReceipt,
    SerialList,
    TakeResults,
)
from trade_core.api.dependencies import (
    BY_ADMIN,
    BY_GATEWAY,
    MAX_REQUEST_BYTES,
    DepsOf,
    LetterId,
    Limit,
)
from trade_core.flows import dead_letters, draw_serials, take_results
from trade_core.store.dead_letters import Wanted


def add_routes(routes: APIRouter) -> None:
    """Each route names those of our services that may call it."""
    routes.post("/results", dependencies=BY_GATEWAY)(post_results)
    routes.post("/serials", dependencies=BY_GATEWAY)(post_serials)
    routes.get("/dead-letters", dependencies=BY_ADMIN)(list_dead_letters)
    routes.post("/dead-letters/{letter_id}/replay", dependencies=BY_ADMIN)(post_replay)


async def post_results(request: Request, deps: DepsOf) -> ResultsReceipt:
    """What channels said and Kafka did not take, from the gateway; twice makes no difference."""
    taken = await read_message(request, TakeResults, limit_bytes=MAX_RESULTS_BYTES)
    return await take_results.take(deps, taken.records)


async def post_serials(request: Request, deps: DepsOf) -> SerialList:
    return await draw_serials.draw(
        deps, await read_message(request, FindSerials, limit_bytes=MAX_REQUEST_BYTES)
    )


async def list_dead_letters(
    deps: DepsOf,
    key: str | None = None,
    state: DeadLetterState | None = None,
    kept_from: AwareDatetime | None = None,
    kept_before: AwareDatetime | None = None,
    after: LetterId | None = None,
    limit: Limit = 50,
) -> DeadLetterPage:
    """Words of channels that could not be applied, the newest first."""
    wanted = Wanted(key, state, kept_from, kept_before)
    return await dead_letters.list_letters(deps, wanted, after, limit)


async def post_replay(
    letter_id: LetterId, request: ReplayDeadLetter, deps: DepsOf
) -> DeadLetterView:
    """Try to apply it again; `replayed_at` tells whether that worked."""
    return await dead_letters.replay(deps, letter_id, request.version)
