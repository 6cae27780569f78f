"""Credentials of channel accounts: judged by the gateway, sealed to it, and never read back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pydantic import JsonValue
from pydantic_core import to_json

from chassis.problems import Forwarded
from contracts.codes import Code
from contracts.events.configuration import State
from contracts.identifiers import new_id
from contracts.internal import CheckCredentials, CheckedCredentials
from contracts.sealing import seal
from merchant_admin.domain.account_approvals import NewCredentials
from merchant_admin.domain.entities import ChannelAccount
from merchant_admin.domain.errors import NoSuchChannel
from merchant_admin.flows import channels
from merchant_admin.flows.deps import Deps

Credentials = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Credentials that can be used, sealed; `shown` is what people may see of them again."""

    account_id: str
    channel: str
    sealed: str
    identity: dict[str, str]
    shown: dict[str, Any]
    at: datetime

    def account(self, merchant_id: str, name: str) -> ChannelAccount:
        return ChannelAccount(
            account_id=self.account_id,
            merchant_id=merchant_id,
            channel=self.channel,
            name=name,
            credentials_sealed=self.sealed,
            credentials_changed_at=self.at,
            state=State.ACTIVE,
            version=1,
            created_at=self.at,
            updated_at=self.at,
            identity=self.identity,
        )


async def prepare(
    deps: Deps, *, channel: str, credentials: Credentials, account_id: str | None = None
) -> Prepared:
    """Check and seal the credentials of an account to come. Raises NoSuchChannel, Forwarded."""
    request = CheckCredentials(credentials=dict(credentials))
    checked = await _checked(deps, channel, request)
    account_id = account_id or new_id("channel_account")
    return Prepared(
        account_id=account_id,
        channel=channel,
        sealed=_sealed(deps, account_id, credentials),
        identity=checked.identity,
        shown=await _shown(deps, channel, credentials, checked),
        at=deps.clock(),
    )


async def prepare_for(
    deps: Deps, account: ChannelAccount, credentials: Credentials
) -> NewCredentials:
    """Check and seal other credentials of this account's identity, which the gateway knows where it
    was never noted here. Raises as `prepare` does."""
    identity = None if account.identity is None else dict(account.identity)
    request = CheckCredentials(
        credentials=dict(credentials), payment_id=account.account_id, identity=identity
    )
    checked = await _checked(deps, account.channel, request)
    shown = await _shown(deps, account.channel, credentials, checked)
    sealed = _sealed(deps, account.account_id, credentials)
    return NewCredentials(sealed, checked.identity, shown)


async def _shown(
    deps: Deps, channel: str, credentials: Credentials, checked: CheckedCredentials
) -> dict[str, Any]:
    """`store.account_details.AccountDetails.shown`."""
    form = (await channels.read(deps, channel)).form
    return {
        "values": form.shown(credentials),
        "keys": [fact.model_dump(mode="json") for fact in checked.keys],
        "sealed": form.sealed(credentials),
        "way": form.way_of(credentials),
    }


async def _checked(deps: Deps, channel: str, request: CheckCredentials) -> CheckedCredentials:
    path = f"/internal/channels/{quote(channel, safe='')}/credentials"
    try:
        return await deps.gateway.post(CheckedCredentials, path, body=request)
    except Forwarded as problem:
        if problem.code == Code.NOT_FOUND:
            raise NoSuchChannel from problem
        raise


def _sealed(deps: Deps, account_id: str, credentials: Credentials) -> str:
    return seal(deps.sealing.gateway, to_json(credentials).decode(), context=account_id)
