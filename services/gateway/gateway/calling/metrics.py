"""What is counted and logged of a call to a channel: its end and the numbers, never its words."""

import traceback
from pathlib import Path

import structlog
from prometheus_client import Counter, Histogram

from gateway.channels.plugin import Declined, NotSent, Outcome, Pending, Succeeded, Unknown
from gateway.directory import ChannelAccount

log = structlog.get_logger()

CALLS = Counter("channel_calls", "Calls to channels", ["channel", "operation", "outcome"])
SECONDS = Histogram(
    "channel_call_seconds",
    "From the plugin's question to its outcome",
    ["channel", "operation"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


def place(error: Exception) -> str:
    """Kind and place of an error of a plugin; its text may quote what must not be logged."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name} ({Path(frame.filename).name}:{frame.lineno})"


def note(account: ChannelAccount, operation: str, outcome: Outcome, seconds: float) -> None:
    name, code = _named(outcome)
    CALLS.labels(account.channel, operation, name).inc()
    SECONDS.labels(account.channel, operation).observe(seconds)
    log.info(
        "channel.outcome",
        channel=account.channel,
        operation=operation,
        outcome=name,
        code=code,
        payment_id=account.account_id,
        channel_no=getattr(outcome, "channel_no", None),
        ms=round(seconds * 1000, 1),
    )


def _named(outcome: Outcome) -> tuple[str, str | None]:
    match outcome:
        case Succeeded():
            return "succeeded", None
        case Pending():
            return "pending", None
        case Declined(code=code):
            return "declined", code
        case NotSent(code=code):
            return "not_sent", code
        case Unknown(code=code):
            return "unknown", code
