"""Whoever reads what a channel is just saying waits for it, and is woken by it."""

import asyncio

from tests.builders.trade_core import APP, waits
from tests.integration.trade_core.harness import Harness
from tests.integration.trade_core.service import until

from contracts.api import PaymentStatus
from trade_core.flows.read import get_payment


async def test_reader_is_woken_by_the_result_of_the_initiation(harness: Harness) -> None:
    payment = (await harness.open()).payment
    wake_ups = harness.deps.order_wake_ups

    async def reader_waits() -> bool:
        return wake_ups.is_watched(payment.order_id)

    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(get_payment(harness.deps, payment.payment_no, APP))
        await until(reader_waits)
        await harness.apply(waits(payment))

    assert reading.result().status is PaymentStatus.PENDING
    assert not wake_ups.is_watched(payment.order_id)
