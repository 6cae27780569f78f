"""Kafka is the road for what channels say; where it is away, trade-core takes it by HTTP."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from tests.record_keys import stamp
from tests.unit.gateway.harness import FakeProducer, FakeService

from chassis.background import Unbroken
from chassis.problems import Overloaded
from chassis.producer import Message, NotPublished
from contracts.events.results import PaymentPending, PaymentResultRecord, Source
from contracts.internal import ResultsReceipt, TakeResults
from gateway.outgoing.results import Results

WORD = PaymentPending(payment_no="P1", payment_id="C1", channel="fake", source=Source.QUERY)


class StuckProducer(FakeProducer):
    """Answers when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.is_let = asyncio.Event()

    async def attempt(self, messages: Sequence[Message]) -> list[NotPublished | None]:
        await self.is_let.wait()
        return await super().attempt(messages)


def trade_core(*, is_up: bool = True) -> FakeService:
    def take(_: Any) -> ResultsReceipt:
        if not is_up:
            raise Overloaded("away")
        return ResultsReceipt(dead_letters=0)

    return FakeService({("POST", "/internal/results"): take})


def handed(core: FakeService) -> list[str]:
    """The keys of what was handed over."""
    return [
        record.key
        for _, _, body in core.asked
        if isinstance(body, TakeResults)
        for record in body.records
    ]


async def test_what_kafka_takes_goes_no_other_way() -> None:
    producer, core = FakeProducer(), trade_core()
    await Results(producer, core, Unbroken(), stamp=stamp).publish(WORD)
    assert ([m.key for m in producer.taken], handed(core)) == (["P1"], [])


async def test_what_kafka_refuses_is_handed_over_as_the_same_record() -> None:
    producer, core = FakeProducer(), trade_core()
    road = Results(producer, core, Unbroken(), stamp=stamp)
    await road.publish(WORD)
    producer.is_down = True
    await road.publish(WORD)
    ((_, _, body),) = core.asked
    (record,), (by_kafka,) = body.records, producer.taken
    assert (record.topic, record.headers.keys()) == (by_kafka.topic, by_kafka.headers.keys())
    assert PaymentResultRecord.model_validate_json(record.value).data == WORD


async def test_a_kafka_that_does_not_answer_is_not_waited_for() -> None:
    producer, core, unbroken = StuckProducer(), trade_core(), Unbroken()
    road = Results(producer, core, unbroken, stamp=stamp, kafka_limit_s=0)
    await road.publish(WORD)
    await road.publish(WORD)
    assert handed(core) == ["P1", "P1"]
    assert len(unbroken) == 2  # Kafka gets both all the same.
    producer.is_let.set()
    await unbroken.drain()
    assert len(producer.taken) == 2


async def test_what_neither_takes_is_not_acknowledged() -> None:
    producer, core = FakeProducer(), trade_core(is_up=False)
    producer.is_down = True
    with pytest.raises(NotPublished):
        await Results(producer, core, Unbroken(), stamp=stamp).publish(WORD)


async def test_kafka_is_enough_where_trade_core_does_not_answer() -> None:
    producer, core = FakeProducer(), trade_core(is_up=False)
    road = Results(producer, core, Unbroken(), stamp=stamp)
    producer.is_down = True
    with pytest.raises(NotPublished):
        await road.publish(WORD)
    producer.is_down = False
    await road.publish(WORD)
    assert [m.key for m in producer.taken] == ["P1"]
