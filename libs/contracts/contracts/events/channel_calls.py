"""A call to a channel, or a notification from it, and what came of it: for people to look at."""

from datetime import datetime

from contracts.events.envelope import Data
from contracts.events.results import PaymentResult, RefundResult, Source, SplitResult, Verdict


class ChannelCall(Data):
    """`operation` `notice`: the channel spoke by itself. `code` and `message` are the channel's.
    The question was sent at `asked_at` and answered by `said_at`."""

    operation: Source
    outcome: Verdict
    code: str | None = None
    message: str | None = None
    asked_at: datetime | None = None
    said_at: datetime | None = None

    @classmethod
    def of(cls, result: PaymentResult | RefundResult | SplitResult) -> "ChannelCall":
        return cls(
            operation=result.source,
            outcome=result.verdict,
            code=result.code,
            message=result.message,
            asked_at=result.asked_at,
            said_at=result.said_at,
        )

    @property
    def latency_ms(self) -> int | None:
        """None of a notification, and where the times are not known."""
        if self.operation is Source.NOTICE or self.asked_at is None or self.said_at is None:
            return None
        return max(0, round((self.said_at - self.asked_at).total_seconds() * 1000))
