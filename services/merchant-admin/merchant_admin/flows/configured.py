"""The five kinds of what is configured, for whoever goes over all of it."""

from collections.abc import Sequence
from typing import Final, Protocol

from chassis.database import Tx
from merchant_admin.domain.entities import (
    App,
    ChannelAccount,
    Configured,
    CounterCode,
    Key,
    Merchant,
)
from merchant_admin.store.apps import list_apps_locked, update_app
from merchant_admin.store.channel_accounts import list_accounts_locked, update_account
from merchant_admin.store.counter_codes import list_codes_locked, update_code
from merchant_admin.store.keys import list_keys_locked, update_key
from merchant_admin.store.merchants import list_merchants_locked, update_merchant


class ListLocked(Protocol):
    """Entities behind an id, in the order of their ids, locked until the transaction ends."""

    async def __call__(self, tx: Tx, *, after: str, limit: int) -> Sequence[Configured]: ...


KINDS: Final[Sequence[ListLocked]] = (
    list_merchants_locked,
    list_accounts_locked,
    list_apps_locked,
    list_keys_locked,
    list_codes_locked,
)
"""Each names only what those before it hold."""

BATCH: Final = 500
"""Entities per transaction: locks are held for a moment only."""


async def update(tx: Tx, now: Configured) -> None:
    """Write what can change of an entity that the caller has locked."""
    match now:
        case Merchant():
            await update_merchant(tx, now)
        case ChannelAccount():
            await update_account(tx, now)
        case App():
            await update_app(tx, now)
        case Key():
            await update_key(tx, now)
        case CounterCode():
            await update_code(tx, now)
