"""Keys of channels, learned while their accounts are in use; in memory, until the account changes.

Every replica learns for itself. Whoever sends unknown keys to our webhooks makes us ask the channel
once in `PAUSE_S` for each account, and no more.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final

import structlog
from prometheus_client import Counter

from gateway.channels.formats import UNREADABLE
from gateway.channels.plugin import (
    Call,
    KeyRenewal,
    Moment,
    NotSent,
    Reply,
    Request,
    Unknown,
    Unverifiable,
)
from gateway.directory import ChannelAccount

log = structlog.get_logger()

RENEWALS = Counter(
    "paymesh_channel_key_renewals", "Downloads of channels' keys", ["channel", "result"]
)

PAUSE_S: Final = 10.0
"""Between two downloads that unknown keys asked for."""

RETRY_S: Final = 60.0
"""Until a regular download that failed is tried again."""

Send = Callable[
    [ChannelAccount, Callable[[], Request], float], Awaitable[Reply | NotSent | Unknown]
]


class Renewal:
    """`send` asks the channel within the account's limits; `monotonic` measures."""

    def __init__(
        self, send: Send, *, moment: Callable[[], Moment], monotonic: Callable[[], float]
    ) -> None:
        self._send = send
        self._moment = moment
        self._monotonic = monotonic
        self._running: dict[str, asyncio.Future[None]] = {}

    def is_due(self, account: ChannelAccount) -> bool:
        """Whether it is time to ask for all keys of this account (certificate mode)."""
        keys = account.plugin.keys
        if keys is None or keys.every_s is None or keys.call("", account.opened) is None:
            return False
        learned, now = account.learned, self._monotonic()
        if learned.tried_at is not None and now - learned.tried_at < RETRY_S:
            return False
        return learned.learned_at is None or now - learned.learned_at >= keys.every_s

    async def renew(self, account: ChannelAccount, name: str = "") -> None:
        """Ask for the key of this name ("": for all) and learn it, if it is to be had.

        Returns when it is known whether it is; calls at the same time share one download. Never
        raises.
        """
        keys, learned = account.plugin.keys, account.learned
        call = keys.call(name, account.opened) if keys is not None else None
        if keys is None or call is None:
            return
        running = self._running.get(account.account_id)
        if running is not None:
            await asyncio.shield(running)
            return
        now = self._monotonic()
        if learned.tried_at is not None and now - learned.tried_at < PAUSE_S:
            return
        learned.tried_at = now
        running = self._running[account.account_id] = asyncio.get_running_loop().create_future()
        try:
            await self._learn(account, keys, call)
        finally:
            del self._running[account.account_id]
            running.set_result(None)

    async def _learn(self, account: ChannelAccount, keys: KeyRenewal[Any], call: Call) -> None:
        sign, opened, learned = account.plugin.wire.sign, account.opened, account.learned
        reply = await self._send(
            account, lambda: sign(call, opened, self._moment()), call.timeout_s
        )
        if not isinstance(reply, Reply):
            _note(account, "unanswered", reply.message)
            return
        try:
            learned.account = keys.learn(reply, call, account.opened, self._moment())
        except (Unverifiable, *UNREADABLE) as error:
            # Other words than our own may quote what was sent.
            reason = str(error) if isinstance(error, Unverifiable) else type(error).__name__
            _note(account, "refused", reason)
            return
        learned.learned_at = self._monotonic()
        _note(account, "learned", "")


def ends_of_keys(account: ChannelAccount) -> Mapping[str, datetime]:
    """When the channel's keys end that were downloaded in use, by their names."""
    keys = account.plugin.keys
    return {} if keys is None else keys.ends(account.opened)


def _note(account: ChannelAccount, result: str, reason: str) -> None:
    RENEWALS.labels(account.channel, result).inc()
    log.info(
        "channel.keys",
        channel=account.channel,
        payment_id=account.account_id,
        result=result,
        reason=reason or None,
    )
