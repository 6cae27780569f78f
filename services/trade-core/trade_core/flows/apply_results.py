"""Channels have spoken: a batch of their words is applied in one transaction.

What cannot be true becomes a dead letter while its neighbours are applied; a batch that comes again
changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from chassis.consumer import DeadRecord, Record
from chassis.database import Tx
from contracts import topics
from contracts.events.envelope import CloudEvent, Data
from contracts.events.results import (
    SPLIT_RESULT,
    PaymentResult,
    PaymentResultRecord,
    RefundResult,
    RefundResultRecord,
    SplitResult,
    SplitResultRecord,
)
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.apply_result import apply_payment_result, apply_refund_result
from trade_core.domain.errors import ImpossibleResult, ResultRefused
from trade_core.domain.splitting import apply_split_result
from trade_core.flows.after_commit import committed
from trade_core.flows.deps import Deps
from trade_core.flows.retry import retry_on_conflict
from trade_core.store import aggregates, dead_letters, saving

ResultT = TypeVar("ResultT", bound=Data)

Refused = Sequence[DeadRecord]
"""The words that cannot be true, each with the reason; dead letters when this is returned."""


@dataclass(frozen=True, slots=True)
class Received(Generic[ResultT]):
    """A result, and the record it came in."""

    record: Record
    event: CloudEvent[ResultT]


AnyReceived = Received[PaymentResult] | Received[RefundResult] | Received[SplitResult]


def decode(record: Record) -> AnyReceived:
    """Raises ValueError for what is not a result. What is said of splits comes by the payments'
    topic."""
    if record.headers.get("ce_type") == SPLIT_RESULT:
        return Received(record, SplitResultRecord.model_validate_json(record.value))
    if record.topic == topics.PAYMENT_RESULTS:
        return Received(record, PaymentResultRecord.model_validate_json(record.value))
    return Received(record, RefundResultRecord.model_validate_json(record.value))


@retry_on_conflict
async def apply_payment_results(deps: Deps, received: Sequence[Received[PaymentResult]]) -> Refused:
    """What channels said of payments, in the order in which it came."""

    def apply(aggregate: OrderAggregate, event: CloudEvent[PaymentResult]) -> None:
        late = deps.late_payment(aggregate.order.app_id)
        apply_payment_result(aggregate, event.data, said_at=event.time, late=late)

    numbers = [item.event.data.payment_no for item in received]
    async with deps.db.transaction() as tx:
        opened = await aggregates.by_payments(tx, set(numbers), clock=deps.clock)
        dead = _apply_each(received, numbers, opened, apply)
        await _save(tx, deps, opened, dead)
    committed(deps, opened.values())
    return dead


@retry_on_conflict
async def apply_refund_results(deps: Deps, received: Sequence[Received[RefundResult]]) -> Refused:
    """What channels said of refunds, in the order in which it came."""

    def apply(aggregate: OrderAggregate, event: CloudEvent[RefundResult]) -> None:
        apply_refund_result(aggregate, event.data)

    numbers = [item.event.data.refund_no for item in received]
    async with deps.db.transaction() as tx:
        opened = await aggregates.by_refunds(tx, set(numbers), clock=deps.clock)
        dead = _apply_each(received, numbers, opened, apply)
        await _save(tx, deps, opened, dead)
    committed(deps, opened.values())
    return dead


@retry_on_conflict
async def apply_split_results(deps: Deps, received: Sequence[Received[SplitResult]]) -> Refused:
    """What channels said of splits, in the order in which it came."""

    def apply(aggregate: OrderAggregate, event: CloudEvent[SplitResult]) -> None:
        apply_split_result(aggregate, event.data)

    numbers = [item.event.data.split_no for item in received]
    async with deps.db.transaction() as tx:
        opened = await aggregates.by_splits(tx, set(numbers), clock=deps.clock)
        dead = _apply_each(received, numbers, opened, apply)
        await _save(tx, deps, opened, dead)
    committed(deps, opened.values())
    return dead


def _apply_each(
    received: Sequence[Received[ResultT]],
    numbers: Sequence[str],
    opened: Mapping[str, OrderAggregate],
    apply: Callable[[OrderAggregate, CloudEvent[ResultT]], None],
) -> list[DeadRecord]:
    """The words that cannot be true are answered; nothing has changed by them."""
    dead: list[DeadRecord] = []
    for item, number in zip(received, numbers, strict=True):
        try:
            apply(_aggregate_of(opened, number, item.event.traceparent), item.event)
        except ResultRefused as refusal:
            dead.append(DeadRecord(item.record, str(refusal)))
    return dead


def _aggregate_of(
    opened: Mapping[str, OrderAggregate], number: str, traceparent: str | None
) -> OrderAggregate:
    if number not in opened:
        raise ImpossibleResult(f"nobody here knows {number}")
    opened[number].traceparent = traceparent
    return opened[number]


async def _save(
    tx: Tx, deps: Deps, opened: Mapping[str, OrderAggregate], dead: Sequence[DeadRecord]
) -> None:
    await saving.save(tx, opened.values())
    await dead_letters.keep(tx, dead, at=deps.clock())
