"""The credentials of a channel account, tried out at the channel by one harmless query."""

import asyncio
from typing import Final

from chassis.problems import Forwarded, Overloaded
from contracts.codes import Code
from contracts.internal import AccountTrial, TryAccount
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.entities import ChannelAccount
from merchant_admin.domain.scope import EVERYTHING
from merchant_admin.flows import channel_accounts
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_action
from merchant_admin.store import account_details

TRIAL_LIMIT_S: Final = 15.0
"""Longer than any query at a channel takes."""

KNOWN_WITHIN_S: Final = 6
"""What is registered is known to the gateway within five seconds."""


async def try_out(deps: Deps, actor: Actor, account_id: str) -> AccountTrial:
    """Try the credentials with one harmless signed query at the channel. What came of it is kept
    unless the account was changed meanwhile.

    Raises NoSuch, Forwarded, and Overloaded where the gateway has not heard of the account within
    the time that this takes at most.
    """
    account = await channel_accounts.find(deps, account_id, EVERYTHING)
    trial = await _tried(deps, account)
    async with deps.db.transaction() as tx:
        await account_details.put_trial(
            tx, account_id, trial.model_dump(mode="json"), deps.clock(), version=account.version
        )
        await record_action(
            tx,
            actor,
            "channel_account.tested",
            at=deps.clock(),
            entity_id=account_id,
            after={"ok": trial.ok, "code": trial.code, "field": trial.field},
        )
    return trial


async def _tried(deps: Deps, account: ChannelAccount) -> AccountTrial:
    path = f"/internal/channel-accounts/{account.account_id}/test"
    body = TryAccount(version=account.version)
    for _ in range(KNOWN_WITHIN_S):
        try:
            return await deps.gateway.post(AccountTrial, path, body=body, timeout_s=TRIAL_LIMIT_S)
        except Forwarded as problem:
            if problem.code != Code.NOT_FOUND:
                raise
        await asyncio.sleep(1)
    raise Overloaded("The gateway does not know this version of the account yet.")
