"""What the flows work with; built once, in `main`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chassis.background import Unbroken
from contracts.sealing import Opener
from foundation.service_client import Service
from gateway.admission.read_lines import ReadLines
from gateway.calling.executor import Executor
from gateway.channels.plugin import Plugin
from gateway.directory import Directory
from gateway.directory.credentials import ChannelUrls
from gateway.domain.known_receivers import KnownReceivers
from gateway.domain.recent_checks import RecentChecks
from gateway.outgoing.alerts import Alerts
from gateway.outgoing.results import Results

LANDING: Final = "/pay/landing"
"""At our cashier: where channels send payers whose app named no address of its own."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """How others reach us: `public` is the gateway's own base, `cashier` that of our page."""

    public: str
    cashier: str

    def page(self, token: str) -> str:
        """Our page of a payment."""
        return f"{self.cashier}/pay/{token}"

    def back_to_page(self, token: str) -> str:
        """Where channels send the payer back to: our page then asks them how it stands."""
        return f"{self.page(token)}/back"

    def pay_point(self, point_id: str) -> str:
        """Our page of a payment link, where payers begin by themselves."""
        return f"{self.cashier}/pay/to/{point_id}"

    @property
    def payers(self) -> str:
        """Where wallets send the payer back to, with the word on who that is."""
        return f"{self.cashier}/pay/payer"


@dataclass(frozen=True, slots=True)
class Deps:
    """`clock` answers Unix seconds; `checkout_keys`: the first
    signs the links to our page; `channel_urls`:
    whether credentials may name addresses other than the channel's own; `is_configured`: whether
    the directory holds the whole configuration; `until_configured` waits for that."""

    plugins: Mapping[str, Plugin[Any]]
    channel_urls: ChannelUrls
    directory: Directory
    is_configured: Callable[[], bool]
    until_configured: Callable[[], Awaitable[object]]
    executor: Executor
    trade_core: Service
    notifier: Service
    results: Results
    alerts: Alerts
    unbroken: Unbroken
    addresses: Addresses
    checkout_keys: tuple[bytes, ...] = field(repr=False)
    opener: Opener = field(repr=False)
    clock: Callable[[], float]
    recent_checks: RecentChecks = field(default_factory=RecentChecks)
    read_lines: ReadLines = field(default_factory=ReadLines)
    receivers: KnownReceivers = field(default_factory=KnownReceivers)
