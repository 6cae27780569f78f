"""Results of channels come by Kafka or, where it is away, by HTTP: both ways are applied here."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Final, TypeVar
from zlib import crc32

from chassis.consumer import DeadRecord, Record
from contracts.events.results import PaymentResult, PaymentWord, RefundResult, SplitResult
from contracts.internal import ResultRecord, ResultsReceipt
from trade_core.flows import dead_letters
from trade_core.flows.apply_results import (
    AnyReceived,
    Received,
    Refused,
    apply_payment_results,
    apply_refund_results,
    apply_split_results,
    decode,
)
from trade_core.flows.deps import Deps

ResultT = TypeVar("ResultT", PaymentResult, RefundResult, SplitResult)

PARTS: Final = 4
WORTH_A_PART: Final = 40

NO_PARTITION: Final = -1
"""Of a record that came by HTTP; its offset is then a hash, the same however often it comes."""


async def take(deps: Deps, records: Sequence[ResultRecord]) -> ResultsReceipt:
    """Apply what came by HTTP as if it came by Kafka; all of it is durable when this returns."""
    received: list[AnyReceived] = []
    unreadable: list[DeadRecord] = []
    for record in map(_record_of, records):
        try:
            received.append(decode(deps, record))
        except ValueError as error:
            unreadable.append(DeadRecord(record, repr(error)[: dead_letters.MAX_ERROR_CHARS]))
    if unreadable:
        await dead_letters.keep(deps, unreadable)
    refused = await apply_batch(deps, received)
    return ResultsReceipt(dead_letters=len(unreadable) + refused)


async def apply_batch(deps: Deps, batch: Sequence[AnyReceived]) -> int:
    """Apply a batch; answers how many of its words became dead letters."""
    payments: list[Received[PaymentResult]] = []
    refunds: list[Received[RefundResult]] = []
    splits: list[Received[SplitResult]] = []
    for item in batch:
        match item.event.data:
            case PaymentWord():
                payments.append(item)
            case RefundResult():
                refunds.append(item)
            case SplitResult():
                splits.append(item)
    tasks: list[asyncio.Task[Refused]] = []
    async with asyncio.TaskGroup() as parts:
        start = parts.create_task
        tasks += [start(apply_payment_results(deps, part)) for part in _parts(payments)]
        tasks += [start(apply_refund_results(deps, part)) for part in _parts(refunds)]
        tasks += [start(apply_split_results(deps, part)) for part in _parts(splits)]
    return sum(len(task.result()) for task in tasks)


def _parts(batch: Sequence[Received[ResultT]]) -> Sequence[Sequence[Received[ResultT]]]:
    """Parts of a batch that are applied side by side: while one waits for the database, the other
    computes. What is said of one payment stays in one part, in its order."""
    count = min(PARTS, len(batch) // WORTH_A_PART)
    if count < 2:
        return [batch] if batch else []
    parts: list[list[Received[ResultT]]] = [[] for _ in range(count)]
    for item in batch:
        parts[crc32((item.record.key or "").encode()) % count].append(item)
    return parts


def _record_of(record: ResultRecord) -> Record:
    digest = hashlib.sha256(f"{record.topic}\n{record.key}\n{record.value}".encode()).digest()
    return Record(
        topic=record.topic,
        partition=NO_PARTITION,
        offset=int.from_bytes(digest[:8]) >> 1,
        key=record.key,
        value=record.value.encode(),
        headers=record.headers,
        timestamp_ms=0,
    )
