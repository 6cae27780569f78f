"""A payment (支付流水): one attempt to pay an order at one channel, and the table of its states."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import JsonValue

from contracts import payable
from contracts.actions import Action
from contracts.api import Failure, Method
from contracts.api import PaymentStatus as State
from trade_core.domain.known_fact import KnownFact
from trade_core.domain.refused_results import IllegalTransition
from trade_core.domain.split import Receiver

CALL_LIMIT: Final = timedelta(seconds=12)
"""A channel call takes at most 10 s: an initiation without a result is looked at after this."""

BARCODE_CALL_LIMIT: Final = timedelta(seconds=35)
"""The same for a payer's code (付款码), where the call waits up to 30 s for the password."""

PAYABLE_GRACE: Final = timedelta(seconds=5)
"""So long after the end of its time somebody may have paid it, by the channel's clock."""

OPEN: Final = frozenset({State.INITIATING, State.PENDING, State.UNKNOWN})
"""States in which somebody may still pay."""


class PaymentFact(KnownFact):
    """What became known of a payment."""

    CHOSEN = (
        "chosen",
        "The payer chose a channel on our page; it is initiated there now.",
    )
    WAITING = "waiting", "The channel holds it and waits for the payer."
    PAID = "paid", "The channel took the money, and all it says agrees with our books."
    DECLINED = "declined", "The channel's final no."
    NOT_SENT = "not sent", "The initiation surely did nothing."
    ENDED = "ended", "The trade is closed: nobody can pay it any more."
    REVERSED = (
        "reversed",
        "The channel had taken the money, and all of it went back before we booked it.",
    )
    UNCLEAR = (
        "unclear",
        "Nothing certain: no answer, no such trade (yet), a close refused.",
    )
    CONFLICT = "conflict", "The channel's amount or currency differs from ours."
    ACCEPTED = "accepted", "A person decided: what the channel took is what was to be paid."
    SENT_BACK = "sent back", "A person decided: what the channel took goes back in full."
    IGNORED = "ignored", "A person decided: this is no money of ours."


