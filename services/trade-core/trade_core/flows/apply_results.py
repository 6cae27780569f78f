"""Channels have spoken: a batch of their words is applied in one transaction.

What cannot be true becomes a dead letter while its neighbours are applied; a batch that comes again
changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog

from chassis import logs, tracing
from chassis.consumer import DeadRecord, Record
from chassis.database import Tx
from contracts import topics
from contracts.events.alerts import Alert
from contracts.events.channel_calls import ChannelCall
from contracts.events.envelope import CloudEvent
from contracts.events.orders import SOURCE
from contracts.events.results import (
    SPLIT_RESULT,
    PaymentResult,
    PaymentResultRecord,
    RefundResult,
    RefundResultRecord,
    SplitResult,
    SplitResultRecord,
    Verdict,
)
from contracts.identifiers import is_id
from contracts.text import clean_json
from foundation import dead_letters
from trade_core.domain import moved_outside, operator_alerts
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.apply_refund_result import apply_refund_result
from trade_core.domain.apply_result import apply_payment_result
from trade_core.domain.plausible import plausible
from trade_core.domain.refused_results import ImpossibleResult, ResultRefused
from trade_core.domain.splitting import apply_split_result
from trade_core.domain.trade_numbers import TradeNumber, TradeNumbers
from trade_core.flows.after_commit import committed
from trade_core.flows.deps import Deps
from trade_core.flows.retry import retry_or_blame
from trade_core.store import aggregates, channel_calls, reading, saving, statement_rows, traces
from trade_core.store.channel_calls import QuietCall
from trade_core.store.concurrency import TradeNumberTaken

log = structlog.get_logger()

ResultT = TypeVar("ResultT", PaymentResult, RefundResult, SplitResult)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A word that was not applied, and what people hear of it."""

    record: Record
    error: str
    alert: Alert


Refused = Sequence[Refusal]
"""The words that were not applied; they are dead letters when this is returned."""


@dataclass(frozen=True, slots=True)
class Received(Generic[ResultT]):
    """A result, and the record it came in."""

    record: Record
    event: CloudEvent[ResultT]


AnyReceived = Received[PaymentResult] | Received[RefundResult] | Received[SplitResult]


def decode(deps: Deps, record: Record) -> AnyReceived:
    """Raises Unproven for what the gateway did not write, ValueError for what is not a result. What
    is said of splits comes by the payments' topic."""
    deps.check_proof(record)
    value = clean_json(record.value)
    if record.headers.get("ce_type") == SPLIT_RESULT:
        return Received(record, plausible(SplitResultRecord.model_validate_json(value)))
    if record.topic == topics.PAYMENT_RESULTS:
        return Received(record, plausible(PaymentResultRecord.model_validate_json(value)))
    return Received(record, plausible(RefundResultRecord.model_validate_json(value)))


@retry_or_blame
async def apply_payment_results(deps: Deps, received: Sequence[Received[PaymentResult]]) -> Refused:
    """What channels said of payments, in the order in which it came.

    Whether a trade number is another payment's is asked only when the database has refused one:
    that costs a batch nothing as long as there is none.
    """
    try:
        return await _apply_payment_results(deps, received, look_for_trades=False)
    except TradeNumberTaken as taken:
        log.warning("result.trade_number_taken", detail=str(taken))
    return await _apply_payment_results(deps, received, look_for_trades=True)


async def _apply_payment_results(
    deps: Deps, received: Sequence[Received[PaymentResult]], *, look_for_trades: bool
) -> Refused:
    trades = TradeNumbers({})

    def apply(aggregate: OrderAggregate, event: CloudEvent[PaymentResult]) -> None:
        late = deps.late_payment(aggregate.order.app_id)
        apply_payment_result(aggregate, event.data, said_at=event.time, late=late, trades=trades)

    numbers = [item.event.data.payment_no for item in received]
    async with deps.db.transaction() as tx:
        opened = await aggregates.by_payments(tx, set(numbers))
        if look_for_trades:
            trades = TradeNumbers(await reading.trade_numbers(tx, _trades_named(received)))
        await _know_refunds(tx, opened, [item.event.data for item in received])
        refused = await _apply(tx, deps, opened, zip(numbers, received, strict=True), apply)
    committed(deps, opened.values())
    return refused


async def apply_refund_results(deps: Deps, received: Sequence[Received[RefundResult]]) -> Refused:
    """What channels said of refunds, in the order in which it came; also of those under numbers
    that are not ours, or that our books have lost."""
    ours = [item for item in received if is_id("refund", item.event.data.refund_no)]
    foreign = [item for item in received if not is_id("refund", item.event.data.refund_no)]
    refused, lost = await _apply_own_refunds(deps, ours) if ours else ([], [])
    foreign = [*foreign, *lost]
    return [*refused, *await _apply_foreign_refunds(deps, foreign)] if foreign else refused


@retry_or_blame
async def _apply_own_refunds(
    deps: Deps, received: Sequence[Received[RefundResult]]
) -> tuple[Refused, Sequence[Received[RefundResult]]]:
    """Answers what was refused, and what has succeeded and is not known here: such refunds were
    made after the moment to which the database was restored."""

    def apply(aggregate: OrderAggregate, event: CloudEvent[RefundResult]) -> None:
        apply_refund_result(aggregate, event.data, time=event.time)

    numbers = [item.event.data.refund_no for item in received]
    async with deps.db.transaction() as tx:
        opened = await aggregates.by_refunds(tx, set(numbers))
        lost = [item for item in received if _is_lost(item.event.data, opened)]
        received = [item for item in received if not _is_lost(item.event.data, opened)]
        numbers = [item.event.data.refund_no for item in received]
        await _know_refunds_beside(tx, opened, [item.event.data for item in received])
        refused = await _apply(tx, deps, opened, zip(numbers, received, strict=True), apply)
    committed(deps, opened.values())
    return refused, lost


