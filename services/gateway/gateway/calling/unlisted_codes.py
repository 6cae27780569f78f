"""What nobody can act on: words that stand in none of a channel's tables, or that nobody signed.

They are counted each time and told to people once. They are Unknown, so the channel is asked again
(`unverified-ends-nothing`); the table, or the way to the channel, is to be put right.
"""

from collections.abc import Callable
from typing import Final

from prometheus_client import Counter

from contracts.events.alerts import Alert, Severity
from gateway.channels.plugin import Unknown

CODES = Counter(
    "paymesh_channel_unlisted_codes",
    "Words of channels that no table knows",
    ["channel", "operation"],
)
UNSIGNED = Counter(
    "paymesh_channel_unsigned_answers", "Answers that no channel signed", ["channel", "operation"]
)

MAX_REMEMBERED: Final = 1_000
"""So many different codes are no codes any more, and people know by then."""


class UnlistedCodes:
    """`tell` carries an alert to people."""

    def __init__(self, tell: Callable[[Alert], None]) -> None:
        self._tell = tell
        self._alerted: set[tuple[str, str, str, str]] = set()

    def note(self, channel: str, operation: str, outcome: Unknown) -> None:
        """Count the words; alert where nobody has heard of them yet."""
        if not outcome.is_listed:
            CODES.labels(channel, operation).inc()
            self._alert_once("unlisted-code", channel, operation, outcome.code)
        if not outcome.is_signed:
            UNSIGNED.labels(channel, operation).inc()
            self._alert_once("unsigned-answer", channel, operation, outcome.code)

    def _alert_once(self, kind: str, channel: str, operation: str, code: str) -> None:
        known = (kind, channel, operation, code)
        if known in self._alerted or len(self._alerted) >= MAX_REMEMBERED:
            return
        self._alerted.add(known)
        title, what = _WORDS[kind]
        self._tell(
            Alert(
                key=f"channel:{kind}:{channel}:{operation}:{code}",
                severity=Severity.WARNING,
                title=f"{channel} {title}",
                detail=f"The operation {operation} was answered by {code!r}{what}.",
                facts={"channel": channel, "operation": operation, "code": code},
            )
        )


_WORDS: Final = {
    "unlisted-code": ("said something that is not in our tables", "; taken for unknown"),
    "unsigned-answer": ("did not sign its answer", ", unsigned; taken for unknown"),
}
