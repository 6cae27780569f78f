"""What was told of it all: everything, once by its id, in order, and nothing impossible."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from tests.simulation.centre_books import Books
from tests.simulation.features import Feature
from tests.simulation.process import SKEW
from tests.simulation.truth import Truth

from contracts.api import Method, SplitStatus
from contracts.events.orders import CALLBACK_TYPES, OrderEventRecord, OrderEventType

NEXT: Final[Mapping[str, set[str]]] = {
    "created": {"pending", "unknown", "succeeded", "failed", "closed", "conflicted"},
    "pending": {"pending", "unknown", "succeeded", "failed", "closed", "conflicted"},
    "unknown": {"pending", "succeeded", "failed", "closed", "conflicted"},
    "failed": {"succeeded", "conflicted"},
    "closed": {"succeeded", "conflicted"},
    "succeeded": set(),
    "conflicted": {"succeeded", "failed", "closed"},
}
"""What may be told of a payment after what, written down apart from the program's tables."""


def every_event_comes_once(books: Books, all_events: list[OrderEventRecord]) -> Iterator[str]:
    """Each event of an order has one id, however often it was delivered; none is missing."""
    ids: dict[tuple[str, int], set[str]] = defaultdict(set)
    for event in all_events:
        ids[event.data.order_id, event.data.sequence].add(event.id)
    true = {
        (order.order_id, sequence)
        for order in books.orders.values()
        for sequence in range(1, order.version + 1)
    }
    for order_id, sequence in sorted(true | ids.keys()):
        count = len(ids[order_id, sequence])
        if (order_id, sequence) not in true:
            yield f"event {sequence} of order {order_id} was told and is not true"
        elif count != 1:
            yield f"event {sequence} of order {order_id} has {count} ids"


def every_end_is_an_event(books: Books, all_events: list[OrderEventRecord]) -> Iterator[str]:
    """The same end again only after another one: what was closed is in conflict, and all goes back;
    a refund bounces, and arrives in the end."""
    histories: dict[str, dict[int, str]] = defaultdict(dict)
    for event in all_events:
        if event.type in CALLBACK_TYPES:
            histories[event.subject][event.data.sequence] = event.type
    for subject, history in histories.items():
        kinds = [history[sequence] for sequence in sorted(history)]
        for kind, following in pairwise(kinds):
            if kind == following:
                yield f"{kind} of {subject} was told twice in a row"
    ends = [
        *((each.payment_no, f"payment.{each.state}") for each in books.payments.values()),
        *((each.refund_no, f"refund.{each.state}") for each in books.refunds.values()),
        *(
            (each.split_no, f"split.{each.state}")
            for each in books.splits.values()
            if each.state is not SplitStatus.PROCESSING
        ),
    ]
    for number, kind in ends:
        if kind not in histories.get(number, {}).values():
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


def history_is_legal(all_events: list[OrderEventRecord]) -> Iterator[str]:
    histories: dict[str, dict[int, str]] = defaultdict(dict)
    for event in all_events:
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


def nothing_is_paid_after_its_reversal(books: Books, truth: Truth) -> Iterator[str]:
    """What our own close gave back ended as closed; no older word makes it paid (later-wins)."""
    closed: dict[str, datetime] = {}
    for event in sorted(books.published, key=lambda event: event.data.sequence):
        account = event.data.payment.payment_id if event.data.payment else None
        trade = truth.trades.get((account or "", event.subject))
        if trade is None or trade.reversed_at is None:
            continue
        if event.type == OrderEventType.PAYMENT_CLOSED:
            closed[event.subject] = event.time
        since = closed.get(event.subject)
        is_paid = event.type == OrderEventType.PAYMENT_SUCCEEDED
        if is_paid and since is not None and since >= trade.reversed_at:
            yield f"{event.subject} was given back by our close, and was told as paid then"


def ends_had_come(books: Books, truth: Truth) -> Iterator[str]:
    """No end of a payment is told before it has come at the channel, were it to come later."""
    for event in {event.id: event for event in books.published}.values():
        account = event.data.payment.payment_id if event.data.payment else None
        trade = truth.trades.get((account or "", event.subject))
        told_at = event.time + (2 * SKEW if Feature.SKEW in truth.features else timedelta())
        match event.type:
            case OrderEventType.PAYMENT_SUCCEEDED:
                is_true = trade is not None and _has_come(trade.paid_at, told_at)
            case OrderEventType.PAYMENT_CLOSED:
                is_true = trade is None or _is_link(event) or _has_come(trade.over_at, told_at)
            case OrderEventType.PAYMENT_FAILED:
                is_refused = event.subject in truth.declined or not _is_link(event)
                is_true = event.subject in truth.decided or (trade is None and is_refused)
            case _:
                continue
        if not is_true:
            yield f"{event.type} of {event.subject} was told at {event.time}, and was not so"


def _is_link(event: OrderEventRecord) -> bool:
    """Whether we sent the channel nothing: the payer carries it there, were it after our close."""
    return event.data.payment is not None and event.data.payment.method == Method.H5


def _has_come(at: datetime | None, told_at: datetime) -> bool:
    return at is not None and at <= told_at
