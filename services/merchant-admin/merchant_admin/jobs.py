"""What happens because its time has come: overlaps of callback secrets and sessions end, second
factors get the newest key, what was approved is carried out, checked imports are forgotten."""

import asyncio
from typing import Final

from chassis.background import Pulse, pause
from merchant_admin.flows import approvals, apps, importing, second_factors, sessions
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
        pulse.beat()
        if await pause(stop, EVERY_S):
            return
