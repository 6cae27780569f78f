"""What came of a call, and what a channel tells without being asked."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal, TypeVar

from pydantic_core import to_json

from contracts.actions import MAX_ACTION_BYTES, Action
from contracts.api import MAX_CODE_CHARS, MAX_MESSAGE_CHARS
from contracts.money import Money
from contracts.words import Words
from gateway.channels.plugin.messages import Answer, Call, NotUnderstood, Unverifiable


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """When an outcome was true: not before `asked_at` and not after `said_at`; None where nobody
    has noted it yet. Two outcomes that differ in nothing else are equal."""

    asked_at: datetime | None = field(default=None, compare=False, repr=False)
    said_at: datetime | None = field(default=None, compare=False, repr=False)


MAX_NUMBER: Final = 128

REPLACEMENT: Final = "\ufffd"


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What the channel says went back of a payment, by us or outside us: all refunds together,
    None where it does not say how much. `channel_no` is its number of the latest of them, `latest`
    the amount of that one alone, where it says these."""

    amount: Money | None = None
    channel_no: str | None = None
    latest: Money | None = None

    def __post_init__(self) -> None:
        _bound(self, channel_no=MAX_NUMBER)


@dataclass(frozen=True, slots=True)
class Disputed:
    """What the payer's bank took back of a payment (chargeback), by the channel's number of the
    dispute; `is_won`: it has given it back since."""

    number: str
    amount: Money
    is_won: bool = False

    def __post_init__(self) -> None:
        _bound(self, number=MAX_NUMBER)


@dataclass(frozen=True, slots=True)
class SharedOut:
    """How one receiver of a split stands, by the channel's word."""

    account: str
    amount: Money
    status: Literal["processing", "succeeded", "failed"]
    code: str | None = None
    message: str | None = None

    def __post_init__(self) -> None:
        _bound(self, code=MAX_CODE_CHARS, message=MAX_MESSAGE_CHARS)


@dataclass(frozen=True, slots=True)
class Succeeded(Word):
    """Done: the money was taken (pay, query, notification), went back (refund), or the trade is
    closed or never came to be (close; then `found` is False), or the channel is through with a
    split (`shares` say who got theirs). `amount` is the channel's word, None where it gave none.

    `given_back`: of what was taken, some or all went back since. `is_reversed`, of a close: if the
    payer had paid, this close gave the money back, and no word from before it counts.
    `earlier_no`: by which the channel knew the payment before somebody paid it.
    `disputed`: the word is about that; then alone `given_back` counts it too, until it is won.

    Raises NotUnderstood where that is of another currency than what was taken: beside it, all that
    is told of money is its amount.
    """

    channel_no: str | None = None
    amount: Money | None = None
    at: datetime | None = None
    found: bool = True
    shares: tuple[SharedOut, ...] = ()
    given_back: GivenBack | None = None
    is_reversed: bool = False
    earlier_no: str | None = None
    disputed: Disputed | None = None

    def __post_init__(self) -> None:
        _bound(self, channel_no=MAX_NUMBER, earlier_no=MAX_NUMBER)
        if self.given_back is not None or self.disputed is not None:
            _require_one_currency(self)


@dataclass(frozen=True, slots=True)
class Pending(Word):
    """It stands and is not final. `action` calls the payer; `found` False: no such trade there.
    `shares`: receivers of a split whom the channel may be through with already.

    Raises NotUnderstood for an action that is larger than any.
    """

    action: Action | None = None
    channel_no: str | None = None
    found: bool = True
    shares: tuple[SharedOut, ...] = ()

    def __post_init__(self) -> None:
        if self.action is not None and len(to_json(self.action)) > MAX_ACTION_BYTES:
            raise NotUnderstood("what calls the payer is too long")
        _bound(self, channel_no=MAX_NUMBER)


@dataclass(frozen=True, slots=True)
class Declined(Word):
    """The channel's final no. `closed`: it ended the trade (query), unpaid or, with `given_back`,
    paid and undone. `abnormal`: it took the refund but could not return the money, or the payer's
    bank sent it back; a person must decide; `channel_no` is its number."""

    code: str
    message: str
    closed: bool = False
    abnormal: bool = False
    channel_no: str | None = None
    given_back: GivenBack | None = None

    def __post_init__(self) -> None:
        _bound(self, code=MAX_CODE_CHARS, message=MAX_MESSAGE_CHARS, channel_no=MAX_NUMBER)


@dataclass(frozen=True, slots=True)
class NotSent(Word):
    """The channel surely did nothing: refused before any work, or never reached.

    `is_spoken` False: code and message are the executor's, the channel said nothing. `is_passing`:
    the channel says that the same call, a moment later, may be taken. `is_kept`: it refused an
    earlier call with the same key, and only repeats that, whatever has changed since. `pause_s`, of
    a refund: it waits for its turn, as the channel takes refunds of one payment so long apart.
    """

    code: str
    message: str
    is_spoken: bool = True
    is_passing: bool = False
    is_kept: bool = False
    pause_s: int | None = None

    def __post_init__(self) -> None:
        _bound(self, code=MAX_CODE_CHARS, message=MAX_MESSAGE_CHARS)


