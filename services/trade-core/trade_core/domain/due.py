"""What to do next about what is not final, and when: a due row says *when*, this file *what*."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from contracts.api import (
    Method,
    OrderStatus,
    PaymentStatus,
    RefundCause,
    RefundStatus,
    SplitStatus,
)
from contracts.events.commands import CommandName
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.domain.refund import DENIED, Refund, RefundFact
from trade_core.domain.split import Split, SplitFact

SCHEDULE_S: Final = (5, 15, 30, 60, 180, 300, 600, 1800)
"""When a channel is asked, counted from the first word that it has it; then every half hour."""

LAST_GAP: Final = timedelta(minutes=30)

ASKED_ABOUT: Final = frozenset(
    {RefundFact.UNCLEAR, RefundFact.UNDER_WAY, RefundFact.REFUSED, RefundFact.CONFLICT}
)
"""A refusal that is not certain, or another amount, is asked about like what is under way."""

BOUNCE_DAYS: Final = (1, 3, 7, 15, 30)
"""When a refund that succeeded is asked about again: the payer's bank may still send it back."""

ASKS_A_DAY: Final = 48

LONGEST_PAUSE_S: Final = 600
"""A channel that wants more between two refunds is asked in vain now and then."""

YOUNG: Final = timedelta(minutes=10)
YOUNG_GAP: Final = timedelta(minutes=2)
"""A link that was closed here in its first minutes is the likeliest to be opened all the same."""

WORRY_ATTEMPT: Final = SCHEDULE_S.index(600)
"""After ten minutes people hear of what is still unclear."""


