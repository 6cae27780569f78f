"""Many callbacks are sent again: asked for by a person, carried out second by second."""

from contracts.internal import ReplayRequest, ReplayView
from notifier.domain.deliveries import State
from notifier.domain.errors import AppNotFound, ReplayNotFound
from notifier.flows.deps import Deps
from notifier.store import replays


async def ask(deps: Deps, request: ReplayRequest) -> ReplayView:
    """Begin a replay of what these filters mean now, and of nothing that comes later."""
    if deps.apps.find(request.app_id) is None:
        raise AppNotFound(request.app_id)
    meant = replays.Filter(
        app_id=request.app_id,
        created_from=request.created_from,
        created_before=request.created_before,
        type=request.type,
        state=State(request.state) if request.state else None,
    )
    async with deps.db.transaction() as tx:
        return _view(await replays.add(tx, meant, request.per_s))


async def get(deps: Deps, replay_id: str) -> ReplayView:
    """How far it is."""
    digits = replay_id[1:]
    if replay_id[:1] != "W" or not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise ReplayNotFound(replay_id)
    async with deps.db.connection() as tx:
        replay = await replays.find(tx, int(digits))
    if replay is None:
        raise ReplayNotFound(replay_id)
    return _view(replay)


async def step_all(deps: Deps) -> None:
    """The part of this second of every running replay."""
    async with deps.db.connection() as tx:
        if not await replays.is_time(tx):
            return
    stepped: bool | None = True
    while stepped is not None:
        async with deps.db.transaction() as tx:
            stepped = await replays.step(tx)
        if stepped:
            deps.wake_up.set()


def _view(replay: replays.Replay) -> ReplayView:
    return ReplayView(
        replay_id=f"W{replay.replay_id}",
        app_id=replay.app_id,
        matched=replay.matched,
        sent=replay.sent,
        per_s=replay.per_s,
        asked_at=replay.asked_at,
        done_at=replay.done_at,
    )
