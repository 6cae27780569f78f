"""Many payers at once, and apps that do not give up: load under which parts of the centre die."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
from tests.e2e import all_books
from tests.e2e.channels import SOON_ABSENT
from tests.e2e.harness import Harness

PATIENCE_S = 60
PAUSE_S = 0.2


@dataclass(frozen=True, slots=True)
class Sale:
    """One order: paid, with or without a webhook, and perhaps partly returned."""

    body: dict[str, Any]
    notify: bool
    refund: int | None


async def sell_while(
    harness: Harness, failure: Callable[[], Coroutine[Any, Any, None]], *, orders: int
) -> list[dict[str, Any]]:
    """Sell from before the trouble until it is over; then everybody's books are compared."""
    sales = [_sale(harness, number) for number in range(orders)]
    async with asyncio.TaskGroup() as group:
        group.create_task(failure())
        for number, sale in enumerate(sales):
            group.create_task(_served(harness, sale, after_s=number * PAUSE_S))
    agreeing = (
        all_books.agree(harness, sale.body, within_s=PATIENCE_S, urgent=True) for sale in sales
    )
    return await asyncio.gather(*agreeing)


def _sale(harness: Harness, number: int) -> Sale:
    channel = SOON_ABSENT[number % len(SOON_ABSENT)]
    refund = 500 if number % 2 else None
    return Sale(harness.request(channel), notify=number % 4 != 0, refund=refund)


async def _served(harness: Harness, sale: Sale, *, after_s: float) -> None:
    """As in life: the app asks again until it knows; the payer pays when it can."""
    await asyncio.sleep(after_s)
    async with asyncio.timeout(PATIENCE_S):
        number = await _opened(harness, sale.body)
        if not await _paid_if_possible(harness, number, sale.notify):
            await _insisted(lambda: harness.close(sale.body), 200)
            return
        await _insisted(lambda: _succeeded(harness, number), 200)
        if sale.refund is not None:
            payment = (await _insisted(lambda: _payment(harness, number), 200)).json()
            await _insisted(
                lambda: harness.ask_refund(payment, sale.refund or 0, f"T-{number}"), 201, 200
            )


async def _opened(harness: Harness, body: dict[str, Any]) -> str:
    """The same request until there is a payment, whatever became of it; its number."""
    answer = (await _insisted(lambda: harness.ask(body), 201, 200, 504, 502)).json()
    payment = answer.get("payment", answer)
    number: str = payment["payment_no"]
    return number


async def _paid_if_possible(harness: Harness, number: str, notify: bool) -> bool:
    """Whether the payer could pay; the channel may never have heard of the payment."""
    for _ in range(20):
        paying = await harness.sandbox.post(
            "/_control/pay", json={"payment_no": number, "notify": notify}
        )
        if paying.is_success:
            return True
        await asyncio.sleep(PAUSE_S)
    return False


async def _succeeded(harness: Harness, number: str) -> httpx.Response:
    answer = await _payment(harness, number)
    if answer.is_success and answer.json()["status"] != "succeeded":
        await harness.time_comes(number)
        return httpx.Response(404)
    return answer


async def _payment(harness: Harness, number: str) -> httpx.Response:
    return await harness.api.get(f"/v1/payments/{number}")


async def _insisted(call: Callable[[], Awaitable[httpx.Response]], *good: int) -> httpx.Response:
    """Call until the answer is a good one; a centre that is down is asked again."""
    while True:
        with suppress(httpx.TransportError, asyncpg.PostgresError, OSError):
            answer = await call()
            if answer.status_code in good:
                return answer
        await asyncio.sleep(PAUSE_S)