@dataclass(frozen=True, slots=True)
class NextCheck:
    """When to look again. `attempt` counts the commands that were sent since something changed.
    `is_first`: only where nobody is asking yet; else that goes on at its own pace. `counts_on`:
    the attempts so far count on, and `attempt` only where there are none."""

    due_at: datetime
    attempt: int = 0
    is_first: bool = False
    counts_on: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """Send this to the channel, and look again. `is_overdue`: people must hear of it."""

    command: CommandName
    next_check: NextCheck
    is_overdue: bool = False


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing to do now; with None, never again."""

    next_check: NextCheck | None


@dataclass(frozen=True, slots=True)
class End:
    """It ends here and now, without a channel (`closing.end_expired`)."""


Step = Ask | Rest | End


def gap(attempt: int) -> timedelta:
    """How long after command `attempt` the next is due; -1: how long until the first."""
    if attempt + 1 >= len(SCHEDULE_S):
        return LAST_GAP
    return timedelta(seconds=SCHEDULE_S[attempt + 1] - (SCHEDULE_S[attempt] if attempt >= 0 else 0))


def _sent_at_once(command: CommandName, *, attempt: int, now: datetime, unclear: bool) -> Ask:
    """Of what begins with a command (attempt 0) instead of waiting for the fifth second, when its
    answer may have been lost: asked about by the same clock from then on."""
    is_overdue = unclear and attempt == WORRY_ATTEMPT + 1
    return Ask(command, NextCheck(now + gap(attempt - 1), attempt + 1), is_overdue)


# ── payments ──────────────────────────────────────────────────────────────────────────────────


def first_check(order: Order, payment: Payment, now: datetime) -> NextCheck | None:
    """When to look at a payment that has just changed; None: never again."""
    if payment.is_open:
        return open_check(payment, now)
    end = _order_end(order, payment)
    if not payment.may_be_paid:
        return end
    asked = NextCheck(now + gap(-1))
    return asked if end is None else min(asked, end, key=lambda check: check.due_at)


def open_check(payment: Payment, now: datetime) -> NextCheck:
    """When to look first at a payment that somebody may still pay."""
    if payment.is_in_flight(now):
        return NextCheck(payment.in_flight_until)
    if payment.closing:
        return NextCheck(now)
    if not payment.is_placed:
        return NextCheck(payment.expires_at)
    return NextCheck(min(now + gap(-1), max(now, payment.expires_at)))


def payment_step(order: Order, payment: Payment, *, attempt: int, now: datetime) -> Step:
    """What to do about a payment whose row is due.

    To close and to ask alternate: the question explains a close that was refused (paid in the
    last moment). It is closed only when the channel says so, however often it has to be asked.
    A payer's code (付款码) is asked about first: to close it would give back what was just paid.
    """
    if not payment.is_open:
        end = _order_end(order, payment)
        if end is not None and end.due_at <= now:
            return End()
        if payment.state is PaymentStatus.SUCCEEDED:
            return _tell_apart(end, attempt, now)
        return _watch(payment, end, attempt, now) if payment.may_be_paid else Rest(end)
    if payment.is_in_flight(now):
        return Rest(NextCheck(payment.in_flight_until))
    over = payment.closing or now >= payment.expires_at
    if not payment.is_placed:
        return End() if over else Rest(NextCheck(payment.expires_at))
    if over:
        turn = attempt - 1 if payment.called_as is Method.BARCODE else attempt
        command = CommandName.QUERY if turn % 2 else CommandName.CLOSE
        return _sent_at_once(command, attempt=attempt, now=now, unclear=True)
    next_check = NextCheck(now + gap(attempt), attempt + 1)
    if next_check.due_at >= payment.expires_at:
        next_check = NextCheck(payment.expires_at)
    is_overdue = payment.state is PaymentStatus.UNKNOWN and attempt == WORRY_ATTEMPT
    return Ask(CommandName.QUERY, next_check, is_overdue)


def returns_check(now: datetime) -> NextCheck:
    """When to ask first whose refunds they were that went back of a payment that succeeded. Attempt
    0 of its row is the end of its order's time. Each answer may bring the same doubt, and must not
    begin the asking anew."""
    return NextCheck(now + gap(-1), attempt=1, is_first=True)


def _tell_apart(end: NextCheck | None, attempt: int, now: datetime) -> Step:
    """Some money went back, and whether all of it by our refunds is asked about for a day; after
    that the statements tell (`money-moved-outside`)."""
    if attempt == 0 or attempt > len(SCHEDULE_S) + ASKS_A_DAY:
        return Rest(end)
    next_check = NextCheck(now + gap(attempt - 1), attempt + 1)
    return Ask(CommandName.QUERY, next_check, is_overdue=attempt - 1 == WORRY_ATTEMPT)


def _watch(payment: Payment, end: NextCheck | None, attempt: int, now: datetime) -> Ask:
    """Ask about what is closed here and may be paid there, and once more when its time is over."""
    young = now < payment.initiated_at + YOUNG
    due_at = now + (min(gap(attempt), YOUNG_GAP) if young else gap(attempt))
    over_at = payment.payable_until
    stops = [over_at] if now < over_at else []
    if end is not None:
        stops.append(end.due_at)
    return Ask(CommandName.QUERY, NextCheck(min([due_at, *stops]), attempt + 1))


def _order_end(order: Order, payment: Payment) -> NextCheck | None:
    """The latest attempt of an open order keeps its row until the order's time is over."""
    is_latest = order.latest_payment_no == payment.payment_no
    return NextCheck(order.expires_at) if is_latest and order.state is OrderStatus.OPEN else None


# ── refunds ───────────────────────────────────────────────────────────────────────────────────


def refund_step(refund: Refund, *, attempt: int, now: datetime) -> Step:
    """What to do about a refund whose row is due: always the same refund_no.

    It is sent until the channel has it; where nobody knows, or the call may still be under way,
    the channel is asked first.
    """
    if refund.is_paid_out:
        return _pay_out_step(refund, attempt=attempt, now=now)
    if _may_have_gone_back(refund):
        return _ask_once_more(attempt, now)
    if refund.state is RefundStatus.SUCCEEDED:
        return _bounce_step(refund, attempt=attempt, now=now)
    if refund.state is not RefundStatus.PROCESSING:
        return Rest(None)
    unanswered = refund.last_fact is None and attempt > 0
    asks = unanswered or refund.last_fact in ASKED_ABOUT
    command = CommandName.QUERY_REFUND if asks else CommandName.REFUND
    unclear = refund.last_fact is not RefundFact.UNDER_WAY
    return _sent_at_once(command, attempt=attempt, now=now, unclear=unclear)


def has_others(refund: Refund, payment: Payment, *, attempt: int) -> bool:
    """Whether a refund that the channel does not have yet has others of its payment beside it."""
    is_new = attempt == 0 and refund.last_fact is None
    is_missing = refund.last_fact is RefundFact.ABSENT
    return (is_new or is_missing) and payment.refund_reserved > refund.amount


