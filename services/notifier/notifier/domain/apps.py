"""The apps as the configuration tells of them: where their callbacks go and how they are signed."""

import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.events.configuration import CallbackAck


@dataclass(frozen=True, slots=True)
class App:
    """`keys`: the opened webhook secrets, newest first; two while one replaces the other.
    `signing_keys`: those of v1a, where the app asks for it. `tls`: with the client certificate
    that its server demands; None where it demands none. `certificate_ends_at`: when that ends."""

    app_id: str
    version: int
    is_active: bool
    notify_url: str | None
    ack: CallbackAck
    keys: tuple[bytes, ...] = field(repr=False)
    signing_keys: tuple[Ed25519PrivateKey, ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    is_ordered: bool = False
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    certificate_ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a delivery goes now, and what counts as taken there."""

    url: str
    ack: CallbackAck
    keys: tuple[bytes, ...] = field(repr=False)
    signing_keys: tuple[Ed25519PrivateKey, ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = field(default=None, repr=False)


class AppBook:
    """The apps by id, in memory; filled from the configuration topic.

    `changed`: the ids of those that changed and whose endpoints were not looked at since.
    """

    def __init__(self) -> None:
        self.changed: set[str] = set()
        self._apps: dict[str, App] = {}

    def is_news(self, app_id: str, version: int) -> bool:
        """Whether this version of the app is newer than what is known."""
        known = self._apps.get(app_id)
        return known is None or known.version < version

    def put(self, app: App) -> None:
        """Keep it, if it is newer than what is known."""
        if self.is_news(app.app_id, app.version):
            self._apps[app.app_id] = app
            self.changed.add(app.app_id)

    def find(self, app_id: str) -> App | None:
        return self._apps.get(app_id)

    def list_all(self) -> list[App]:
        return list(self._apps.values())

    def versions(self, app_ids: Iterable[str]) -> dict[str, int]:
        """Of these apps, as far as they are known."""
        return {one: app.version for one in app_ids if (app := self._apps.get(one))}

    def ordered(self, app_ids: Iterable[str]) -> dict[str, bool]:
        """Which of these apps, as far as they are known, ask for the callbacks of an order in its
        order."""
        return {one: app.is_ordered for one in app_ids if (app := self._apps.get(one))}

    def find_destination(self, app_id: str, notify_url: str | None) -> Destination | None:
        """An address given with the call wins over the app's own.

        None while nothing can be sent: the app is not known yet, disabled, without an address,
        without a secret that opens, or with a client certificate that does not. Its deliveries
        wait.
        """
        app = self._apps.get(app_id)
        if app is None or not app.is_active or not app.keys:
            return None
        url = notify_url or app.notify_url
        if not url:
            return None
        return Destination(url, app.ack, app.keys, app.signing_keys, app.headers, app.tls)
