"""Apps and payers who do not give up: what they asked while things failed, what they were told."""

import asyncio
import contextlib
import itertools
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import httpx
from tests.chaos.judge import CallbackTaken

from paymesh_local.callbacks import Callback, CallbackReceiver
from paymesh_local.client import ApiClient
from paymesh_local.registration import Registration

CHANNELS: Final = ("wechat", "alipay")
"""Two as examples: what dies here is ours, and no channel's protocol has a part in it."""

AMOUNT: Final = 1299
RETURNED: Final = 500
PATIENCE_S: Final = 120.0
PAUSES_S: Final = (0.2, 0.5, 1.0, 2.0)
"""Between the tries of an app; the last for all that follow."""

PAY_TRIES: Final = 15
NO_ANSWER: Final = "no answer"
GOOD: Final = frozenset({"201", "200", "504 unknown"})
"""What an app can work with: the payment, or the honest word that its fate is not known yet."""


class Kind(StrEnum):
    PAID = "paid"
    SILENT = "paid without a notification"
    RETURNED = "paid and partly refunded"
    CLOSED = "closed by the app"
    CONTENDED = "asked about by several at once"


KINDS: Final = (Kind.PAID,) * 5 + (Kind.SILENT, Kind.RETURNED, Kind.RETURNED, Kind.CLOSED)


@dataclass(slots=True)
class Sale:
    """One order. `act`: during which it began; `first`: how its first request was answered, empty
    as long as it was not."""

    number: str
    kind: Kind
    channel: str
    act: str
    first: str = ""
    payment_no: str = ""
    refund_no: str = ""
    is_over: bool = False


class Business:
    """`run` sells at a steady rate until it is told to stop, then ends what was begun."""

    def __init__(
        self,
        api: ApiClient,
        sandbox: httpx.AsyncClient,
        callbacks: CallbackReceiver,
        known: Registration,
    ) -> None:
        self.act = "before"
        self.sales: list[Sale] = []
        self.callbacks: list[CallbackTaken] = []
        self.api = api
        self.known = known
        self._sandbox = sandbox
        self._arrivals: dict[str, asyncio.Event] = {}
        callbacks.on_callback = self._take

    async def run(self, stop: asyncio.Event, per_s: float) -> None:
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for count in itertools.count(1):
                if stop.is_set():
                    return
                group.create_task(self.sell(KINDS[count % len(KINDS)]))
                await asyncio.sleep(max(0.0, began + count / per_s - time.monotonic()))

    async def sold_and_called_back(self) -> None:
        """Return when an order that begins now was paid, and its app was called back."""
        sale = await self.sell(Kind.PAID)
        if sale.payment_no and sale.is_over:
            arrived = self._arrivals.setdefault(sale.payment_no, asyncio.Event())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(arrived.wait(), PATIENCE_S)

    async def sell(self, kind: Kind) -> Sale:
        sale = self.begun(kind)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await self._serve(sale)
                sale.is_over = True
        return sale

    def begun(self, kind: Kind) -> Sale:
        channel = CHANNELS[len(self.sales) % len(CHANNELS)]
        sale = Sale(f"K{uuid.uuid4().hex}", kind, channel, self.act)
        self.sales.append(sale)
        return sale

    async def ended(self, sale: Sale) -> None:
        """What nobody has paid is closed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await self._close(sale)
                sale.is_over = True

    def request(self, sale: Sale) -> dict[str, Any]:
        return {
            "merchant_id": self.known.merchant_id,
            "payment_id": self.known.payment_ids[sale.channel],
            "merchant_order_no": sale.number,
            "amount": AMOUNT,
            "subject": "物业费",
            "method": "native",
        }

    def refund_request(self, sale: Sale, number: str, amount: int) -> dict[str, Any]:
        return {
            "merchant_id": self.known.merchant_id,
            "payment_id": self.known.payment_ids[sale.channel],
            "payment_no": sale.payment_no,
            "merchant_refund_no": number,
            "amount": amount,
        }

    async def pay(self, payment_no: str, *, notify: bool) -> bool:
        """Whether the payer could; a channel may never have heard of the payment."""
        paying = {"payment_no": payment_no, "notify": notify}
        for _ in range(PAY_TRIES):
            answer = await answered(self._sandbox.post("/_control/pay", json=paying))
            if answer is not None and answer.is_success:
                return True
            await asyncio.sleep(PAUSES_S[0])
        return False

    async def _serve(self, sale: Sale) -> None:
        sale.payment_no = await self._opened(sale)
        if sale.kind is Kind.CLOSED or not await self.pay(
            sale.payment_no, notify=sale.kind is not Kind.SILENT
        ):
            await self._close(sale)
        elif sale.kind is Kind.RETURNED:
            await self._refund(sale)

    async def _opened(self, sale: Sale) -> str:
        """The number of its payment, whatever became of that."""
        tries = itertools.count()

        async def asked() -> httpx.Response | None:
            answer: httpx.Response | None = None
            try:
                answer = await self.api.post("/v1/payments", self.request(sale))
                words = _in_words(answer)
            except httpx.TransportError as error:
                words = f"{NO_ANSWER} ({type(error).__name__})"
            if next(tries) == 0:
                sale.first = words
            return answer if answer is not None and payment_no_of(answer) else None

        return payment_no_of(await _insisted(asked, (201, 200, 402, 502, 504)))

    async def _close(self, sale: Sale) -> None:
        body = {"merchant_id": self.known.merchant_id}
        target = f"/v1/orders/{sale.number}/close"
        # 409: it was paid after all; 404: it never was.
        await _insisted(lambda: answered(self.api.post(target, body)), (200, 404, 409))

    async def _refund(self, sale: Sale) -> None:
        body = self.refund_request(sale, f"R{sale.number}", RETURNED)
        answer = await _insisted(lambda: answered(self.api.post("/v1/refunds", body)), (200, 201))
        sale.refund_no = answer.json()["refund_no"]

    def _take(self, callback: Callback) -> None:
        number = callback.data.get("refund_no") or callback.data.get("payment_no", "")
        self.callbacks.append(
            CallbackTaken(
                callback.type, number, callback.webhook_id, is_authentic=callback.is_authentic
            )
        )
        if callback.type == "payment.succeeded":
            self._arrivals.setdefault(number, asyncio.Event()).set()


def payment_no_of(answer: httpx.Response) -> str:
    """Empty where the answer names none."""
    content = _content(answer)
    number: str = content.get("payment", content).get("payment_no", "")
    return number


async def answered(call: Awaitable[httpx.Response]) -> httpx.Response | None:
    """None where there was no answer."""
    try:
        return await call
    except httpx.TransportError:
        return None


async def _insisted(
    call: Callable[[], Awaitable[httpx.Response | None]], good: Collection[int]
) -> httpx.Response:
    """Call until the answer is a good one."""
    for count in itertools.count():
        answer = await call()
        if answer is not None and answer.status_code in good:
            return answer
        await asyncio.sleep(PAUSES_S[min(count, len(PAUSES_S) - 1)])
    raise AssertionError


def _in_words(answer: httpx.Response) -> str:
    code = _content(answer).get("code", "")
    return f"{answer.status_code} {code}".strip()


def _content(answer: httpx.Response) -> dict[str, Any]:
    """Empty where it is no JSON object."""
    try:
        content = answer.json()
    except json.JSONDecodeError:
        return {}
    return content if isinstance(content, dict) else {}
