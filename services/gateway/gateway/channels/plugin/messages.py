"""What goes over the wire, before and after it is signed or verified."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

MAX_ANSWER_BYTES: Final = 1_048_576
"""Of any answer but a statement."""


class Unverifiable(Exception):
    """The signature, the key it names or the time window is wrong, or the text cannot be read."""


class UnknownKey(Unverifiable):
    """Signed with a key of the channel that the account does not know; perhaps a new one."""

    def __init__(self, name: str) -> None:
        super().__init__("signed with a key that this account does not know")
        self.name = name


class AnotherReceiver(Unverifiable):
    """Signed, and about money of somebody else (`own-account-only`)."""

    def __init__(self, name: str) -> None:
        super().__init__("the notification is about another receiver")
        self.name = name


class NotUnderstood(Unverifiable):
    """The channel did sign it, but what it says is of a kind that we do not know: never to be
    acknowledged, so that it comes again, and people hear of it."""


class NotAnswered(Exception):
    """A notification makes us ask, and the channel does not say: it must come again."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When and with which random text a request is signed or a reply is read."""

    now: datetime
    nonce: str


@dataclass(frozen=True, slots=True)
class Call:
    """An unsigned request. `target` is the path (WeChat, easy) or method name (Alipay).
    `idempotency_key`: by which a channel that takes one knows a repeat, whatever it says."""

    verb: Literal["GET", "POST"]
    target: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    timeout_s: float = 10
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """`limit_bytes`: how long the answer may be; a longer one is no answer. `spare_url`: where the
    very same may be sent if no connection to `url` comes about."""

    verb: Literal["GET", "POST"]
    url: str
    headers: Mapping[str, str]
    body: bytes
    limit_bytes: int = MAX_ANSWER_BYTES
    spare_url: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """Raw. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A verified, decoded reply. Error replies that channels do not sign arrive here too, marked
    `signed=False`: they make us ask again, and end nothing. `is_replayed`: the channel says that it
    answered an earlier call with the same key so, and now only repeats that."""

    status: int
    content: Mapping[str, Any]
    moment: Moment
    signed: bool = True
    is_replayed: bool = False


@dataclass(frozen=True, slots=True)
class RawNotification:
    """A webhook as it arrived: raw body, header names in lower case."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """An HTTP answer in the channel's own form."""

    status: int
    body: bytes = b""
    media_type: str = "text/plain"
