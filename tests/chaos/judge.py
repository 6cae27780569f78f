"""Everybody's books laid side by side; pure. What is lost, doubled or wrong is said in words."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Part(StrEnum):
    LOST = "lost"
    DOUBLED = "doubled"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Fault:
    """`order`: the merchant_order_no, empty where none is known."""

    part: Part
    order: str
    words: str


@dataclass(frozen=True, slots=True)
class Payment:
    payment_no: str
    status: str
    amount: int
    amount_refunded: int
    channel_trade_no: str | None


@dataclass(frozen=True, slots=True)
class Refund:
    refund_no: str
    payment_no: str
    status: str
    amount: int
    cause: str


@dataclass(frozen=True, slots=True)
class Order:
    """`ledger`: what the postings about it add up to, by purpose."""

    number: str
    status: str
    amount_paid: int
    amount_refunded: int
    payments: Sequence[Payment]
    refunds: Sequence[Refund]
    ledger: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Trade:
    """What the third party knows of a payment."""

    payment_no: str
    channel_trade_no: str
    state: str
    amount: int
    refunded: int

    @property
    def holds_money(self) -> bool:
        """Or held it: what was returned in full is closed at some."""
        return self.state == "paid" or self.refunded > 0


@dataclass(frozen=True, slots=True)
class CallbackTaken:
    """A callback that arrived, about a payment_no or a refund_no."""

    type: str
    number: str
    webhook_id: str
    is_authentic: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """What the app knows of one of its orders: the numbers that it was given."""

    number: str
    payment_no: str = ""
    refund_no: str = ""


@dataclass(frozen=True, slots=True)
class Books:
    """Ours by merchant_order_no, the channels' by payment_no, and the app's callbacks."""

    orders: Mapping[str, Order]
    trades: Mapping[str, Trade]
    callbacks: Sequence[CallbackTaken] = field(default_factory=list)


FINAL = frozenset({"succeeded", "failed", "closed"})
REFUNDED = "succeeded"


def judge(asked: Sequence[Asked], books: Books) -> list[Fault]:
    """All that does not agree, for orders that nothing is open of any more."""
    event_ids: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for each in books.callbacks:
        event_ids[each.number][each.type].add(each.webhook_id)
    found = [fault for each in asked for fault in _of_order(each, books, event_ids)]
    found += _of_strangers(asked, books)
    forged = sum(not each.is_authentic for each in books.callbacks)
    if forged:
        found.append(Fault(Part.WRONG, "", f"{forged} callbacks are not signed by us"))
    return found


_EventIds = Mapping[str, Mapping[str, set[str]]]
"""The webhook-ids by number and type."""


def _of_order(asked: Asked, books: Books, event_ids: _EventIds) -> Iterator[Fault]:
    order = books.orders.get(asked.number)
    if order is None:
        if asked.payment_no:
            yield Fault(Part.LOST, asked.number, f"was told {asked.payment_no}, is not on file")
        return
    if asked.payment_no and asked.payment_no not in {e.payment_no for e in order.payments}:
        yield Fault(Part.LOST, order.number, f"{asked.payment_no} is not among its payments")
    if asked.refund_no and asked.refund_no not in {each.refund_no for each in order.refunds}:
        yield Fault(Part.LOST, order.number, f"{asked.refund_no} is not among its refunds")
    for payment in order.payments:
        yield from _of_payment(order, payment, books.trades.get(payment.payment_no))
    yield from _of_refunds(order, books.trades)
    yield from _of_sums(order)
    yield from _of_callbacks(order, event_ids)


def _of_payment(order: Order, payment: Payment, trade: Trade | None) -> Iterator[Fault]:
    holds_money = trade is not None and trade.holds_money
    name = payment.payment_no
    if payment.status not in FINAL:
        part = Part.LOST if holds_money else Part.WRONG
        yield Fault(part, order.number, f"{name} stays {payment.status}, paid: {holds_money}")
    elif holds_money and payment.status != "succeeded":
        yield Fault(Part.LOST, order.number, f"{name} is paid there, {payment.status} here")
    elif payment.status == "succeeded" and not holds_money:
        yield Fault(Part.WRONG, order.number, f"{name} is not paid there, succeeded here")
    elif trade is not None and payment.status == "succeeded":
        there = (trade.amount, trade.channel_trade_no)
        here = (payment.amount, payment.channel_trade_no)
        if there != here:
            yield Fault(Part.WRONG, order.number, f"{name} is {there} there, {here} here")


def _of_refunds(order: Order, trades: Mapping[str, Trade]) -> Iterator[Fault]:
    for payment in order.payments:
        refunds = [e for e in order.refunds if e.payment_no == payment.payment_no]
        wanted = sum(each.amount for each in refunds)
        booked = sum(each.amount for each in refunds if each.status == REFUNDED)
        trade = trades.get(payment.payment_no)
        gone = trade.refunded if trade is not None else 0
        name = payment.payment_no
        if gone > wanted:
            yield Fault(Part.DOUBLED, order.number, f"{name}: {gone} went back, not {wanted}")
        elif gone > booked:
            yield Fault(Part.LOST, order.number, f"{name}: {gone} went back, {booked} is booked")
        elif gone < booked:
            yield Fault(Part.WRONG, order.number, f"{name}: {gone} went back, {booked} is booked")
        if payment.amount_refunded != booked:
            words = f"{name}: refunded {payment.amount_refunded}, its refunds {booked}"
            yield Fault(Part.WRONG, order.number, words)
    for refund in order.refunds:
        if refund.status != REFUNDED:
            yield Fault(Part.LOST, order.number, f"{refund.refund_no} stays {refund.status}")


def _of_sums(order: Order) -> Iterator[Fault]:
    taken = [each for each in order.payments if each.status == "succeeded"]
    returned = {each.payment_no for each in order.refunds if each.cause != "requested"}
    kept = [each for each in taken if each.payment_no not in returned]
    if len(kept) > 1:
        yield Fault(Part.DOUBLED, order.number, f"{len(kept)} payments are kept")
    if order.amount_paid != sum(each.amount for each in kept[:1]):
        yield Fault(Part.WRONG, order.number, f"amount_paid is {order.amount_paid}")
    if (order.status == "paid") != bool(kept):
        yield Fault(Part.WRONG, order.number, f"is {order.status}, {len(kept)} payments are kept")
    gone = sum(each.amount for each in order.refunds if each.status == REFUNDED)
    held = sum(each.amount for each in taken) - gone
    right = {"channel_receivable": held, "merchant_payable": -held}
    booked = {purpose: amount for purpose, amount in order.ledger.items() if amount}
    if booked != {purpose: amount for purpose, amount in right.items() if amount}:
        yield Fault(Part.WRONG, order.number, f"the ledger says {booked}, not {right}")


def _of_callbacks(order: Order, event_ids: _EventIds) -> Iterator[Fault]:
    ends = [(f"payment.{each.status}", each.payment_no) for each in order.payments]
    ends += [(f"refund.{each.status}", each.refund_no) for each in order.refunds]
    for kind, number in ends:
        by_type = event_ids.get(number, {})
        if kind not in by_type:
            yield Fault(Part.LOST, order.number, f"nobody was told {kind} of {number}")
        for each, ids in by_type.items():
            if len(ids) > 1:
                yield Fault(Part.DOUBLED, order.number, f"{each} of {number}: {len(ids)} ids")


def _of_strangers(asked: Sequence[Asked], books: Books) -> Iterator[Fault]:
    """Money at a channel under numbers that no order of ours has."""
    ours = {each.payment_no for order in books.orders.values() for each in order.payments}
    for trade in books.trades.values():
        if trade.payment_no not in ours and trade.holds_money:
            yield Fault(Part.LOST, "", f"{trade.payment_no} is paid there, not on file here")


def counted(faults: Sequence[Fault]) -> Mapping[Part, int]:
    return Counter(each.part for each in faults)
