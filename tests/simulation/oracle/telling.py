"""What was told of it all: everything, once by its id, in order, and nothing impossible."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from tests.simulation.books import Books

from contracts.events.orders import CALLBACK_TYPES, OrderEventRecord

NEXT: Final[Mapping[str, set[str]]] = {
    "created": {"pending", "unknown", "succeeded", "failed", "closed", "conflicted"},
    "pending": {"pending", "unknown", "succeeded", "failed", "closed", "conflicted"},
    "unknown": {"pending", "succeeded", "failed", "closed", "conflicted"},
    "failed": {"succeeded", "conflicted"},
    "closed": {"succeeded", "conflicted"},
    "succeeded": set(),
    "conflicted": {"succeeded"},
}
"""What may be told of a payment after what (§4), written down apart from the program's tables."""


def everything_is_told_once(books: Books, told: list[OrderEventRecord]) -> Iterator[str]:
    """Each event of an order has one id, however often it was delivered; none is missing."""
    ids: dict[tuple[str, int], set[str]] = defaultdict(set)
    for event in told:
        ids[event.data.order_id, event.data.sequence].add(event.id)
    for order in books.orders.values():
        for sequence in range(1, order.version + 1):
            count = len(ids[order.order_id, sequence])
            if count != 1:
                yield f"event {sequence} of order {order.merchant_order_no} has {count} ids"


def every_end_is_told(books: Books, told: list[OrderEventRecord]) -> Iterator[str]:
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    for event in told:
        if event.type in CALLBACK_TYPES:
            ids[event.subject, event.type].add(event.id)
    for (subject, kind), different in ids.items():
        if len(different) > 1:
            yield f"{kind} of {subject} was told under {len(different)} ids"
    ends = [
        *((each.payment_no, f"payment.{each.state}") for each in books.payments.values()),
        *((each.refund_no, f"refund.{each.state}") for each in books.refunds.values()),
        *((each.split_no, f"split.{each.state}") for each in books.splits.values()),
    ]
    for number, kind in ends:
        if (number, kind) not in ids:
            yield f"nobody was told {kind} of {number}"


def orders_keep_their_order(books: Books) -> Iterator[str]:
    """What is published again is published in order, so the last time of each event counts."""
    last: dict[str, dict[int, int]] = defaultdict(dict)
    for place, event in enumerate(books.published):
        last[event.data.order_id][event.data.sequence] = place
    for order_id, places in last.items():
        by_sequence = [places[sequence] for sequence in sorted(places)]
        if by_sequence != sorted(by_sequence):
            yield f"events of order {order_id} were published out of order for good"


def history_is_legal(told: list[OrderEventRecord]) -> Iterator[str]:
    histories: dict[str, dict[int, str]] = defaultdict(dict)
    for event in told:
        if event.data.payment is not None:
            state = event.type.removeprefix("payment.")
            histories[event.subject][event.data.sequence] = state
    for number, history in histories.items():
        states = [history[sequence] for sequence in sorted(history)]
        if states[0] != "created":
            yield f"{number} began as {states[0]}"
        for was, state in pairwise(states):
            if state not in NEXT[was]:
                yield f"{number} went from {was} to {state}"
