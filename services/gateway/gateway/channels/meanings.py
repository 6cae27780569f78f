"""What a channel's code means for us: each channel's table maps codes to these.

A table row is a maker of outcomes, `(code, message) → Outcome`: the outcome classes `Declined`,
`NotSent` and `Unknown` themselves, and the makers below. What is in no table is `unlisted_code`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from contracts.actions import NoAction
from gateway.channels.plugin import (
    Answer,
    Declined,
    NotSent,
    Outcome,
    Pending,
    Succeeded,
    Unknown,
)

Meaning = Callable[[str, str], Outcome]
Table = Mapping[str, Meaning]


def done(code: str, message: str) -> Succeeded:
    """A refusal that says that what we wanted is so already: the trade is closed."""
    return Succeeded()


def gone(code: str, message: str) -> Succeeded:
    """A close met no trade that anybody could pay."""
    return Succeeded(found=False)


def absent(code: str, message: str) -> Pending:
    """There is no such trade or refund at the channel."""
    return Pending(found=False)


def waiting(code: str, message: str) -> Pending:
    """The payer was reached and must still decide (payment code, 付款码)."""
    return Pending(NoAction())


def closed(code: str, message: str) -> Declined:
    """The channel ended the trade; it was never paid."""
    return Declined(code, message, closed=True)


def passing(code: str, message: str) -> Unknown:
    """Trouble inside the channel, which may have done its work: the same call again tells."""
    return Unknown(code, message, is_passing=True)


def limited(code: str, message: str) -> NotSent:
    """Refused because there are too many calls now: the same call again may be taken."""
    return NotSent(code, message, is_passing=True)


def outcome_of(answer: Answer, table: Table, row: str, code: str, message: str) -> Outcome:
    """What a refusal means by the row of this table; one that nobody signed only makes us ask
    again (`unverified-ends-nothing`)."""
    outcome = table.get(row, unlisted_code)(code, message)
    if answer.signed:
        return outcome
    is_passing = isinstance(outcome, NotSent | Unknown) and outcome.is_passing
    pause_s = outcome.pause_s if isinstance(outcome, Unknown) else None
    return replace(unsigned(code, message, is_passing=is_passing), pause_s=pause_s)


def unsigned(code: str, message: str, *, is_passing: bool = False) -> Unknown:
    """Said, but who can tell by whom; people must hear of it."""
    return Unknown(code, message, is_signed=False, is_passing=is_passing)


def unlisted_code(code: str, message: str) -> Unknown:
    """A code or state that stands in no table: Unknown, and people must hear of it."""
    return Unknown(code, message, is_listed=False)
