"""Apps and payers while the services change: what they asked, and what became of it."""

import asyncio
import contextlib
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from paymesh_local.callbacks import CallbackReceiver
from paymesh_local.client import ApiClient
from paymesh_local.registration import Registration

CHANNELS: Final = ("wechat", "alipay")
"""Two as examples, which every release knows: what is upgraded is ours."""

AMOUNT: Final = 1299
REFUND: Final = 500
HEAL_LIMIT_S: Final = 90.0


@dataclass(slots=True)
class Sale:
    """One order: how the call ended (0: no answer), and whether its payer paid."""

    number: str
    channel: str
    status: int = 0
    payment_no: str = ""
    is_paid: bool = False
    refund_no: str = ""


@dataclass(slots=True)
class Report:
    """`problems` in words; none is what is wanted."""

    statuses: Counter[int]
    paid: int
    problems: list[str] = field(default_factory=list)


class Business:
    """`run` sells until it is told to stop; `judge` compares everybody's books."""

    def __init__(
        self,
        api: ApiClient,
        sandbox: httpx.AsyncClient,
        callbacks: CallbackReceiver,
        known: Registration,
    ) -> None:
        self._api = api
        self._sandbox = sandbox
        self._callbacks = callbacks
        self._known = known
        self._sales: list[Sale] = []

    async def run(self, stop: asyncio.Event, per_s: float) -> None:
        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                number = len(self._sales)
                sale = Sale(f"U{uuid.uuid4().hex}", CHANNELS[number % len(CHANNELS)])
                self._sales.append(sale)
                group.create_task(self._sell(sale, wants_back=number % 5 == 0))
                await asyncio.sleep(1 / per_s)

    async def _sell(self, sale: Sale, *, wants_back: bool) -> None:
        body = {
            "merchant_id": self._known.merchant_id,
            "payment_id": self._known.payment_ids[sale.channel],
            "merchant_order_no": sale.number,
            "amount": AMOUNT,
            "subject": "物业费",
            "method": "native",
        }
        with contextlib.suppress(httpx.TransportError):
            answer = await self._api.post("/v1/payments", body)
            sale.status = answer.status_code
            payment = answer.json().get("payment", answer.json())
            sale.payment_no = payment.get("payment_no", "")
        if sale.status != httpx.codes.CREATED:
            return
        paying = {"payment_no": sale.payment_no}
        sale.is_paid = (await self._sandbox.post("/_control/pay", json=paying)).is_success
        if wants_back and sale.is_paid:
            await self._refund(sale)

    async def _refund(self, sale: Sale) -> None:
        body = {
            "merchant_id": self._known.merchant_id,
            "payment_id": self._known.payment_ids[sale.channel],
            "payment_no": sale.payment_no,
            "merchant_refund_no": f"R{sale.number}",
            "amount": REFUND,
        }
        for _ in range(40):  # It can be refunded as soon as the payment is known to be paid.
            with contextlib.suppress(httpx.TransportError):
                answer = await self._api.post("/v1/refunds", body)
                if answer.status_code in (200, 201):
                    sale.refund_no = answer.json()["refund_no"]
                    return
            await asyncio.sleep(0.25)

    async def judge(self) -> Report:
        """When all has healed, or after `HEAL_LIMIT_S`, whatever is still wrong then."""
        report = Report(
            Counter(sale.status for sale in self._sales), sum(s.is_paid for s in self._sales)
        )
        give_up_at = asyncio.get_running_loop().time() + HEAL_LIMIT_S
        while True:
            truth = await self._truth()
            report.problems = [
                words for sale in self._sales for words in await self._faults(sale, truth)
            ]
            if not report.problems or asyncio.get_running_loop().time() > give_up_at:
                return report
            await asyncio.sleep(2)

    async def _truth(self) -> dict[str, dict[str, Any]]:
        trades = (await self._sandbox.get("/_control/truth")).json()["trades"]
        return {trade["payment_no"]: trade for trade in trades}

    async def _faults(self, sale: Sale, truth: dict[str, dict[str, Any]]) -> list[str]:
        merchant = self._known.merchant_id
        answer = await self._api.get(f"/v1/orders/{sale.number}?merchant_id={merchant}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return [f"{sale.number} was answered {sale.status} and is not on file"] * sale.is_paid
        order = answer.json()
        faults = []
        if len(order["payments"]) > 1:
            faults.append(f"{sale.number} has {len(order['payments'])} payments")
        if not sale.is_paid:
            return faults
        trade = truth[sale.payment_no]
        if order["status"] != "paid" or order["amount_paid"] != trade["amount"]:
            faults.append(f"{sale.payment_no} is paid there and {order['status']} here")
        if order["amount_refunded"] != trade["refunded"]:
            faults.append(f"{sale.payment_no}: refunds differ")
        called_back = {each.data.get("payment_no") for each in self._callbacks.received
                if each.type == "payment.succeeded" and each.is_authentic}  # fmt: skip
        if sale.payment_no not in called_back:
            faults.append(f"nobody was told of {sale.payment_no}")
        return faults
