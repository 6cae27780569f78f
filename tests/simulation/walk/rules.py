"""What holds in every state and for every step, whatever a channel says."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from tests.simulation.walk.node import Node
from tests.simulation.walk.steps import Step, Taken

from contracts.api import OrderStatus, PaymentStatus, RefundCause, RefundStatus
from contracts.internal import RefundDecision
from trade_core.domain.ledger import Purpose
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund

RESERVED: Final = {RefundStatus.PROCESSING, RefundStatus.SUCCEEDED, RefundStatus.ABNORMAL}


def of_step(was: Node, step: Step, taken: Taken) -> Iterator[str]:
    """Each violation in words."""
    if taken.refused is not None and _facts(taken.node) != _facts(was):
        yield f"refused ({taken.refused}), and something changed"
    if step.foreign and _facts(taken.node) != _facts(was):
        yield "own-account-only: another account's word changed something"
    now = {each.payment_no: each for each in taken.node.payments}
    for before in was.payments:
        after = now[before.payment_no]
        if before.state is PaymentStatus.SUCCEEDED and after.state is not before.state:
            yield f"{before.payment_no} had succeeded and is {after.state}"


def of_state(node: Node) -> Iterator[str]:
    """Each violation in words."""
    yield from _first_success_wins(node)
    for payment in node.payments:
        yield from _reservations(node, payment)
    yield from _ledger(node)


def _facts(node: Node) -> tuple[object, ...]:
    return node.order, node.payments, node.refunds, node.splits, node.booked


def _first_success_wins(node: Node) -> Iterator[str]:
    settling = [each for each in node.payments if each.settles]
    paid = [each for each in node.payments if each.state is PaymentStatus.SUCCEEDED]
    if len(settling) > 1:
        yield "paid twice: two payments settle the order"
    if (node.order.state is OrderStatus.PAID) != bool(settling):
        yield f"the order is {node.order.state}, settled by {len(settling)}"
    if node.order.amount_paid != sum(each.amount for each in settling):
        yield f"the order counts {node.order.amount_paid} paid"
    for payment in paid:
        if not payment.settles and not _goes_back(node, payment):
            yield f"{payment.payment_no} pays no order and does not go back"


def _goes_back(node: Node, payment: Payment) -> bool:
    whole = [
        each.amount
        for each in _refunds(node, payment)
        if each.merchant_refund_no is None and each.cause is not RefundCause.EXTERNAL
    ]
    return payment.amount in whole


def _reservations(node: Node, payment: Payment) -> Iterator[str]:
    refunds = _refunds(node, payment)
    reserved = sum(each.amount for each in refunds if each.state in RESERVED)
    returned = sum(each.amount for each in refunds if each.state is RefundStatus.SUCCEEDED)
    number = payment.payment_no
    if payment.refund_reserved != reserved or payment.amount_refunded != returned:
        yield (
            f"{number} reserves {payment.refund_reserved} and says {payment.amount_refunded}"
            f" refunded, where its refunds are {reserved} and {returned}"
        )
    if not 0 <= payment.amount_refunded <= payment.refund_reserved <= payment.amount:
        yield f"{number}: {payment.amount_refunded} of {payment.refund_reserved} refunded"
    if not 0 <= payment.split_reserved <= payment.amount:
        yield f"{number} promises {payment.split_reserved} to receivers"


def _ledger(node: Node) -> Iterator[str]:
    kinds = Counter((entry.kind, entry.subject, entry.turn) for entry in node.booked)
    for (kind, subject, _), count in kinds.items():
        if count > 1:
            yield f"{kind} of {subject} is booked {count} times"
    balances: Counter[str] = Counter()
    for entry in node.booked:
        if sum(posting.amount for posting in entry.postings) != 0:
            yield f"{entry.kind} of {entry.subject} does not balance"
        for posting in entry.postings:
            balances[posting.purpose] += posting.amount
    paid = [each for each in node.payments if each.state is PaymentStatus.SUCCEEDED]
    owed = sum(each.amount for each in paid) - sum(
        each.amount
        for each in node.refunds
        if each.state is RefundStatus.SUCCEEDED
        and each.decided is not RefundDecision.SETTLED_OUTSIDE
    )
    flying = sum(
        each.amount
        for each in node.refunds
        if each.state in (RefundStatus.PROCESSING, RefundStatus.ABNORMAL)
    )
    if balances[Purpose.CHANNEL_RECEIVABLE] != owed:
        yield f"the channel owes {balances[Purpose.CHANNEL_RECEIVABLE]}, and not {owed}"
    if balances[Purpose.REFUNDS_IN_FLIGHT] != -flying:
        yield f"{balances[Purpose.REFUNDS_IN_FLIGHT]} is on its way back, and not {flying}"


def _refunds(node: Node, payment: Payment) -> list[Refund]:
    return [each for each in node.refunds if each.payment_no == payment.payment_no]
