"""Everything the third parties have, built once in `main` and given to every handler."""

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from starlette.routing import Route

from sandbox.accounts import A, AccountKind, Accounts
from sandbox.faults import Faults
from sandbox.later import Later
from sandbox.logins import Logins
from sandbox.notifications import NotificationForm, Notifications
from sandbox.shelf import Shelf
from sandbox.truth import Trade, Truth
from sandbox.truth.records import RefundState

OwnT = TypeVar("OwnT")


@dataclass(slots=True)
class Settings:
    """What `POST /_control/settings` changes while the sandbox runs."""

    latency_ms: int = 0
    auto_pay: bool = False
    person: str = "somebody"
    """Who is logged in to the wallets: the wallet tells each app another id of each person."""
    page_hosts: list[str] = field(default_factory=list)
    """Hosts (with port) that merchants registered for OAuth and for h5; empty: nobody looks."""
    refund_pause_s: float = 0
    """How far refunds of one WeChat order must be apart; a minute in life."""
    code_lives_s: float = 7_200
    """How long what calls the payer of a WeChat order, and Alipay's code, can be used."""


@dataclass(frozen=True, slots=True)
class Party(Generic[A]):
    """One third party, as its folder declares it in `party.py`.

    `title` and `colour` head its pages. `products`: by name, the sections of demo.json for accounts
    at another of its products. `is_busy`: asked so often that its addresses are looked up first.
    `asks_wallet`: whether its page has the payer choose a wallet. `tells_refunds`: of a refund made
    in its console, by a notification; `refund_number` makes its own number of one.
    `refund_ends`: those that a refund may come to there; `notified_refunds`: that it tells so.
    `has_disputes`: payers' banks take money back there.
    `judged_by`: the public programs that speak to it in tests/oracles, as the READMEs name them.
    `certificates`: what certificate mode needs, of this merchant or the first; `rotate`: a further
    certificate of its own.
    """

    kind: AccountKind[A]
    title: str
    colour: str
    routes: Callable[["Deps"], list[Route]]
    notifications: Callable[["Deps"], NotificationForm]
    products: Mapping[str, Callable[[A, str], dict[str, str]]] = field(default_factory=dict)
    judged_by: str = "`openssl`"
    is_busy: bool = False
    asks_wallet: Callable[[Trade], bool] = lambda _: False
    tells_refunds: bool = True
    refund_number: Callable[[], str] = lambda: f"5030{secrets.randbelow(10**25):025d}"
    refund_ends: Collection[RefundState] = ("succeeded", "failed", "abnormal")
    notified_refunds: Collection[RefundState] = ("succeeded", "failed", "abnormal")
    has_disputes: bool = False
    certificates: Callable[["Deps", str], dict[str, Any]] | None = None
    rotate: Callable[["Deps"], dict[str, str]] | None = None

    @property
    def name(self) -> str:
        return self.kind.channel


@dataclass(frozen=True, slots=True)
class Deps:
    """One process' third parties, by name."""

    truth: Truth
    faults: Faults
    later: Later
    notifications: Notifications
    parties: Mapping[str, Party[Any]]
    shelf: Shelf
    public_url: str
    state_dir: Path
    settings: Settings = field(default_factory=Settings)
    logins: Logins = field(default_factory=Logins)
    _kept: dict[object, Any] = field(default_factory=dict)

    def accounts(self, kind: AccountKind[A]) -> Accounts[A]:
        """The accounts at one third party."""
        found: Accounts[A] = self._keep(kind.channel, lambda: Accounts(kind, self.state_dir))
        return found

    def own(self, make: Callable[[Path], OwnT]) -> OwnT:
        """What a third party keeps for itself, made from the state directory when it is needed."""
        kept: OwnT = self._keep(make, lambda: make(self.state_dir))
        return kept

    def _keep(self, key: object, make: Callable[[], Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]
