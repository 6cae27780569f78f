"""The channels that the gateway has, and the forms of their credentials, kept for a minute."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chassis.problems import FieldError, Problem
from contracts.internal import ChannelDescription, ChannelList
from merchant_admin.domain.credential_forms import CredentialForm
from merchant_admin.domain.errors import Unusable
from merchant_admin.flows.deps import Deps

KEPT_FOR: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Channel:
    description: ChannelDescription
    form: CredentialForm

    @property
    def name(self) -> str:
        return self.description.channel


async def read_list(deps: Deps) -> ChannelList:
    """Where the gateway does not answer, what it told last. Raises Forwarded, Overloaded."""
    kept, now = deps.channels, deps.clock()
    if kept.found is not None and now - kept.at < KEPT_FOR:
        return kept.found
    try:
        kept.found, kept.at = await deps.gateway.get(ChannelList, "/internal/channels"), now
    except Problem:
        if kept.found is None:
            raise
    return kept.found


async def read_all(deps: Deps) -> dict[str, Channel]:
    """By name."""
    return {
        each.channel: Channel(each, CredentialForm.of(each.credentials_schema))
        for each in (await read_list(deps)).items
    }


async def read(deps: Deps, channel: str) -> Channel:
    """Raises Unusable for one that there is not."""
    found = (await read_all(deps)).get(channel)
    if found is None:
        raise Unusable(
            FieldError("/channel", "is not a channel of this centre", "不是本中心的渠道")
        )
    return found
