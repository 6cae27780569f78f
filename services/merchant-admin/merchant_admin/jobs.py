"""What happens because its time has come: overlaps of callback secrets and sessions end, second
factors get the newest key, what was approved is carried out, checked imports are forgotten."""

import asyncio
import contextlib
from typing import Final

from chassis.background import Pulse, pause, unless_stopped
from merchant_admin.flows import (
    approvals,
    apps,
    background_exports,
    importing,
    second_factors,
    sessions,
)
from merchant_admin.flows.deps import Deps

NAME: Final = "merchant-admin"
EVERY_S: Final = 60.0


async def keep_time(deps: Deps, pulse: Pulse, stop: asyncio.Event) -> None:
    """Once a minute until `stop`; for `Background.start`."""
    while True:
        await apps.end_overlaps(deps)
        await sessions.forget_expired(deps)
        await second_factors.encrypt_anew(deps)
        await importing.forget_old(deps)
        await approvals.finish_approved(deps)
        await background_exports.forget_old(deps)
        pulse.beat()
        if await pause(stop, EVERY_S):
            return


async def make_exports(deps: Deps, pulse: Pulse, stop: asyncio.Event) -> None:
    """One after the other, as soon as somebody asks here; once a minute what was asked for at, or
    left behind by, another replica. For `Background.start`."""
    while not stop.is_set():
        deps.exports_asked.clear()
        while await background_exports.make_next(deps, pulse.beat):
            pass
        pulse.beat()
        await unless_stopped(stop, _asked_or_time(deps))


async def _asked_or_time(deps: Deps) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(EVERY_S):
            await deps.exports_asked.wait()