def _is_lost(result: RefundResult, opened: Mapping[str, OrderAggregate]) -> bool:
    return result.refund_no not in opened and result.verdict is Verdict.SUCCEEDED


@retry_or_blame
async def _apply_foreign_refunds(deps: Deps, received: Sequence[Received[RefundResult]]) -> Refused:
    def apply(aggregate: OrderAggregate, event: CloudEvent[RefundResult]) -> None:
        moved_outside.apply_foreign_refund(aggregate, event.data, event.time)

    numbers = [item.event.data.payment_no for item in received]
    async with deps.db.transaction() as tx:
        opened = await aggregates.by_payments(tx, set(numbers))
        await aggregates.know_refunds(tx, opened.values(), set(numbers))
        refused = await _apply(tx, deps, opened, zip(numbers, received, strict=True), apply)
        words = [item.event.data for item in received]
        await statement_rows.note_failed(tx, filter(moved_outside.came_to_nothing, words))
    committed(deps, opened.values())
    return refused


@retry_or_blame
async def apply_split_results(deps: Deps, received: Sequence[Received[SplitResult]]) -> Refused:
    """What channels said of splits, in the order in which it came."""

    def apply(aggregate: OrderAggregate, event: CloudEvent[SplitResult]) -> None:
        apply_split_result(aggregate, event.data)

    numbers = [item.event.data.split_no for item in received]
    async with deps.db.transaction() as tx:
        opened = await aggregates.by_splits(tx, set(numbers))
        refused = await _apply(tx, deps, opened, zip(numbers, received, strict=True), apply)
    committed(deps, opened.values())
    return refused


async def _know_refunds(
    tx: Tx, opened: Mapping[str, OrderAggregate], results: Sequence[PaymentResult]
) -> None:
    """Of the payments of which something went back."""
    refunded = {each.payment_no for each in results if moved_outside.speaks_of_refunds(each)}
    if known := [opened[number] for number in refunded & opened.keys()]:
        await aggregates.know_refunds(tx, known, refunded)


async def _know_refunds_beside(
    tx: Tx, opened: Mapping[str, OrderAggregate], results: Sequence[RefundResult]
) -> None:
    """Of the payments of which a word about money that went back is held, or comes now, and of
    those whose refunds go one after the other."""
    spoken_of = {
        opened[each.refund_no].refunds[each.refund_no].payment_no
        for each in results
        if each.refund_no in opened and (each.amount_refunded, each.pause_s) != (None, None)
    }
    concerned = {
        payment.payment_no: aggregate
        for aggregate in opened.values()
        for payment in aggregate.payments.values()
        if payment.held_words or payment.payment_no in spoken_of
    }
    if concerned:
        await aggregates.know_refunds(tx, concerned.values(), concerned)


def _trades_named(received: Sequence[Received[PaymentResult]]) -> set[TradeNumber]:
    words = (item.event.data for item in received)
    return {(one.payment_id, one.channel_trade_no) for one in words if one.channel_trade_no}


async def _apply(
    tx: Tx,
    deps: Deps,
    opened: Mapping[str, OrderAggregate],
    numbered: Iterable[tuple[str, Received[ResultT]]],
    apply: Callable[[OrderAggregate, CloudEvent[ResultT]], None],
) -> Refused:
    """Apply each to the order of its number, and write everything. Nothing has changed by what is
    refused; by what is quiet nothing either, and only the call is noted."""
    begun = await traces.find(tx, opened.keys())
    refused: list[Refusal] = []
    quiet: list[QuietCall] = []
    for number, item in numbered:
        try:
            with _traced(item.event, begun.get(number)):
                aggregate = _aggregate_of(opened, number, item.event)
                events_before = len(aggregate.events)
                apply(aggregate, item.event)
            if len(aggregate.events) == events_before:
                quiet.append(_quiet_call(aggregate, number, item.event))
        except ResultRefused as why:
            alert = operator_alerts.result_refused(item.event.data, why)
            refused.append(Refusal(item.record, str(why), alert))
    await saving.save(tx, opened.values())
    await channel_calls.add(tx, quiet)
    dead = [DeadRecord(each.record, each.error) for each in refused]
    raised = [each.alert for each in refused]
    await dead_letters.keep(tx, dead, raised, source=SOURCE, at=deps.clock())
    return refused


def _traced(event: CloudEvent[Any], begun: str | None) -> AbstractContextManager[object]:
    """What was asked for in one trace, and said by a channel in another, goes on in the first."""
    name, came_by = f"apply {event.type}", event.traceparent
    if begun is None or tracing.trace_id_of(begun) == tracing.trace_id_of(came_by):
        return tracing.hop(name, came_by, subject=event.subject)
    return tracing.hop(name, begun, came_by=came_by, subject=event.subject)


def _aggregate_of(
    opened: Mapping[str, OrderAggregate], number: str, event: CloudEvent[ResultT]
) -> OrderAggregate:
    if number not in opened:
        raise ImpossibleResult(f"nobody here knows {number}")
    opened[number].traceparent = logs.traceparent.get() or None
    opened[number].call = ChannelCall.of(event.data)
    return opened[number]


def _quiet_call(aggregate: OrderAggregate, number: str, event: CloudEvent[ResultT]) -> QuietCall:
    call = ChannelCall.of(event.data)
    return QuietCall(aggregate.order.order_id, number, event.time, call, event.traceparent)
