"""A refund (退款): money on its way back to the payer, and the table of its states."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.api import Failure, RefundCause
from contracts.api import RefundStatus as State
from contracts.internal import RefundDecision
from trade_core.domain.known_fact import KnownFact
from trade_core.domain.refused_results import IllegalTransition
from trade_core.domain.split import Return


class RefundFact(KnownFact):
    """What became known of a refund."""

    RETURNED = "returned", "The money went back."
    REFUSED = "refused", "It will not go back by this refund."
    STUCK = "stuck", "The channel took it and could not return the money."
    CONFLICT = "conflict", "The channel says that another amount went back than ours."
    UNDER_WAY = "under way", "The channel has accepted it."
    ABSENT = "absent", "The channel knows no such refund."
    NOT_SENT = "not sent", "The channel surely did nothing."
    UNCLEAR = "unclear", "Nobody can say what the channel did."
    SETTLED_OUTSIDE = (
        "settled outside",
        "A person decided: the payer has the money by other means.",
    )
    RELEASED = "released", "A person decided: this refund is given up."


DENIED: Final = frozenset(
    {RefundFact.REFUSED, RefundFact.STUCK, RefundFact.CONFLICT, RefundFact.ABSENT}
)
"""The channel says, when asked, that the money did not go back, or not this."""

TRANSITIONS: Final[dict[tuple[State, RefundFact], State]] = {
    (State.PROCESSING, RefundFact.RETURNED): State.SUCCEEDED,
    (State.PROCESSING, RefundFact.REFUSED): State.FAILED,
    (State.PROCESSING, RefundFact.STUCK): State.ABNORMAL,
    # Once it is said twice, and the second time when it was asked for.
    (State.PROCESSING, RefundFact.CONFLICT): State.ABNORMAL,
    (State.PROCESSING, RefundFact.UNDER_WAY): State.PROCESSING,
    (State.PROCESSING, RefundFact.ABSENT): State.PROCESSING,
    (State.PROCESSING, RefundFact.NOT_SENT): State.PROCESSING,
    (State.PROCESSING, RefundFact.UNCLEAR): State.PROCESSING,
    #
    # A person decides, here or at the channel; the channel then tells us.
    (State.ABNORMAL, RefundFact.SETTLED_OUTSIDE): State.SUCCEEDED,
    (State.ABNORMAL, RefundFact.RELEASED): State.FAILED,
    (State.ABNORMAL, RefundFact.RETURNED): State.SUCCEEDED,
    (State.ABNORMAL, RefundFact.REFUSED): State.FAILED,
    (State.ABNORMAL, RefundFact.STUCK): State.ABNORMAL,
    (State.ABNORMAL, RefundFact.CONFLICT): State.ABNORMAL,
    (State.ABNORMAL, RefundFact.UNDER_WAY): State.ABNORMAL,
    (State.ABNORMAL, RefundFact.ABSENT): State.ABNORMAL,
    (State.ABNORMAL, RefundFact.NOT_SENT): State.ABNORMAL,
    (State.ABNORMAL, RefundFact.UNCLEAR): State.ABNORMAL,
    #
    (State.SUCCEEDED, RefundFact.RETURNED): State.SUCCEEDED,
    # It bounced: the payer's bank sent it back.
    (State.SUCCEEDED, RefundFact.STUCK): State.ABNORMAL,
    (State.SUCCEEDED, RefundFact.UNDER_WAY): State.SUCCEEDED,
    (State.SUCCEEDED, RefundFact.ABSENT): State.SUCCEEDED,
    (State.SUCCEEDED, RefundFact.NOT_SENT): State.SUCCEEDED,
    (State.SUCCEEDED, RefundFact.UNCLEAR): State.SUCCEEDED,
    #
    # It went back after all.
    (State.FAILED, RefundFact.RETURNED): State.SUCCEEDED,
    (State.FAILED, RefundFact.REFUSED): State.FAILED,
    (State.FAILED, RefundFact.STUCK): State.FAILED,
    (State.FAILED, RefundFact.CONFLICT): State.FAILED,
    (State.FAILED, RefundFact.UNDER_WAY): State.FAILED,
    (State.FAILED, RefundFact.ABSENT): State.FAILED,
    (State.FAILED, RefundFact.NOT_SENT): State.FAILED,
    (State.FAILED, RefundFact.UNCLEAR): State.FAILED,
}
"""Every pair that can arrive, twice, late or out of order. Which of two contradicting words counts
is a matter of their time (later-wins); that what went back was refused after that, or was another
amount, cannot be: a dead letter, and a person looks. People decide only what is abnormal."""


def after(state: State, fact: RefundFact) -> State:
    """The state after this fact. Raises IllegalTransition where the table has no such pair."""
    try:
        return TRANSITIONS[state, fact]
    except KeyError:
        raise IllegalTransition("refund", state, fact) from None


@dataclass(frozen=True, slots=True)
class Refund:
    """`last_fact` is the channel's last word while nothing is decided; None: it never spoke.

    `merchant_refund_no` and `fingerprint` are None where no app asked for it: the centre returns
    money by itself, or a person decided a conflict so. `decided` is what a person decided of it
    when it was abnormal; PAY_OUT only until the channel is done with that. `returns` is what
    receivers of splits give back for it. `last_said_at`: by when the channel's last word was said.
    `turn` counts how often an end was left again: it bounced, or went back after all.
    `version` rises with each change that is saved. One of cause `external` was made at the channel
    without us; `is_dispute`: by the payer's bank (chargeback), so that no channel counts it among
    the payment's refunds; `is_single`: the channel told of it by itself, under its number;
    `is_total`: it told of a total, which may count others. Neither: a statement told of it under no
    number, or it was booked before that was kept.
    """

    refund_no: str
    order_id: str
    payment_no: str
    app_id: str
    merchant_id: str
    merchant_refund_no: str | None
    fingerprint: str | None
    cause: RefundCause
    amount: int
    currency: str
    reason: str | None
    notify_url: str | None
    created_at: datetime
    state: State = State.PROCESSING
    last_fact: RefundFact | None = None
    channel_refund_no: str | None = None
    refunded_at: datetime | None = None
    failure: Failure | None = None
    decided: RefundDecision | None = None
    returns: tuple[Return, ...] = ()
    last_said_at: datetime | None = None
    turn: int = 0
    is_dispute: bool = False
    is_single: bool = False
    is_total: bool = False
    version: int = 0

    @property
    def is_at_channel(self) -> bool:
        """Whether the channel returned it, and not the merchant by other means."""
        is_outside = self.decided is RefundDecision.SETTLED_OUTSIDE
        return self.state is State.SUCCEEDED and not is_outside

    @property
    def is_paid_out(self) -> bool:
        """Whether the channel is to send the money to the merchant's own account."""
        return self.state is State.ABNORMAL and self.decided is RefundDecision.PAY_OUT