@dataclass(frozen=True, slots=True)
class Unknown(Word):
    """Nobody can say what the channel did; ask again with the same number.

    `is_spoken` False: code and message are the executor's, the channel said nothing. `is_listed`
    False: the channel said what stands in none of its tables; `is_signed` False: nobody can prove
    that the channel said it (`unverified-ends-nothing`); people must hear of both. `is_passing`:
    the channel says that the same call, a moment later, is answered as this one should have been.
    `pause_s`, of a refund: so long apart the channel takes refunds of one payment. `next_page`: the
    answer was a page of a list; what is asked about may stand on the next, which this asks for.
    """

    code: str
    message: str
    is_spoken: bool = True
    is_listed: bool = True
    is_signed: bool = True
    is_passing: bool = False
    pause_s: int | None = None
    next_page: Call | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        _bound(self, code=MAX_CODE_CHARS, message=MAX_MESSAGE_CHARS)


Outcome = Succeeded | Pending | Declined | NotSent | Unknown


Understood = Succeeded | Pending | Declined
UnderstoodT = TypeVar("UnderstoodT", Succeeded, Pending, Declined, Understood)


def understood(outcome: Outcome) -> Understood:
    """What a notification may say. Raises NotUnderstood for anything else: it must come again, and
    meanwhile the channel is asked by query."""
    if isinstance(outcome, NotSent | Unknown):
        raise NotUnderstood(f"the notification cannot be read: {outcome}")
    return outcome


@dataclass(frozen=True, slots=True)
class Blame:
    """The credential that is most likely wrong, and why, for whoever entered it."""

    field: str
    words: Words


@dataclass(frozen=True, slots=True)
class Trial:
    """What a query for a payment that cannot exist tells of the credentials: the channel took them
    and we believe its answer, or its code and the credential that is most likely wrong. `words`:
    what that means, where the plugin knows more than the code says."""

    ok: bool
    code: str
    message: str
    field: str | None = None
    words: Words | None = None

    @classmethod
    def blaming(cls, blame: Blame | None, code: str, message: str) -> "Trial":
        """A refusal; without blame, of nobody knows what."""
        if blame is None:
            return cls(False, code, message)
        return cls(False, code, message, blame.field, blame.words)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who was paid, as a notification names them ("": it does not), and the channel's number of
    the trade."""

    name: str
    channel_no: str


@dataclass(frozen=True, slots=True)
class NotifiedPayment:
    """What a notification says of a payment, by our number.

    `is_unbound`: the signature does not cover the number, so that true words may be repeated under
    another payment's. It makes the gateway ask the channel, and is itself no result.
    `receiver`: who was paid, where the account does not know its own name and cannot compare it.
    """

    payment_no: str
    outcome: Understood
    is_unbound: bool = False
    receiver: Receiver | None = None


@dataclass(frozen=True, slots=True)
class NotifiedRefund:
    """As `NotifiedPayment`, of a refund. `payment_no`: "" where the channel does not name it."""

    refund_no: str
    payment_no: str
    outcome: Understood
    receiver: Receiver | None = None


Notified = NotifiedPayment | NotifiedRefund


class Question(Unverifiable):
    """A notification names something and does not say how it stands: `call` asks the channel, and
    `read` is what it answers then, to be taken for what was notified."""

    def __init__(self, call: Call, read: Callable[[Answer, Any], list[Notified]]) -> None:
        super().__init__("it does not say how that stands")
        self.call = call
        self.read = read


def clean(text: str) -> str:
    """The text with each control, bidi, zero-width, line-breaking, half or unassigned character
    replaced by U+FFFD, so that two different texts do not become one by losing characters: each
    would stop a database, a log or a reader (`strangers-text-stops-nothing`)."""
    if text.isprintable():
        return text
    return "".join(each if _is_harmless(each) else REPLACEMENT for each in text)


def _require_one_currency(succeeded: Succeeded) -> None:
    back, disputed = succeeded.given_back, succeeded.disputed
    stated = [succeeded.amount, *((back.amount, back.latest) if back else ())]
    stated += [disputed.amount] if disputed else []
    if len({each.currency for each in stated if each is not None}) > 1:
        raise NotUnderstood("what went back is of another currency than what was taken")


def _bound(bounded: object, **limits: int) -> None:
    """What a channel says becomes printable, and short (`strangers-text-stops-nothing`)."""
    for name, limit in limits.items():
        text = getattr(bounded, name)
        if text is not None:
            object.__setattr__(bounded, name, clean(text[:limit]))


def _is_harmless(character: str) -> bool:
    """Printable, or a space of another width."""
    return character.isprintable() or unicodedata.category(character) == "Zs"


def dated(notified: Notified, *, received_at: datetime) -> Notified:
    """The notification with its times: the channel's own where it told them, else that of receipt.

    No word is younger than its receipt, whatever the channel's clock says.
    """
    outcome = notified.outcome
    said_at = min(outcome.said_at or received_at, received_at)
    asked_at = min(outcome.asked_at or said_at, said_at)
    return replace(notified, outcome=replace(outcome, asked_at=asked_at, said_at=said_at))
