"""What is counted and logged of a call to a channel: its end and the numbers, never its words.

People hear when initiating a payment works too seldom, by channel and by merchant.
"""

import traceback
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog
from prometheus_client import Counter, Histogram

from chassis.metrics import remembered
from contracts.events.alerts import Alert, Severity
from gateway.channels.plugin import Declined, NotSent, Outcome, Pending, Succeeded, Unknown
from gateway.directory import ChannelAccount

log = structlog.get_logger()

CALLS = Counter("paymesh_channel_calls", "Calls to channels", ["channel", "operation", "outcome"])
SECONDS = Histogram(
    "paymesh_channel_call_seconds",
    "From the plugin's question to its outcome",
    ["channel", "operation"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)

_calls_of = remembered(CALLS)
_seconds_of = remembered(SECONDS)

WINDOW_S: Final = 300.0
LEAST: Final = 20
"""Fewer than this tell nothing: a few payers without money are no trouble of a channel."""

WORST: Final = 0.5
LATEST: Final = 200
"""What is kept of one channel or merchant."""

MAX_WATCHED: Final = 10_000


def place(error: Exception) -> str:
    """Kind and place of an error of a plugin; its text may quote what must not be logged."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name} ({Path(frame.filename).name}:{frame.lineno})"


def note(account: ChannelAccount, operation: str, outcome: Outcome, seconds: float) -> None:
    name, code = _named(outcome)
    _calls_of(account.channel, operation, name).inc()
    _seconds_of(account.channel, operation).observe(seconds)
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


class SuccessRates:
    """`tell` carries an alert to people; it is told again after five minutes while it is so."""

    def __init__(self, tell: Callable[[Alert], None]) -> None:
        self._tell = tell
        self._rates: dict[tuple[str, str], _Rate] = {}

    def note(self, account: ChannelAccount, outcome: Outcome, now_s: float) -> None:
        """What came of one initiation."""
        is_good = isinstance(outcome, Succeeded | Pending)
        for merchant_id in ("", account.merchant_id):
            known = (account.channel, merchant_id)
            if known not in self._rates and len(self._rates) >= MAX_WATCHED:
                continue
            rate = self._rates.setdefault(known, _Rate())
            if rate.falls(is_good, now_s):
                self._tell(_alert(account.channel, merchant_id, rate))


class _Rate:
    def __init__(self) -> None:
        self._latest: deque[tuple[float, bool]] = deque(maxlen=LATEST)
        self._alerted_at = float("-inf")

    @property
    def count(self) -> int:
        return len(self._latest)

    @property
    def bad(self) -> int:
        return sum(not is_good for _, is_good in self._latest)

    def falls(self, is_good: bool, now_s: float) -> bool:
        """Whether it is time to tell that too few are good."""
        self._latest.append((now_s, is_good))
        while self._latest[0][0] < now_s - WINDOW_S:
            self._latest.popleft()
        if is_good or self.count < LEAST or now_s - self._alerted_at < WINDOW_S:
            return False
        if self.bad < WORST * self.count:
            return False
        self._alerted_at = now_s
        return True


def _alert(channel: str, merchant_id: str, rate: _Rate) -> Alert:
    detail = f"{rate.bad} of the latest {rate.count} initiations at {channel} did not work."
    facts = {"channel": channel, "failed": rate.bad, "of": rate.count}
    if not merchant_id:
        return Alert(
            key=f"channel.failing:{channel}",
            severity=Severity.CRITICAL,
            title="Payments at a channel do not work",
            detail=detail,
            facts=facts,
        )
    return Alert(
        key=f"merchant.failing:{merchant_id}:{channel}",
        severity=Severity.WARNING,
        title="Payments of a merchant do not work",
        detail=detail,
        merchant_id=merchant_id,
        facts=facts,
    )
