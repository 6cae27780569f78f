"""What a channel said that stands in none of its tables: counted each time, told to people once.

It is Unknown, so the payment is asked for again; the table is to be completed meanwhile.
"""

from collections.abc import Callable
from typing import Final

from prometheus_client import Counter

from contracts.events.alerts import Alert, Severity
from gateway.channels.plugin import Unknown

CODES = Counter(
    "channel_unlisted_codes", "Words of channels that no table knows", ["channel", "operation"]
)

MAX_REMEMBERED: Final = 1_000
"""So many different codes are no codes any more, and people know by then."""

MAX_SHOWN: Final = 64


class Unlisted:
    """`tell` carries an alert to people."""

    def __init__(self, tell: Callable[[Alert], None]) -> None:
        self._tell = tell
        self._told: set[tuple[str, str, str]] = set()

    def note(self, channel: str, operation: str, outcome: Unknown) -> None:
        """Count the words; alert where nobody has heard of this code yet."""
        CODES.labels(channel, operation).inc()
        code = outcome.code[:MAX_SHOWN]
        known = (channel, operation, code)
        if known in self._told or len(self._told) >= MAX_REMEMBERED:
            return
        self._told.add(known)
        self._tell(
            Alert(
                key=f"channel:unlisted-code:{channel}:{operation}:{code}",
                severity=Severity.WARNING,
                title=f"{channel} said something that is not in our tables",
                detail=f"The operation {operation} was answered by {code!r}; taken for unknown.",
                facts={"channel": channel, "operation": operation, "code": code},
            )
        )
