"""Whoever reads what a channel is just saying waits for it, and is woken by it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from tests.builders.trade_core import (
    APP,
    MERCHANT,
    paid,
    refund_request,
    request,
    split_request,
    waits,
)
from tests.integration.trade_core.harness import Harness, Noted

from contracts.api import Method, PaymentStatus
from contracts.events.results import Source
from contracts.internal import ListQuery
from trade_core.domain.payment import Payment
from trade_core.flows.list_records import list_orders, list_payments
from trade_core.flows.read import get_payment

pytestmark = pytest.mark.usefixtures("patient")


async def test_reader_is_woken_by_the_result_of_the_initiation(harness: Harness) -> None:
    harness.order_wake_ups = wake_ups = Noted()
    payment = (await harness.open()).payment

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(get_payment(harness.deps, payment.payment_no, APP))
        await wake_ups.somebody_waits.wait()
        await harness.apply(waits(payment))

    assert reading.result().status is PaymentStatus.PENDING


# ── what the answer called succeeded, before it is booked ─────────────────────────────────────

Asked = Callable[[Harness, Payment], Coroutine[Any, Any, object]]


async def refund(harness: Harness, payment: Payment) -> object:
    return (await harness.refund(refund_request(payment))).created


async def split(harness: Harness, payment: Payment) -> object:
    return (await harness.split(split_request(payment))).created


def by(**filters: str) -> ListQuery:
    return ListQuery(app_id=APP, merchant_ids=[MERCHANT], **filters)


async def payments_of_the_order(harness: Harness, payment: Payment) -> object:
    found = await list_payments(harness.deps, by(merchant_order_no="W1"))
    return [each.status for each in found.items] == ["succeeded"]


async def succeeded_ones_by_number(harness: Harness, payment: Payment) -> object:
    query = by(payment_no=payment.payment_no, status="succeeded")
    return len((await list_payments(harness.deps, query)).items) == 1


async def orders_of_the_number(harness: Harness, payment: Payment) -> object:
    (order,) = (await list_orders(harness.deps, by(merchant_order_no="W1"))).items
    return (order.status, order.payments[0].status) == ("paid", "succeeded")


@pytest.mark.parametrize(
    "ask",
    [
        refund,
        split,
        payments_of_the_order,
        succeeded_ones_by_number,
        orders_of_the_number,
    ],
)
async def test_app_acts_at_once_on_what_it_was_answered(harness: Harness, ask: Asked) -> None:
    harness.order_wake_ups = wake_ups = Noted()
    payment = (await harness.open(request(method=Method.BARCODE))).payment

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(ask(harness, payment))
        await wake_ups.somebody_waits.wait()
        await harness.apply(paid(payment, Source.INITIATION))

    assert asked.result()
