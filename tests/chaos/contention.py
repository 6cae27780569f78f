"""Orders on which several servers of one app work at once; what each saw and when is kept."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from tests.chaos.linearizable import Call, TooLong, is_linearizable
from tests.chaos.order_model import (
    Close,
    Create,
    Operation,
    OrderModel,
    OrderState,
    Paid,
    RefundAsked,
    Returned,
    Seen,
)
from tests.chaos.sales import AMOUNT, RETURNED, Business, Kind, Sale, answered, payment_no_of

LOOK_EVERY_S: Final = 0.3
REFUNDS: Final = 3
"""Of `RETURNED` each: one more than fit into the amount."""

LASTS_S: Final = 12.0
EVERY_S: Final = 1.0
CLOSED_RATIO: Final = 0.4

REFUSED: Final = {"order_paid": "paid", "order_closed": "closed"}
REFUND_REFUSED: Final = {"refund_exceeds_paid": "too much", "payment_not_refundable": "not paid"}


@dataclass(slots=True)
class History:
    """What happened to the order of this sale, as its app saw it."""

    sale: Sale
    calls: list[Call[Operation]] = field(default_factory=list)

    async def note(
        self,
        call: Awaitable[httpx.Response],
        read: Callable[[httpx.Response | None], Operation | None],
    ) -> httpx.Response | None:
        """What `read` makes of the answer is kept, but for None. An operation that its answer
        leaves open may still take effect."""
        called_s = time.monotonic()
        answer: httpx.Response | None = None
        try:
            answer = await answered(call)
        finally:  # Also when time was up: what was asked may take effect.
            operation = read(answer)
            if operation is not None:
                is_open = getattr(operation, "answer", "") is None
                self.calls.append(Call(operation, called_s, None if is_open else time.monotonic()))
        return answer

    def may_follow(self, operation: Operation) -> None:
        """From now on we may learn this of somebody else."""
        self.calls.append(Call(operation, time.monotonic(), None))

    def is_sound(self) -> bool:
        return is_linearizable(self.calls, OrderModel(AMOUNT), OrderState())

    def in_words(self) -> str:
        """A line for each call: from when to when, in seconds since the first, and what it was."""
        calls = sorted(self.calls, key=lambda call: call.called_s)
        lines = (_line(call, calls[0].called_s) for call in calls)
        return f"{self.sale.number}, {self.sale.payment_no}:\n" + "\n".join(lines)


async def contend(business: Business, history: History) -> None:
    """Two that create, one that looks, a payer, perhaps one that closes, and too many refunds."""
    sale = history.sale
    looking = asyncio.ensure_future(_look(business, history))
    try:
        async with asyncio.timeout(LASTS_S):
            await asyncio.gather(_create(business, history), _create(business, history))
            while not sale.payment_no:
                await asyncio.sleep(LOOK_EVERY_S)
                await _create(business, history)
            closing = random.random() < CLOSED_RATIO
            await asyncio.gather(
                _pay(business, history), *([_close(business, history)] if closing else [])
            )
            await asyncio.gather(
                *(_refund(business, history, f"R{n}{sale.number}") for n in range(REFUNDS))
            )
    except TimeoutError:
        pass
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def keep_contending(business: Business, stop: asyncio.Event) -> list[History]:
    """One after the other until `stop`; each is ended as any order is."""
    histories: list[History] = []
    async with asyncio.TaskGroup() as group:
        while not stop.is_set():
            history = History(business.begun(Kind.CONTENDED))
            histories.append(history)
            group.create_task(_one(business, history))
            await asyncio.sleep(EVERY_S)
    return histories


def unsound(histories: list[History]) -> list[tuple[History, str]]:
    """Those that no order of their calls explains, or none that was found, and which of the two."""
    found = []
    for history in histories:
        try:
            if not history.is_sound():
                found.append((history, "its history is not linearizable"))
        except TooLong as error:
            found.append((history, f"its history is too long to be judged: {error}"))
    return found


def _line(call: Call[Operation], began_s: float) -> str:
    answered = "" if call.answered_s is None else f"{call.answered_s - began_s:.3f}"
    return f"    {call.called_s - began_s:7.3f} {answered:>7} {call.operation}"


async def _one(business: Business, history: History) -> None:
    await contend(business, history)
    await business.ended(history.sale)


async def _look(business: Business, history: History) -> None:
    target = f"/v1/orders/{history.sale.number}?merchant_id={business.known.merchant_id}"
    while True:
        await history.note(business.api.get(target), _seen)
        await asyncio.sleep(LOOK_EVERY_S)


async def _create(business: Business, history: History) -> None:
    sale = history.sale
    answer = await history.note(business.api.post("/v1/payments", business.request(sale)), _created)
    if answer is not None:
        sale.payment_no = sale.payment_no or payment_no_of(answer)


async def _pay(business: Business, history: History) -> None:
    history.may_follow(Paid())
    await business.pay(history.sale.payment_no, notify=True)


async def _close(business: Business, history: History) -> None:
    await asyncio.sleep(random.uniform(0.0, LOOK_EVERY_S))
    body = {"merchant_id": business.known.merchant_id}
    history.may_follow(Close(None))  # What is open at a channel is closed when that says so.
    target = f"/v1/orders/{history.sale.number}/close"
    await history.note(business.api.post(target, body), _closed)


async def _refund(business: Business, history: History, number: str) -> None:
    """Again until it is accepted, or is too much."""
    body = business.refund_request(history.sale, number, RETURNED)
    history.may_follow(Returned(number))
    while True:
        answer = await history.note(
            business.api.post("/v1/refunds", body), lambda answer: _refunded(number, answer)
        )
        if answer is not None and (answer.is_success or _code(answer) == "refund_exceeds_paid"):
            return
        await asyncio.sleep(LOOK_EVERY_S)


def _created(answer: httpx.Response | None) -> Create:
    if answer is None:
        return Create(None)
    if answer.is_success:
        return Create(answer.json()["status"])
    if refused := REFUSED.get(_code(answer)):
        return Create(refused)
    known = payment_no_of(answer) or _code(answer) in ("too_soon", "payment_in_progress")
    return Create("exists" if known else None)


def _seen(answer: httpx.Response | None) -> Seen | None:
    if answer is None or answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        return None
    if answer.status_code == httpx.codes.NOT_FOUND:
        return Seen("absent")
    order: dict[str, Any] = answer.json()
    refunds = frozenset(
        (each["merchant_refund_no"], each["amount"], each["status"]) for each in order["refunds"]
    )
    return Seen(order["status"], order["amount_paid"], order["amount_refunded"], refunds)


def _closed(answer: httpx.Response | None) -> Close:
    if answer is None or answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        return Close(None)
    if answer.is_success:
        return Close(answer.json()["status"])
    return Close(REFUSED.get(_code(answer)))


def _refunded(number: str, answer: httpx.Response | None) -> RefundAsked:
    if answer is None:
        return RefundAsked(number, RETURNED, None)
    became = "accepted" if answer.is_success else REFUND_REFUSED.get(_code(answer))
    return RefundAsked(number, RETURNED, became)


def _code(answer: httpx.Response) -> str:
    code: str = answer.json().get("code", "") if answer.content else ""
    return code
