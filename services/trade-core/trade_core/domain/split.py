"""A split (分账): a paid amount divided among receivers, and the table of its states."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.api import Failure, ShareStatus
from contracts.api import SplitStatus as State
from trade_core.domain.known_fact import KnownFact
from trade_core.domain.refused_results import IllegalTransition


class SplitFact(KnownFact):
    """What became known of a split."""

    SHARED = "shared", "Every receiver has their share."
    SHORT = "short", "The channel is through with it, and a receiver did not get their share."
    REFUSED = "refused", "The channel's final no: nobody gets anything by this split."
    UNDER_WAY = "under way", "The channel has accepted it."
    ABSENT = "absent", "The channel knows no such split."
    NOT_SENT = "not sent", "The channel surely did nothing, perhaps because it is too early."
    UNCLEAR = "unclear", "Nobody can say what the channel did."


TRANSITIONS: Final[dict[tuple[State, SplitFact], State]] = {
    (State.PROCESSING, SplitFact.SHARED): State.SUCCEEDED,
    (State.PROCESSING, SplitFact.SHORT): State.FAILED,
    (State.PROCESSING, SplitFact.REFUSED): State.FAILED,
    (State.PROCESSING, SplitFact.UNDER_WAY): State.PROCESSING,
    (State.PROCESSING, SplitFact.ABSENT): State.PROCESSING,
    (State.PROCESSING, SplitFact.NOT_SENT): State.PROCESSING,
    (State.PROCESSING, SplitFact.UNCLEAR): State.PROCESSING,
    #
    (State.SUCCEEDED, SplitFact.SHARED): State.SUCCEEDED,
    (State.SUCCEEDED, SplitFact.UNDER_WAY): State.SUCCEEDED,
    (State.SUCCEEDED, SplitFact.ABSENT): State.SUCCEEDED,
    (State.SUCCEEDED, SplitFact.NOT_SENT): State.SUCCEEDED,
    (State.SUCCEEDED, SplitFact.UNCLEAR): State.SUCCEEDED,
    #
    (State.FAILED, SplitFact.SHORT): State.FAILED,
    (State.FAILED, SplitFact.REFUSED): State.FAILED,
    (State.FAILED, SplitFact.UNDER_WAY): State.FAILED,
    (State.FAILED, SplitFact.ABSENT): State.FAILED,
    (State.FAILED, SplitFact.NOT_SENT): State.FAILED,
    (State.FAILED, SplitFact.UNCLEAR): State.FAILED,
}
"""Every pair that can arrive, twice, late or out of order. That everybody has their share and that
somebody has not contradict each other: such a word becomes a dead letter and a person looks."""


def after(state: State, fact: SplitFact) -> State:
    """The state after this fact. Raises IllegalTransition where the table has no such pair."""
    try:
        return TRANSITIONS[state, fact]
    except KeyError:
        raise IllegalTransition("split", state, fact) from None


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whom a payment names to get how much of it as soon as it is paid. What an app may name was
    checked when it asked; what is on file stays as it is, whatever is checked since."""

    account: str
    amount: int
    description: str


@dataclass(frozen=True, slots=True)
class Share:
    """What one receiver gets. `amount_returning` is on its way back for refunds that are not
    decided, `amount_returned` is back."""

    account: str
    amount: int
    description: str
    state: ShareStatus = ShareStatus.PROCESSING
    amount_returning: int = 0
    amount_returned: int = 0
    failure: Failure | None = None

    @property
    def held(self) -> int:
        """What the receiver has and nobody asks back."""
        if self.state is not ShareStatus.SUCCEEDED:
            return 0
        return self.amount - self.amount_returning - self.amount_returned


@dataclass(frozen=True, slots=True)
class Split:
    """`last_fact` is the channel's last word while nothing is decided; None: it never spoke.

    `merchant_split_no` and `fingerprint` are None where the payment itself asked for the split.
    The shares are decided together, with the split; no account stands among them twice.
    """

    split_no: str
    order_id: str
    payment_no: str
    app_id: str
    merchant_id: str
    merchant_split_no: str | None
    fingerprint: str | None
    currency: str
    shares: tuple[Share, ...]
    finish: bool
    notify_url: str | None
    created_at: datetime
    state: State = State.PROCESSING
    last_fact: SplitFact | None = None
    channel_split_no: str | None = None
    finished_at: datetime | None = None
    failure: Failure | None = None

    @property
    def amount(self) -> int:
        return sum(share.amount for share in self.shares)

    @property
    def ends_splitting(self) -> bool:
        """Whether nothing more can be split of the payment, as the channel gave the rest free."""
        came_to_nothing = all(share.state is ShareStatus.FAILED for share in self.shares)
        return self.finish and not came_to_nothing


@dataclass(frozen=True, slots=True)
class Return:
    """What a receiver gives back for a refund; `is_back`: the channel said that it did."""

    split_no: str
    account: str
    amount: int
    return_no: str
    is_back: bool = False
