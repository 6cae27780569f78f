"""How a third party reads what we ask, and writes what it answers and tells."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from tests.simulation.plugin_words import SIGNATURE
from tests.simulation.third_party import ThirdParty
from tests.simulation.trades import Notification

from gateway.channels.plugin import RawNotification, Reply, Request


class PartyWire(Protocol):
    """The third party's side of a channel's wire, for one account."""

    def read(self, request: Request) -> tuple[str, Mapping[str, Any]]:
        """The operation, and what is said with it."""
        ...

    def write(self, request: Request, content: Mapping[str, Any]) -> Reply: ...

    def notification(self, words: Notification) -> RawNotification | None:
        """None where this third party says nothing of it."""
        ...

    def forged(self, words: Notification) -> RawNotification:
        """The same, from somebody who does not have the key."""
        ...


@dataclass(frozen=True, slots=True)
class BankWire:
    """JSON; a notification is signed with the account's name."""

    account: str

    def read(self, request: Request) -> tuple[str, Mapping[str, Any]]:
        url = urlsplit(request.url)
        return url.path.strip("/"), json.loads(request.body or unquote(url.query))

    def write(self, request: Request, content: Mapping[str, Any]) -> Reply:
        return Reply(200, {}, json.dumps(content).encode())

    def notification(self, words: Notification) -> RawNotification:
        return RawNotification({SIGNATURE: self.account}, json.dumps(words).encode())

    def forged(self, words: Notification) -> RawNotification:
        return RawNotification({SIGNATURE: "a thief"}, json.dumps(words).encode())


@dataclass(frozen=True, slots=True)
class WiredParty:
    """A third party, and how it speaks."""

    party: ThirdParty
    wire: PartyWire