def first_turn_check(
    refund: Refund, others: Iterable[Refund], pause_s: int, now: datetime
) -> NextCheck:
    """When it is the turn of a refund that was not sent yet: so long after that of the one that was
    asked for before it, and after those that wait as well. `others`: of the same payment."""
    ours = [each for each in others if each.cause is not RefundCause.EXTERNAL]
    before = [each for each in ours if _place(each) < _place(refund)]
    turn = min((each.created_at for each in before), default=now)
    for each in sorted(before, key=_place):
        turn = max(turn, each.created_at) + _pause(pause_s)
    waiting = _pause(pause_s) * sum(map(is_unheard, before))
    return NextCheck(max(turn, now + waiting), attempt=1, counts_on=True)


def turn_check(refund: Refund, others: Iterable[Refund], pause_s: int, now: datetime) -> NextCheck:
    """When it is the turn of a refund of a payment whose channel takes them so long apart: after
    those that were asked for before and wait as well. Were they sent together again, the channel
    would take one of them and refuse the rest, perhaps each for as long anew. `others`: of the same
    payment."""
    before = sum(is_unheard(each) and _place(each) < _place(refund) for each in others)
    return NextCheck(now + _pause(pause_s) * (before + 1), attempt=1, counts_on=True)


def _place(refund: Refund) -> tuple[datetime, str]:
    return refund.created_at, refund.refund_no


def _pause(pause_s: int) -> timedelta:
    return timedelta(seconds=min(max(pause_s, 1), LONGEST_PAUSE_S))


def is_unheard(refund: Refund) -> bool:
    """Whether no word is known by which its channel has it."""
    is_under_way = refund.last_fact is RefundFact.UNDER_WAY
    return refund.state is RefundStatus.PROCESSING and not is_under_way


def bounce_check(refund: Refund, now: datetime) -> NextCheck:
    """When to ask first whether a refund that has just succeeded stayed with the payer, where its
    channel says that it may not."""
    return NextCheck((refund.refunded_at or now) + timedelta(days=BOUNCE_DAYS[0]))


def _bounce_step(refund: Refund, *, attempt: int, now: datetime) -> Step:
    if attempt >= len(BOUNCE_DAYS):
        return Rest(None)
    following = BOUNCE_DAYS[min(attempt + 1, len(BOUNCE_DAYS) - 1)]
    due_at = (refund.refunded_at or now) + timedelta(days=following)
    next_check = NextCheck(max(due_at, now + timedelta(days=1)), attempt + 1)
    return Ask(CommandName.QUERY_REFUND, next_check)


def _may_have_gone_back(refund: Refund) -> bool:
    """It failed here, and may be among what the channel says went back; or the channel said another
    amount than ours, which may have been an error of its answers."""
    if refund.state is RefundStatus.FAILED:
        return refund.last_fact not in DENIED
    return refund.state is RefundStatus.ABNORMAL and refund.last_fact is RefundFact.CONFLICT


def _ask_once_more(attempt: int, now: datetime) -> Step:
    """For a day."""
    if attempt >= len(SCHEDULE_S) + ASKS_A_DAY:
        return Rest(None)
    return Ask(CommandName.QUERY_REFUND, NextCheck(now + gap(attempt - 1), attempt + 1))


def _pay_out_step(refund: Refund, *, attempt: int, now: datetime) -> Step:
    """Told once; whatever comes back, the channel is then asked how the refund stands."""
    is_answered = refund.last_fact is not None
    command = CommandName.QUERY_REFUND if is_answered else CommandName.REFUND_ABNORMAL
    return Ask(
        command, NextCheck(now + gap(attempt), attempt + 1), is_overdue=attempt == WORRY_ATTEMPT
    )


# ── splits ────────────────────────────────────────────────────────────────────────────────────


def split_step(split: Split, *, attempt: int, now: datetime) -> Step:
    """What to do about a split whose row is due: always the same split_no, as with a refund."""
    if split.state is not SplitStatus.PROCESSING:
        return Rest(None)
    asks = split.last_fact in (SplitFact.UNCLEAR, SplitFact.UNDER_WAY)
    command = CommandName.QUERY_SPLIT if asks else CommandName.SPLIT
    unclear = split.last_fact is not SplitFact.UNDER_WAY
    return _sent_at_once(command, attempt=attempt, now=now, unclear=unclear)
