"""Everything the gateway knows by heart: apps, their keys, merchants and channel accounts.

Each entry is immutable and complete, with its keys parsed; a change replaces the entry. Only what
is learned of a channel's keys changes in place.
"""

import asyncio
import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.api import Method
from contracts.events.configuration import KeyAlgorithm, LogoFile
from contracts.money import Money
from contracts.signing import Verifier
from gateway.channels.plugin import Plugin
from gateway.domain.addresses import Network
from gateway.domain.errors import NotHere


@dataclass(frozen=True, slots=True)
class App:
    """A business system that calls the API. An empty allow-list lets every address in."""

    app_id: str
    is_active: bool
    merchant_ids: frozenset[str]
    reinitiate_after_s: int
    ip_allowlist: tuple[Network, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """Only keys that are in use are known at all. `valid`: from when to when, in Unix seconds; only
    certificates have an end."""

    key_id: str
    app_id: str
    alg: KeyAlgorithm
    verifier: Verifier = field(repr=False)
    valid: tuple[float, float] = (-math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Logo:
    """`mark` is another one for every other picture, so that browsers may keep it for ever."""

    mark: str
    file: LogoFile

    @classmethod
    def of(cls, file: LogoFile) -> "Logo":
        return cls(hashlib.sha256(file.content.encode()).hexdigest()[:24], file)


@dataclass(frozen=True, slots=True)
class Merchant:
    """`name`, `colour` (`#rrggbb`) and `logo` are those that payers see."""

    merchant_id: str
    is_active: bool
    name: str
    colour: str | None = None
    logo: Logo | None = None


@dataclass(slots=True)
class LearnedKeys:
    """What was learned of a channel's keys while the account is in use (`calling.key_renewal`).

    `account`: what the plugin made of the credentials, with the keys of today; None: as configured.
    `tried_at` and `learned_at`: when they were asked for, and had, by the clock that measures.
    """

    account: Any = None
    tried_at: float | None = None
    learned_at: float | None = None


@dataclass(frozen=True, slots=True)
class ChannelAccount:
    """One merchant's account at one channel. `configured` is what the plugin made of its
    credentials; its type is the plugin's own business, so it is only ever handed back to the same
    plugin. `version` is that of the configuration; `certificates`: when those among the credentials
    end; `display_name`: what payers call it, if not by the channel's name. What is `learned` lasts
    until the configuration brings another entry."""

    account_id: str
    merchant_id: str
    is_active: bool
    plugin: Plugin[Any]
    configured: Any = field(repr=False)
    version: int = 0
    certificates: Mapping[str, datetime] = field(default_factory=dict)
    display_name: str | None = None
    learned: LearnedKeys = field(default_factory=LearnedKeys, init=False, compare=False, repr=False)

    @property
    def opened(self) -> Any:
        """The account as the plugin uses it now."""
        return self.configured if self.learned.account is None else self.learned.account

    @property
    def channel(self) -> str:
        return self.plugin.name

    def webhook(self, public_url: str) -> str:
        """Where its third party sends notifications; `public_url`: the gateway's own."""
        return f"{public_url}/webhooks/{self.channel}/{self.account_id}"

    def offers(self) -> tuple[Method, ...]:
        """What our hosted page may show of this account: its offers, or its own cashier."""
        if Method.CASHIER in self.plugin.hosted:
            return (Method.CASHIER,)
        return self.plugin.offers


@dataclass(frozen=True, slots=True)
class CounterCode:
    """Where payers begin orders of the app by themselves, within these amounts."""

    code_id: str
    merchant_id: str
    app_id: str
    is_active: bool
    name: str
    min_amount: int
    max_amount: int
    daily_limit: int
    amounts: tuple[int, ...] = ()


Entry = App | Key | Merchant | ChannelAccount | CounterCode


class Directory:
    """Lookups only, all in memory; `configuration` writes it, from the same event loop.
    `has_apps`: the first app has come."""

    def __init__(self) -> None:
        self.has_apps = asyncio.Event()
        self._apps: dict[str, App] = {}
        self._keys: dict[str, Key] = {}
        self._merchants: dict[str, Merchant] = {}
        self._accounts: dict[str, ChannelAccount] = {}
        self._codes: dict[str, CounterCode] = {}
        self._by_merchant: dict[str, dict[str, ChannelAccount]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether no app is known: then nobody can be."""
        return not self._apps

    def find_app(self, app_id: str) -> App | None:
        return self._apps.get(app_id)

    def find_key(self, key_id: str) -> Key | None:
        return self._keys.get(key_id)

    def find_merchant(self, merchant_id: str) -> Merchant | None:
        return self._merchants.get(merchant_id)

    def find_serving(self, app_id: str, merchant_id: str) -> App | None:
        """The app, as long as it may take money for the merchant: neither is disabled, and the
        merchant is still the app's."""
        app, merchant = self.find_app(app_id), self.find_merchant(merchant_id)
        may = app is not None and app.is_active and merchant_id in app.merchant_ids
        return app if may and merchant is not None and merchant.is_active else None

    def find_code(self, code_id: str) -> CounterCode | None:
        return self._codes.get(code_id)

    def find_account(self, account_id: str) -> ChannelAccount | None:
        return self._accounts.get(account_id)

    def get_account(self, merchant_id: str, account_id: str) -> ChannelAccount:
        """The merchant's channel account, also a disabled one; raises NotHere."""
        account = self._accounts.get(account_id)
        if account is None or account.merchant_id != merchant_id:
            raise NotHere("channel account")
        return account

    def accounts_of(self, merchant_id: str) -> Mapping[str, ChannelAccount]:
        """The merchant's channel accounts by their ids, also disabled ones."""
        return self._by_merchant.get(merchant_id, {})

    def payable_accounts(
        self, merchant_id: str, money: Money, *, will_split: bool
    ) -> list[ChannelAccount]:
        """The merchant's accounts at which a payer may be offered to pay this, in a steady order;
        `will_split`: those at channels that can split."""
        return [
            account
            for _, account in sorted(self.accounts_of(merchant_id).items())
            if account.is_active
            and account.offers()
            and account.plugin.carries(money)
            and (account.plugin.splits is not None or not will_split)
        ]

    def list_accounts(self) -> list[ChannelAccount]:
        """All of them, also disabled ones: their notifications are still to be read."""
        return list(self._accounts.values())

    def list_keys(self) -> list[Key]:
        return list(self._keys.values())

    def put(self, entry: Entry) -> None:
        match entry:
            case App():
                self._apps[entry.app_id] = entry
                self.has_apps.set()
            case Key():
                self._keys[entry.key_id] = entry
            case Merchant():
                self._merchants[entry.merchant_id] = entry
            case CounterCode():
                self._codes[entry.code_id] = entry
            case ChannelAccount():
                self._accounts[entry.account_id] = entry
                self._by_merchant.setdefault(entry.merchant_id, {})[entry.account_id] = entry

    def remove(self, entity_id: str) -> None:
        """Forget what has this id, whatever it is."""
        self._apps.pop(entity_id, None)
        self._keys.pop(entity_id, None)
        self._merchants.pop(entity_id, None)
        self._codes.pop(entity_id, None)
        account = self._accounts.pop(entity_id, None)
        if account is not None:
            self._by_merchant[account.merchant_id].pop(entity_id)
