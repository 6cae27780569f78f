"""All that is known of an order, from everywhere, for its page; and what people have done to it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from chassis.problems import Forwarded, Overloaded, Problem
from contracts.api import (
    OrderStatus,
    OrderSummary,
    PaymentStatus,
    RefundCause,
    RefundStatus,
    SplitStatus,
    SplitView,
)
from contracts.events.orders import CALLBACK_TYPES
from contracts.internal import (
    CloseOrderById,
    FoundDelivery,
    OrderOnFile,
    PaymentInBooks,
    RefundOnFile,
)
from merchant_admin.domain import timeline
from merchant_admin.domain.approvals import Approval
from merchant_admin.domain.audit import Actor, AuditEntry
from merchant_admin.domain.projection import PastEvent
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.search import FoundOrder, SplitSearch, Tried, less_refunds
from merchant_admin.domain.timeline import CallbackAttempt, Line
from merchant_admin.flows import callbacks
from merchant_admin.flows.audited_call import AuditedCall, call_audited
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.refund_as_shown import amount_taken, sum_waiting
from merchant_admin.flows.refunds import MOST_WAITING
from merchant_admin.store import audit, history, splits, views
from merchant_admin.store import search as store
from merchant_admin.store.approvals import list_waiting_refunds

log = structlog.get_logger()

MAX_EVENTS: Final = 500
MAX_SHOWN: Final = 100
MAX_CALLBACKS: Final = 12
"""The notifier is asked about each by itself; an order has four of them as a rule."""

OPEN: Final = frozenset({PaymentStatus.INITIATING, PaymentStatus.PENDING, PaymentStatus.UNKNOWN})


BY_ITSELF: Final = frozenset({RefundCause.DUPLICATE, RefundCause.LATE})
"""Why money goes back that never paid an order."""


@dataclass(frozen=True, slots=True)
class OrderStory:
    """`is_newest`: as trade-core has it now; else as its events have told it so far, without what
    is reserved and claimed. `waiting`: refunds that a second person has to agree to. `deliveries`
    is None while the notifier does not answer."""

    order_id: str
    app_id: str
    order: OrderSummary
    payments: Sequence[PaymentInBooks]
    refunds: Sequence[RefundOnFile]
    splits: Sequence[SplitView]
    deliveries: Sequence[FoundDelivery] | None
    lines: Sequence[Line]
    waiting: Sequence[Approval]
    is_newest: bool

    @property
    def amount_reserved(self) -> int:
        return sum(payment.amount_reserved for payment in self.payments)

    @property
    def amount_left(self) -> int:
        return sum(payment.amount_left for payment in self.payments)

    def waiting_of(self, payment_no: str) -> list[Approval]:
        return [one for one in self.waiting if one.asked.subject == payment_no]

    def amount_free(self, payment: PaymentInBooks) -> int:
        """What is left of it beside what waits."""
        return max(payment.amount_left - sum_waiting(self.waiting_of(payment.payment_no)), 0)

    def amount_taken(self, payment: PaymentInBooks) -> int:
        """What a form that asks for a refund shows of others."""
        return amount_taken(payment, self.waiting_of(payment.payment_no))

    @property
    def stranded(self) -> list[PaymentInBooks]:
        """What a channel took that never paid the order and did not go back: its refund failed."""
        failed = {
            each.payment_no
            for each in self.refunds
            if each.status is RefundStatus.FAILED
            and (each.cause in BY_ITSELF or not self.order.amount_paid)
        }
        return [
            payment
            for payment in self.payments
            if payment.payment_no in failed
            and payment.status is PaymentStatus.SUCCEEDED
            and payment.amount_left
        ]

    @property
    def shown_status(self) -> str:
        """As `FoundOrder` has it, of the payments as they are now."""
        is_checked = any(each.status is PaymentStatus.CONFLICTED for each in self.payments)
        order = self.order
        if is_checked and order.status is not OrderStatus.PAID:
            return PaymentStatus.CONFLICTED
        return less_refunds(order.status, order.amount_paid, order.amount_refunded)

    def shown_status_of(self, payment: PaymentInBooks) -> str:
        return less_refunds(payment.status, payment.amount, payment.amount_refunded)

    @property
    def is_open(self) -> bool:
        """Whether a channel still has something to say."""
        return (
            any(payment.status in OPEN for payment in self.payments)
            or any(refund.status is RefundStatus.PROCESSING for refund in self.refunds)
            or any(split.status is SplitStatus.PROCESSING for split in self.splits)
        )

    @property
    def can_be_closed(self) -> bool:
        return self.order.status is OrderStatus.OPEN

    def failing(self) -> list[FoundDelivery]:
        return [one for one in self.deliveries or () if one.state != "delivered"]


async def read(deps: Deps, order_id: str, scope: Scope) -> OrderStory:
    """Raises NoSuch, also for an order that has not arrived here yet."""
    async with deps.db.transaction() as tx:
        found = await store.get_order(tx, order_id, scope)
        events = await history.list_of_order(tx, order_id, MAX_EVENTS)
        event_ids = [event.event_id for event in events if event.type in CALLBACK_TYPES]
        known = await views.list_tried(tx, event_ids)
    async with asyncio.TaskGroup() as questions:
        on_file = questions.create_task(find_on_file(deps, order_id))
        tried = questions.create_task(_find_deliveries(deps, scope, event_ids[-MAX_CALLBACKS:]))
    books = on_file.result() or await _from_events(deps, found, scope)
    numbers = {order_id, *event_ids, *_numbers(books)}
    async with deps.db.connection() as tx:
        written = await audit.list_of_entities(tx, sorted(numbers), MAX_EVENTS)
        payment_nos = [payment.payment_no for payment in books.payments]
        waiting = await list_waiting_refunds(tx, payment_nos, deps.clock(), MOST_WAITING)
    attempts = _attempts(events, tried.result() or (), known)
    return _story(
        books,
        events,
        tried.result(),
        attempts,
        written,
        waiting=waiting,
        is_newest=on_file.result() is not None,
    )


async def find_on_file(deps: Deps, order_id: str) -> OrderOnFile | None:
    """As trade-core has it; None while it does not answer."""
    try:
        return await deps.trade_core.get(OrderOnFile, f"/internal/orders-on-file/{order_id}")
    except (Forwarded, Overloaded) as problem:
        log.info("order.not_read", order_id=order_id, code=problem.code)
        return None


async def ask(deps: Deps, actor: Actor, order_id: str, scope: Scope) -> OrderOnFile:
    """Have the channels asked now. Raises NoSuch, Forwarded."""
    await _require(deps, order_id, scope)
    call = AuditedCall("order.asked", order_id, f"orders-on-file/{order_id}/ask")
    return await call_audited(deps, deps.trade_core, actor, OrderOnFile, call)


async def close(deps: Deps, actor: Actor, order_id: str, scope: Scope) -> OrderOnFile:
    """Close what is unpaid, at the channels too. Raises NoSuch, Forwarded."""
    await _require(deps, order_id, scope)
    request = CloseOrderById(closed_by=actor.username)
    path = f"orders-on-file/{order_id}/close"
    call = AuditedCall("order.closed", order_id, path, request)
    return await call_audited(deps, deps.trade_core, actor, OrderOnFile, call)


async def _require(deps: Deps, order_id: str, scope: Scope) -> None:
    async with deps.db.connection() as tx:
        await store.get_order(tx, order_id, scope)


async def _find_deliveries(
    deps: Deps, scope: Scope, event_ids: Sequence[str]
) -> list[FoundDelivery] | None:
    async def of(event_id: str) -> Sequence[FoundDelivery]:
        page = await callbacks.find(deps, scope, {"event_id": event_id, "limit": 20})
        return page.items

    try:
        found = [await asyncio.gather(*map(of, event_ids))] if event_ids else []
    except Problem as problem:
        log.info("deliveries.not_read", code=problem.code)
        return None
    return [one for pages in found for page in pages for one in page]


async def _from_events(deps: Deps, found: FoundOrder, scope: Scope) -> OrderOnFile:
    """The order as its events have told it: without what only trade-core knows."""
    order_id = found.order_id
    async with deps.db.transaction() as tx:
        payments = await store.list_payments_of_order(tx, order_id, scope)
        refunds = await store.list_refunds_of_order(tx, order_id, scope)
        parts = [
            part
            for payment in payments
            for part in await splits.list_splits(
                tx, SplitSearch(scope, payment_no=payment.payment.payment_no, limit=MAX_SHOWN)
            )
        ]
    return OrderOnFile(
        order_id=order_id,
        app_id=found.app_id,
        order=found.order,
        payments=[
            PaymentInBooks(
                **one.payment.model_dump(),
                amount_reserved=0,
                amount_left=0,
                amount_split=0,
                claim=None,
            )
            for one in payments
        ],
        refunds=[RefundOnFile(**one.refund.model_dump(), version=0) for one in refunds],
        splits=[part.split for part in parts],
        entries=[],
        decisions=[],
        calls=[],
    )


def _story(
    books: OrderOnFile,
    events: Sequence[PastEvent],
    deliveries: Sequence[FoundDelivery] | None,
    attempts: Sequence[CallbackAttempt],
    written: Sequence[AuditEntry],
    *,
    waiting: Sequence[Approval],
    is_newest: bool,
) -> OrderStory:
    return OrderStory(
        order_id=books.order_id,
        app_id=books.app_id,
        order=books.order,
        payments=books.payments,
        refunds=books.refunds,
        splits=books.splits,
        deliveries=deliveries,
        lines=timeline.lines(
            events=events,
            calls=books.calls,
            attempts=attempts,
            entries=books.entries,
            decisions=books.decisions,
            audit=written,
        ),
        waiting=waiting,
        is_newest=is_newest,
    )


def _attempts(
    events: Sequence[PastEvent],
    deliveries: Sequence[FoundDelivery],
    known: Mapping[str, Sequence[Tried]],
) -> list[CallbackAttempt]:
    """As the notifier has them now, and as its events have told them: of callbacks that it was not
    asked about, and while it does not answer."""
    types = {event.event_id: event.type for event in events}
    read_back = {
        (event_id, tried.at): CallbackAttempt(event_id, types[event_id], tried)
        for event_id, attempts in known.items()
        for tried in attempts
    }
    on_file = {
        (one.event_id, attempt.at): CallbackAttempt(
            one.event_id,
            one.type,
            Tried(attempt.at, attempt.status, attempt.error, attempt.latency_ms),
        )
        for one in deliveries
        for attempt in one.attempts
    }
    return list({**read_back, **on_file}.values())


def _numbers(books: OrderOnFile) -> list[str]:
    return [
        *(payment.payment_no for payment in books.payments),
        *(refund.refund_no for refund in books.refunds),
        *(split.split_no for split in books.splits),
    ]