TRANSITIONS: Final[dict[tuple[State, PaymentFact], State]] = {
    (State.INITIATING, PaymentFact.WAITING): State.PENDING,
    (State.INITIATING, PaymentFact.PAID): State.SUCCEEDED,
    (State.INITIATING, PaymentFact.DECLINED): State.FAILED,
    (State.INITIATING, PaymentFact.NOT_SENT): State.FAILED,
    (State.INITIATING, PaymentFact.ENDED): State.CLOSED,
    (State.INITIATING, PaymentFact.REVERSED): State.CLOSED,
    (State.INITIATING, PaymentFact.UNCLEAR): State.UNKNOWN,
    (State.INITIATING, PaymentFact.CONFLICT): State.CONFLICTED,
    #
    (State.PENDING, PaymentFact.CHOSEN): State.INITIATING,
    (State.PENDING, PaymentFact.WAITING): State.PENDING,
    (State.PENDING, PaymentFact.PAID): State.SUCCEEDED,
    (State.PENDING, PaymentFact.DECLINED): State.FAILED,
    (State.PENDING, PaymentFact.ENDED): State.CLOSED,
    (State.PENDING, PaymentFact.REVERSED): State.CLOSED,
    (State.PENDING, PaymentFact.UNCLEAR): State.PENDING,
    (State.PENDING, PaymentFact.CONFLICT): State.CONFLICTED,
    #
    (State.UNKNOWN, PaymentFact.WAITING): State.PENDING,
    (State.UNKNOWN, PaymentFact.PAID): State.SUCCEEDED,
    (State.UNKNOWN, PaymentFact.DECLINED): State.FAILED,
    (State.UNKNOWN, PaymentFact.NOT_SENT): State.FAILED,
    (State.UNKNOWN, PaymentFact.ENDED): State.CLOSED,
    (State.UNKNOWN, PaymentFact.REVERSED): State.CLOSED,
    (State.UNKNOWN, PaymentFact.UNCLEAR): State.UNKNOWN,
    (State.UNKNOWN, PaymentFact.CONFLICT): State.CONFLICTED,
    #
    # Money that was taken stays taken: a late answer, an old query, a trade that the channel
    # calls closed because it was refunded.
    (State.SUCCEEDED, PaymentFact.WAITING): State.SUCCEEDED,
    (State.SUCCEEDED, PaymentFact.PAID): State.SUCCEEDED,
    (State.SUCCEEDED, PaymentFact.DECLINED): State.SUCCEEDED,
    (State.SUCCEEDED, PaymentFact.NOT_SENT): State.SUCCEEDED,
    (State.SUCCEEDED, PaymentFact.ENDED): State.SUCCEEDED,
    (State.SUCCEEDED, PaymentFact.REVERSED): State.SUCCEEDED,
    (State.SUCCEEDED, PaymentFact.UNCLEAR): State.SUCCEEDED,
    (State.SUCCEEDED, PaymentFact.CONFLICT): State.SUCCEEDED,
    #
    # The end without money gives way to money only.
    (State.FAILED, PaymentFact.WAITING): State.FAILED,
    (State.FAILED, PaymentFact.PAID): State.SUCCEEDED,
    (State.FAILED, PaymentFact.DECLINED): State.FAILED,
    (State.FAILED, PaymentFact.NOT_SENT): State.FAILED,
    (State.FAILED, PaymentFact.ENDED): State.FAILED,
    (State.FAILED, PaymentFact.REVERSED): State.FAILED,
    (State.FAILED, PaymentFact.UNCLEAR): State.FAILED,
    (State.FAILED, PaymentFact.CONFLICT): State.CONFLICTED,
    #
    (State.CLOSED, PaymentFact.WAITING): State.CLOSED,
    (State.CLOSED, PaymentFact.PAID): State.SUCCEEDED,
    (State.CLOSED, PaymentFact.DECLINED): State.CLOSED,
    (State.CLOSED, PaymentFact.NOT_SENT): State.CLOSED,
    (State.CLOSED, PaymentFact.ENDED): State.CLOSED,
    (State.CLOSED, PaymentFact.REVERSED): State.CLOSED,
    (State.CLOSED, PaymentFact.UNCLEAR): State.CLOSED,
    (State.CLOSED, PaymentFact.CONFLICT): State.CONFLICTED,
    #
    # A person decides, and nobody else; of money that is back there is nothing to decide.
    (State.CONFLICTED, PaymentFact.ACCEPTED): State.SUCCEEDED,
    (State.CONFLICTED, PaymentFact.SENT_BACK): State.SUCCEEDED,
    (State.CONFLICTED, PaymentFact.IGNORED): State.FAILED,
    (State.CONFLICTED, PaymentFact.WAITING): State.CONFLICTED,
    (State.CONFLICTED, PaymentFact.PAID): State.CONFLICTED,
    (State.CONFLICTED, PaymentFact.DECLINED): State.CONFLICTED,
    (State.CONFLICTED, PaymentFact.NOT_SENT): State.CONFLICTED,
    (State.CONFLICTED, PaymentFact.ENDED): State.CONFLICTED,
    (State.CONFLICTED, PaymentFact.REVERSED): State.CLOSED,
    (State.CONFLICTED, PaymentFact.UNCLEAR): State.CONFLICTED,
    (State.CONFLICTED, PaymentFact.CONFLICT): State.CONFLICTED,
}
"""Every pair that can arrive, twice, late or out of order. What is missing contradicts itself:
a trade that waits for its payer was sent, only an unplaced payment is chosen for, and only a
conflict is decided by people."""


def after(state: State, fact: PaymentFact) -> State:
    """The state after this fact. Raises IllegalTransition where the table has no such pair."""
    try:
        return TRANSITIONS[state, fact]
    except KeyError:
        raise IllegalTransition("payment", state, fact) from None


@dataclass(frozen=True, slots=True)
class ReportedPayment:
    """Money that a channel says it took, in its own words."""

    account_id: str
    channel_trade_no: str | None
    amount: int
    currency: str
    paid_at: datetime | None

    def is_of_the_same_money(self, other: "ReportedPayment") -> bool:
        """Whether both speak of one movement: notifications and queries state different things."""
        numbers = {self.channel_trade_no, other.channel_trade_no} - {None}
        return len(numbers) < 2 and (self.account_id, self.amount, self.currency) == (
            other.account_id,
            other.amount,
            other.currency,
        )


