"""Whoever reads what a channel is just saying waits for it, and is woken by it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from tests.builders.trade_core import APP, waits
from tests.integration.trade_core.harness import Harness

from contracts.api import PaymentStatus
from trade_core.flows.read import get_payment
from trade_core.flows.wake_ups import OrderWakeUps


class Noted(OrderWakeUps):
    """Says when somebody waits for an order."""

    def __init__(self) -> None:
        super().__init__()
        self.somebody_waits = asyncio.Event()

    @contextmanager
    def watched(self, order_id: str) -> Iterator[asyncio.Event]:
        with super().watched(order_id) as changed:
            self.somebody_waits.set()
            yield changed


async def test_reader_is_woken_by_the_result_of_the_initiation(harness: Harness) -> None:
    harness.order_wake_ups = wake_ups = Noted()
    payment = (await harness.open()).payment

    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(get_payment(harness.deps, payment.payment_no, APP))
        await wake_ups.somebody_waits.wait()
        await harness.apply(waits(payment))

    assert reading.result().status is PaymentStatus.PENDING
