"""What Kafka does not take comes by HTTP: durable before the answer, and once however often."""

import asyncio
from typing import Any

import pytest
from tests.integration.trade_core.desk import Desk, paid, waits

from contracts import topics
from contracts.events.results import PaymentResult
from contracts.internal import ResultRecord
from trade_core.flows.take_results import apply_batch, take


def by_http(desk: Desk, said: PaymentResult, **changes: Any) -> ResultRecord:
    record = desk.received(said).record
    sent = {
        "topic": record.topic,
        "key": record.key,
        "value": record.value.decode(),
        "headers": record.headers,
    }
    return ResultRecord.model_validate({**sent, **changes})


async def test_a_result_by_http_is_applied_before_the_answer(desk: Desk) -> None:
    payment = (await desk.open()).payment

    receipt = await take(desk.deps, [by_http(desk, waits(payment)), by_http(desk, paid(payment))])

    assert receipt.dead_letters == 0
    assert await desk.state(payment) == "succeeded"


async def test_the_same_result_by_both_roads_is_told_once(desk: Desk) -> None:
    payment = await desk.opened()
    word = desk.received(paid(payment))
    record = ResultRecord(
        topic=topics.PAYMENT_RESULTS,
        key=payment.payment_no,
        value=word.record.value.decode(),
        headers=word.record.headers,
    )
    await asyncio.gather(
        take(desk.deps, [record]), apply_batch(desk.deps, [word]), take(desk.deps, [record])
    )
    told = await desk.told()
    assert told.count("payment.succeeded") == 1


@pytest.mark.parametrize("value", ["", "{}", '{"specversion":"1.0"}', "\ufffd"])
async def test_what_cannot_be_read_is_kept_and_its_neighbours_are_applied(
    desk: Desk, value: str
) -> None:
    payment = await desk.opened()
    unreadable = by_http(desk, paid(payment), value=value)

    for _ in range(2):
        receipt = await take(desk.deps, [unreadable, by_http(desk, paid(payment))])
        assert receipt.dead_letters == 1

    assert await desk.state(payment) == "succeeded"
    (kept,) = await desk.rows("select topic, key, value from dead_event")
    assert (kept["topic"], kept["value"]) == (topics.PAYMENT_RESULTS, value.encode())