@dataclass(frozen=True, slots=True)
class OutsideWord:
    """What a channel said of money that went back without us, true between the two times: of one
    refund or, with `is_total`, of all that went back of the payment. `channel_refund_no` is the
    number of that one, or of the latest. `is_dispute`: that one is a dispute (chargeback); without
    an amount, it was won. `is_answer`: it stands in the answer to a refund of ours, and is booked
    only as far as another word says it too. `refund_no`: of ours, which is certainly among the
    total; or the booking of a total that counts this one."""

    amount: int
    channel_refund_no: str | None
    asked_at: datetime
    said_at: datetime
    is_total: bool = True
    refunded_at: datetime | None = None
    is_dispute: bool = False
    is_answer: bool = False
    refund_no: str | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """One attempt. `account_id`, `channel` and `called_as` (how the channel was asked; `method` is
    what the app requested) are None until the payer chose on our page; `requested_account_id` is
    the account that the app named.
    `settles`: this payment is the one that pays the order. `closing`: we want it closed.
    `refund_reserved` covers what was returned and what is on its way back. `claim` is what a person
    has to decide about, or has decided: the channel's last word in a conflict.
    `split_receivers` get their shares as soon as it is paid; `will_split`: it will be split, so or
    later. `split_reserved` is what receivers have or shall have.
    `reversed_at`: the channel said then that all the money was back, which we had not booked.
    `may_be_paid`: it is closed here, and whoever holds its link or code may still pay it.
    `called_at`: when the channel gave `action`, where that is not its first one (a code that had
    become too old, asked for again).
    `held_words`: they are applied again whenever a refund that they may be about, or that leaves
    them no room, has ended.
    """

    payment_no: str
    order_id: str
    account_id: str | None
    requested_account_id: str | None
    channel: str | None
    method: Method
    called_as: Method | None
    state: State
    amount: int
    currency: str
    subject: str
    fingerprint: str
    created_at: datetime
    initiated_at: datetime
    expires_at: datetime
    metadata: dict[str, JsonValue]
    notify_url: str | None
    return_url: str | None
    action: Action | None = None
    channel_trade_no: str | None = None
    paid_at: datetime | None = None
    failure: Failure | None = None
    settles: bool = False
    closing: bool = False
    refund_reserved: int = 0
    amount_refunded: int = 0
    claim: ReportedPayment | None = None
    reversed_at: datetime | None = None
    may_be_paid: bool = False
    split_receivers: tuple[Receiver, ...] = ()
    will_split: bool = False
    split_reserved: int = 0
    held_words: tuple[OutsideWord, ...] = ()
    called_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_placed(self) -> bool:
        """Whether a channel may know of it."""
        return self.account_id is not None

    @property
    def account(self) -> str:
        """The channel account of a payment that is placed."""
        if self.account_id is None:
            raise ValueError(f"{self.payment_no} is at no channel account yet")
        return self.account_id

    @property
    def is_unopened(self) -> bool:
        """Whether the answer to its initiation was lost, and with it what would have called the
        payer: nobody can pay it."""
        is_begun = self.is_placed and self.state in (State.PENDING, State.UNKNOWN)
        return is_begun and self.action is None

    @property
    def in_flight_until(self) -> datetime:
        """Until then the initiation may still be under way."""
        barcode = self.called_as is Method.BARCODE
        return self.initiated_at + (BARCODE_CALL_LIMIT if barcode else CALL_LIMIT)

    @property
    def payable_until(self) -> datetime:
        """Until then whoever holds its link or code may pay it; a payer's own code (付款码), which
        we held, nobody."""
        if self.called_as is Method.BARCODE:
            return self.initiated_at
        return payable.payable_until(self.initiated_at, self.expires_at) + PAYABLE_GRACE

    def is_in_flight(self, now: datetime) -> bool:
        return self.state is State.INITIATING and now < self.in_flight_until

    def may_yet_arrive(self, at: datetime) -> bool:
        """Whether the channel may get the initiation after this; `unknown` is not that it has."""
        return self.state in (State.INITIATING, State.UNKNOWN) and at < self.in_flight_until
