"""What Kafka does not take comes by HTTP: durable before the answer, and once however often."""

import asyncio
from typing import Any

import pytest
from tests.builders.trade_core import paid, waits
from tests.integration.trade_core.harness import Harness

from contracts import topics
from contracts.events.results import PaymentResult
from contracts.internal import ResultRecord
from trade_core.flows.take_results import apply_batch, take


def by_http(harness: Harness, result: PaymentResult, **changes: Any) -> ResultRecord:
    record = harness.received_payment_result(result).record
    sent = {
        "topic": record.topic,
        "key": record.key,
        "value": record.value.decode(),
        "headers": record.headers,
    }
    return ResultRecord.model_validate({**sent, **changes})


async def test_a_result_by_http_is_applied_before_the_answer(harness: Harness) -> None:
    payment = (await harness.open()).payment

    receipt = await take(
        harness.deps, [by_http(harness, waits(payment)), by_http(harness, paid(payment))]
    )

    assert receipt.dead_letters == 0
    assert await harness.state(payment) == "succeeded"


async def test_the_same_result_by_both_roads_is_told_once(harness: Harness) -> None:
    payment = await harness.opened()
    word = harness.received_payment_result(paid(payment))
    record = ResultRecord(
        topic=topics.PAYMENT_RESULTS,
        key=payment.payment_no,
        value=word.record.value.decode(),
        headers=word.record.headers,
    )
    await asyncio.gather(
        take(harness.deps, [record]),
        apply_batch(harness.deps, [word]),
        take(harness.deps, [record]),
    )
    types = await harness.event_types()
    assert types.count("payment.succeeded") == 1


@pytest.mark.parametrize("value", ["", "{}", '{"specversion":"1.0"}', "\ufffd"])
async def test_what_cannot_be_read_is_kept_and_its_neighbours_are_applied(
    harness: Harness, value: str
) -> None:
    payment = await harness.opened()
    unreadable = by_http(harness, paid(payment), value=value)

    for _ in range(2):
        receipt = await take(harness.deps, [unreadable, by_http(harness, paid(payment))])
        assert receipt.dead_letters == 1

    assert await harness.state(payment) == "succeeded"
    (kept,) = await harness.rows("select topic, key, value from dead_event")
    assert (kept["topic"], kept["value"]) == (topics.PAYMENT_RESULTS, value.encode())
