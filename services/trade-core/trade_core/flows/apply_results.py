"""Channels have spoken: a batch of their words is applied in one transaction.

What cannot be true is parked while its neighbours are applied; a batch that comes again changes
nothing.
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
from trade_core.domain.dossier import Dossier
from trade_core.domain.errors import ImpossibleResult, ResultRefused
from trade_core.domain.hearing import hear_payment, hear_refund
from trade_core.domain.splitting import hear_split
from trade_core.flows.aftermath import committed
from trade_core.flows.again import read_again
from trade_core.flows.deps import Deps
from trade_core.store import dead_letters, dossiers, saving

ResultT = TypeVar("ResultT", bound=Data)

Refused = Sequence[DeadRecord]
"""The words that cannot be true, each with the reason; they are parked when this is returned."""


@dataclass(frozen=True, slots=True)
class Heard(Generic[ResultT]):
    """A result, and the record it came in."""

    record: Record
    event: CloudEvent[ResultT]


AnyHeard = Heard[PaymentResult] | Heard[RefundResult] | Heard[SplitResult]


def decode(record: Record) -> AnyHeard:
    """Raises ValueError for what is not a result. What is said of splits comes by the payments'
    topic."""
    if record.headers.get("ce_type") == SPLIT_RESULT:
        return Heard(record, SplitResultRecord.model_validate_json(record.value))
    if record.topic == topics.PAYMENT_RESULTS:
        return Heard(record, PaymentResultRecord.model_validate_json(record.value))
    return Heard(record, RefundResultRecord.model_validate_json(record.value))


@read_again
async def apply_payment_results(deps: Deps, heard: Sequence[Heard[PaymentResult]]) -> Refused:
    """What channels said of payments, in the order in which it came."""

    def hear(dossier: Dossier, event: CloudEvent[PaymentResult]) -> None:
        late = deps.late_payment(dossier.order.app_id)
        hear_payment(dossier, event.data, said_at=event.time, late=late)

    numbers = [item.event.data.payment_no for item in heard]
    async with deps.db.transaction() as tx:
        opened = await dossiers.by_payments(tx, set(numbers), clock=deps.clock)
        dead = _hear_each(heard, numbers, opened, hear)
        await _save(tx, deps, opened, dead)
    committed(deps, opened.values())
    return dead


@read_again
async def apply_refund_results(deps: Deps, heard: Sequence[Heard[RefundResult]]) -> Refused:
    """What channels said of refunds, in the order in which it came."""

    def hear(dossier: Dossier, event: CloudEvent[RefundResult]) -> None:
        hear_refund(dossier, event.data)

    numbers = [item.event.data.refund_no for item in heard]
    async with deps.db.transaction() as tx:
        opened = await dossiers.by_refunds(tx, set(numbers), clock=deps.clock)
        dead = _hear_each(heard, numbers, opened, hear)
        await _save(tx, deps, opened, dead)
    committed(deps, opened.values())
    return dead


@read_again
async def apply_split_results(deps: Deps, heard: Sequence[Heard[SplitResult]]) -> Refused:
    """What channels said of splits, in the order in which it came."""

    def hear(dossier: Dossier, event: CloudEvent[SplitResult]) -> None:
        hear_split(dossier, event.data)

    numbers = [item.event.data.split_no for item in heard]
    async with deps.db.transaction() as tx:
        opened = await dossiers.by_splits(tx, set(numbers), clock=deps.clock)
        dead = _hear_each(heard, numbers, opened, hear)
        await _save(tx, deps, opened, dead)
    committed(deps, opened.values())
    return dead


def _hear_each(
    heard: Sequence[Heard[ResultT]],
    numbers: Sequence[str],
    opened: Mapping[str, Dossier],
    hear: Callable[[Dossier, CloudEvent[ResultT]], None],
) -> list[DeadRecord]:
    """The words that cannot be true are answered; nothing has changed by them."""
    dead: list[DeadRecord] = []
    for item, number in zip(heard, numbers, strict=True):
        try:
            hear(_dossier_of(opened, number, item.event.traceparent), item.event)
        except ResultRefused as refusal:
            dead.append(DeadRecord(item.record, str(refusal)))
    return dead


def _dossier_of(opened: Mapping[str, Dossier], number: str, traceparent: str | None) -> Dossier:
    if number not in opened:
        raise ImpossibleResult(f"nobody here knows {number}")
    opened[number].traceparent = traceparent
    return opened[number]


async def _save(
    tx: Tx, deps: Deps, opened: Mapping[str, Dossier], dead: Sequence[DeadRecord]
) -> None:
    await saving.save(tx, opened.values())
    await dead_letters.park(tx, dead, at=deps.clock())
