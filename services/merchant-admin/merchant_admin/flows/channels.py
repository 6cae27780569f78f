"""The channels that the gateway has, and the forms of their credentials, kept for a minute."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chassis.problems import Problem
from contracts.internal import ChannelDescription, ChannelList
from merchant_admin.domain.credential_forms import CredentialForm
from merchant_admin.domain.errors import NoSuchChannel
from merchant_admin.flows.deps import Deps

KEPT_FOR: Final = timedelta(minutes=1)
ASKED_AGAIN: Final = timedelta(seconds=10)
PAGE_WAITS_S: Final = 1.0
"""A page that needs only the channels' names comes without them rather than late."""


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


async def refresh(deps: Deps) -> None:
    """Have `deps.channels` as new as pages need it; what the gateway does not tell at once stays as
    it was."""
    kept, now = deps.channels, deps.clock()
    if now - kept.at < KEPT_FOR or now - kept.asked_at < ASKED_AGAIN:
        return
    kept.asked_at = now
    with suppress(Problem, TimeoutError):
        async with asyncio.timeout(PAGE_WAITS_S):
            await read_list(deps)


def listed(deps: Deps, asked: str | None) -> list[str]:
    """What may be chosen among, as far as it is known; with what was asked for."""
    names = list(deps.channels.names)
    return names if not asked or asked in names else [*names, asked]


async def read_all(deps: Deps) -> dict[str, Channel]:
    """By name."""
    return {
        each.channel: Channel(each, CredentialForm.of(each.credentials_schema))
        for each in (await read_list(deps)).items
    }


async def read(deps: Deps, channel: str) -> Channel:
    """Raises NoSuchChannel."""
    found = (await read_all(deps)).get(channel)
    if found is None:
        raise NoSuchChannel
    return found
