"""What may happen in a state: a word, a request, a decision, the passing of time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from tests.simulation.walk import words
from tests.simulation.walk.node import AFTER_THE_END, AMOUNT, Node, Numbers, attempt
from tests.simulation.walk.words import PART, SHARE, Word

from chassis.problems import Problem
from contracts.api import (
    CreateRefund,
    CreateSplit,
    Method,
    OrderStatus,
    PaymentStatus,
    RefundCause,
    RefundStatus,
    SplitReceiver,
)
from contracts.events.configuration import LatePayment
from contracts.events.results import PaymentResult, PaymentWord, RefundResult
from contracts.internal import PaymentDecision, RefundDecision
from trade_core.domain import apply_result, closing, deciding, refund_reservation, splitting
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.apply_refund_result import apply_refund_result
from trade_core.domain.refused_results import ResultRefused
from trade_core.domain.trade_numbers import TradeNumbers

Act = Callable[[OrderAggregate], object]


@dataclass(frozen=True, slots=True)
class Step:
    """`request` says what it is where it is no word; `foreign`: a word of an account where the
    payment is not."""

    act: Act
    request: str = ""
    word: Word | None = None
    foreign: bool = False

    @property
    def name(self) -> str:
        word_text = self.request if self.word is None else _name(self.word)
        return f"another account: {word_text}" if self.foreign else word_text


@dataclass(frozen=True, slots=True)
class Taken:
    """What a step leads to; `refused` where the domain said no, which must change nothing."""

    node: Node
    refused: str | None = None


def take(node: Node, step: Step, numbers: Numbers) -> Taken:
    """Raises whatever the domain raises that is no refusal."""
    aggregate = node.opened()
    numbers.begin(node)
    try:
        step.act(aggregate)
    except (ResultRefused, Problem) as refusal:
        return Taken(node.after(aggregate), repr(refusal))
    return Taken(node.after(aggregate))


def at_the_end(node: Node) -> Node | None:
    """The same when everything has expired; None where it has already."""
    return None if node.now == AFTER_THE_END else replace(node, now=AFTER_THE_END)


def of(node: Node) -> Iterator[Step]:
    for word in words.of(node):
        yield Step(_apply(word), word=word)
    for payment in node.payments:
        word = words.of_another(payment.payment_no, payment.account_id or "", node.now)
        yield Step(_apply(word), word=word, foreign=True)
    yield from _of_the_app(node)
    yield from _of_people(node)
    if node.now == AFTER_THE_END:
        yield Step(closing.end_expired, "end what is expired")


def _of_the_app(node: Node) -> Iterator[Step]:
    is_open = node.order.state is OrderStatus.OPEN
    is_conflicted = any(each.state is PaymentStatus.CONFLICTED for each in node.payments)
    if len(node.payments) == 1 and is_open and not is_conflicted:
        yield Step(_open_another, "open another")
    yield Step(closing.close_order, "close the order")
    asked = [each for each in node.refunds if each.merchant_refund_no is not None]
    for payment in node.payments:
        if payment.state is not PaymentStatus.SUCCEEDED:
            continue
        number = payment.payment_no
        if not asked:
            for amount in (PART, AMOUNT):
                yield Step(_refund(number, amount), f"refund {amount} of {number}")
        if not node.splits:
            yield Step(_split(number), f"split {number}")


def _of_people(node: Node) -> Iterator[Step]:
    for payment in node.payments:
        if payment.state is PaymentStatus.CONFLICTED:
            number = payment.payment_no
            for decision in PaymentDecision:
                yield Step(_decide(number, decision), f"{decision} {number}")
    for refund in node.refunds:
        if refund.state is RefundStatus.ABNORMAL and refund.cause is not RefundCause.EXTERNAL:
            for way in RefundDecision:
                yield Step(_decide_refund(refund.refund_no, way), f"{way} {refund.refund_no}")


def _apply(word: Word) -> Act:
    def apply(aggregate: OrderAggregate) -> None:
        match word:
            case PaymentWord():
                apply_result.apply_payment_result(
                    aggregate,
                    word,
                    said_at=_at(word),
                    late=LatePayment.REFUND,
                    trades=TradeNumbers({}),
                )
            case RefundResult():
                apply_refund_result(aggregate, word, time=_at(word))
            case _:
                splitting.apply_split_result(aggregate, word)

    return apply


def _at(word: PaymentResult | RefundResult) -> datetime:
    assert word.said_at is not None
    return word.said_at


def _open_another(aggregate: OrderAggregate) -> None:
    """As `opening.open_another`, after what its flow asks first."""
    payment = replace(attempt("P2", "C2", Method.NATIVE), created_at=aggregate.now)
    aggregate.order = replace(aggregate.order, latest_payment_no=payment.payment_no)
    closing.close_payments(aggregate)
    aggregate.add_payment(payment)


def _refund(payment_no: str, amount: int) -> Act:
    request = CreateRefund(
        merchant_id="M1",
        payment_id="C1",
        payment_no=payment_no,
        merchant_refund_no="1",
        amount=amount,
    )
    return lambda aggregate: refund_reservation.refund_as_requested(aggregate, request)


def _split(payment_no: str) -> Act:
    receiver = SplitReceiver(account="receiver", amount=SHARE, description="维修基金")
    request = CreateSplit(
        merchant_id="M1", payment_no=payment_no, merchant_split_no="1", receivers=[receiver]
    )
    return lambda aggregate: splitting.split_as_requested(aggregate, request)


def _decide(payment_no: str, decision: PaymentDecision) -> Act:
    def decide(aggregate: OrderAggregate) -> None:
        seen = deciding.claim_shown(aggregate.payments[payment_no])
        deciding.decide_payment(aggregate, payment_no, decision, seen=seen)

    return decide


def _decide_refund(refund_no: str, decision: RefundDecision) -> Act:
    def decide(aggregate: OrderAggregate) -> None:
        seen = aggregate.refunds[refund_no].version
        deciding.decide_refund(aggregate, refund_no, decision, seen=seen)

    return decide


def _name(word: Word) -> str:
    word_text = word.model_dump(
        mode="json",
        exclude_defaults=True,
        exclude={"channel", "payment_id", "asked_at", "paid_at", "channel_trade_no", "said_at"},
    )
    at = "" if word.said_at is None else f" at {word.said_at:%H:%M:%S}"
    return " ".join(str(value) for value in word_text.values()) + at
