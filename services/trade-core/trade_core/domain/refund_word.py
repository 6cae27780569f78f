"""What a channel said of a refund, and how it stands to what it said before (later-wins)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from contracts.events.results import RefundResult, Source
from trade_core.domain import due
from trade_core.domain.refund import Refund, RefundFact

SENT_ONCE: Final = timedelta(seconds=due.SCHEDULE_S[0])
"""So long after it was begun, no refund has been sent a second time."""


@dataclass(frozen=True, slots=True)
class RefundWord:
    """What a result says of a refund, true at some moment between the two times."""

    fact: RefundFact
    result: RefundResult
    asked_at: datetime
    said_at: datetime

    @property
    def is_asked(self) -> bool:
        """Whether it answers a question about the refund."""
        return self.result.source is Source.QUERY_REFUND

    def is_news_to(self, was: Refund) -> bool:
        """Whether it is certainly younger than the last word."""
        return was.last_said_at is None or self.asked_at >= was.last_said_at

    def is_older_than_the_last_of(self, was: Refund) -> bool:
        """Whether it is certainly older than the last word."""
        return was.last_said_at is not None and self.said_at < was.last_said_at

    def applied_to(self, was: Refund) -> Refund:
        """The refund with this as the channel's last word."""
        said_at = self.said_at if was.last_said_at is None else max(self.said_at, was.last_said_at)
        return replace(was, last_fact=self.fact, last_said_at=said_at)

    def may_be_of_a_repeat_of(self, was: Refund) -> bool:
        """Whether an earlier call of the same refund may have been accepted before this one was
        refused."""
        if self.result.source is not Source.REFUND:
            return False
        return was.last_fact is not None or self.asked_at >= was.created_at + SENT_ONCE

    def confirms_refusal_of(self, was: Refund) -> bool:
        """Whether the channel, asked after it refused, says the same."""
        return self.is_asked and was.last_fact is RefundFact.REFUSED

    def confirms_conflict_of(self, was: Refund) -> bool:
        """Whether the channel says another amount when it is asked after that was said before."""
        if not self.is_asked or was.last_fact is not RefundFact.CONFLICT:
            return False
        return was.last_said_at is not None and self.asked_at > was.last_said_at
