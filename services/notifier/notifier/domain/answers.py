"""What an app's answer to a callback means: taken, or why not."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from contracts.events.configuration import CallbackAck

STORED_ANSWER_BYTES: Final = 1024


class FailureKind(StrEnum):
    """The class of what went wrong, as `GET /v1/deliveries` shows it."""

    BAD_STATUS = "bad_status"
    REDIRECT = "redirect_not_followed"
    NOT_SUCCESS = "body_not_success"
    TIMEOUT = "timeout"
    DNS = "dns"
    TLS = "tls"
    CONNECT = "connect"
    DISCONNECTED = "disconnected"
    PROTOCOL = "protocol"
    URL_REFUSED = "url_refused"
    ADDRESS_REFUSED = "address_refused"
    INTERNAL = "internal"


class AttemptResult(StrEnum):
    """What a try says of the endpoint it was made in."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """The server lives and said no (3xx, 4xx, wrong body)."""
    FAILING = "failing"
    """The server lives and is in trouble (5xx, 429)."""
    GONE = "gone"
    """The server asks never to be called there again (410)."""
    UNREACHABLE = "unreachable"
    """No answer came."""
    UNSENDABLE = "unsendable"
    """Nothing was sent: the app is not known, disabled, or has no address or secret."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try. Without a `status`, `failure` says why none came. `is_private`: it came
    from a private network that is allowed."""

    started_at: datetime
    latency_ms: int = 0
    status: int | None = None
    body: bytes = b""
    retry_after: str | None = None
    is_private: bool = False
    failure: FailureKind | None = None

    def text(self) -> str | None:
        """The beginning of the body as text that a person may be shown and a database keeps."""
        if not self.body:
            return None
        text = self.body[:STORED_ANSWER_BYTES].decode("utf-8", errors="replace")
        return "".join(
            c if c.isprintable() or c in "\t\n" else "\N{REPLACEMENT CHARACTER}" for c in text
        )


@dataclass(frozen=True, slots=True)
class Classification:
    result: AttemptResult
    failure: FailureKind | None


def classify(answer: Answer, ack: CallbackAck) -> Classification:
    """Whether the app has taken the callback, by its own rule of acknowledgement."""
    if answer.status is None:
        return Classification(AttemptResult.UNREACHABLE, answer.failure)
    if 200 <= answer.status < 300:
        return _classify_success(answer, ack)
    if 300 <= answer.status < 400:
        return Classification(AttemptResult.REFUSED, FailureKind.REDIRECT)
    if answer.status == 410:
        return Classification(AttemptResult.GONE, FailureKind.BAD_STATUS)
    if answer.status >= 500 or answer.status == 429:
        return Classification(AttemptResult.FAILING, FailureKind.BAD_STATUS)
    return Classification(AttemptResult.REFUSED, FailureKind.BAD_STATUS)


def _classify_success(answer: Answer, ack: CallbackAck) -> Classification:
    if ack is CallbackAck.ANY_2XX:
        return Classification(AttemptResult.ACCEPTED, None)
    # Frameworks add a line break, and older centres were served `SUCCESS`.
    if answer.status == 200 and answer.body.strip().lower() == b"success":
        return Classification(AttemptResult.ACCEPTED, None)
    return Classification(AttemptResult.REFUSED, FailureKind.NOT_SUCCESS)
