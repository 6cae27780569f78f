"""The days after: statements are asked for and compared, as `trade_core.jobs` has it done."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from tests.simulation.centre import Centre
from tests.simulation.harness import Harness
from tests.simulation.replica import Replica
from tests.simulation.statement_writing import BEIJING
from tests.simulation.virtual_time import NOON

from contracts.internal import AskForStatement
from gateway.directory import ChannelAccount
from trade_core.api import reconciliations
from trade_core.flows.read_ledger import advance_balances
from trade_core.flows.reconcile import attend_reconciliations

MORNINGS_S: Final = (15 * 3600.0, 40.5 * 3600.0, 64.5 * 3600.0)
"""Since the world began: when there is the statement of its first day, that of the next one, and
when both have been compared beside their neighbours."""

LOOKS_S: Final = (1.0, 100.0, 100.0, 700.0)
"""Asked for; compared; compared again when channels have been asked; and once more."""


async def reconcile(harness: Harness, centre: Centre, accounts: Sequence[ChannelAccount]) -> None:
    """When all has come to rest; the days on which something happened."""
    first, last = ((each + BEIJING).date() for each in (NOON, harness.now()))
    for number, morning_s in enumerate(MORNINGS_S):
        await asyncio.sleep(max(0.0, morning_s - harness.loop.time()))
        core = centre.core()
        assert core is not None, "nobody dies any more"
        day = first + timedelta(days=number)
        if day <= last:
            for account in accounts:
                await _ask_for(core, account, day.isoformat())
        for pause_s in LOOKS_S:
            await asyncio.sleep(pause_s)
            await core.process.start(_look(core))


async def _ask_for(core: Replica, account: ChannelAccount, day: str) -> None:
    request = AskForStatement.model_validate(
        {
            "merchant_id": account.merchant_id,
            "payment_id": account.account_id,
            "channel": account.channel,
            "day": day,
        }
    )
    await core.process.start(reconciliations.post_reconciliation(request, core.deps))


async def _look(core: Replica) -> None:
    while await advance_balances(core.deps.db, core.deps.clock()):
        pass
    while await attend_reconciliations(core.deps):
        pass
