"""The shown payment: what an app does, what comes back, and the three numbers (三号) of each."""

import time
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from foundation.money_text import money
from paymesh_local.callbacks import Callback, CallbackReceiver
from paymesh_local.client import ApiClient
from paymesh_local.failure import CannotRun
from paymesh_local.registration import Registration
from paymesh_local.terminal import Terminal

NUMBERS: Final = (
    ("merchant_order_no", "商户订单号"),
    ("payment_no", "支付流水号"),
    ("channel_trade_no", "渠道交易号"),
)


class Walkthrough:
    """One WeChat payment, one Alipay payment, one refund, one cashier page; told as they happen."""

    def __init__(
        self,
        api: ApiClient,
        receiver: CallbackReceiver,
        registration: Registration,
        *,
        sandbox_url: str,
        terminal: Terminal,
    ) -> None:
        self._api = api
        self._receiver = receiver
        self._registration = registration
        self._sandbox_url = sandbox_url
        self._terminal = terminal
        self._prefix = f"DEMO-{datetime.now(UTC):%Y%m%d-%H%M%S}"

    async def show(self) -> None:
        """Raises CannotRun where something does not go as it should."""
        wechat = await self._pay("wechat", "WeChat Pay Native 微信扫码支付", 1299, "物业费 11月")
        await self._pay("alipay", "Alipay QR 支付宝扫码支付", 20000, "停车费 2026")
        await self._refund(wechat, 300)

    async def cashier_url(self) -> str:
        """A payment whose payer chooses on our own page; where that page is."""
        requested = self._requested("cashier", 5000, "水费 10月") | {"method": "cashier"}
        payment = _accepted(await self._api.post("/v1/payments", requested))
        url: str = payment["action"]["url"]
        return url

    async def _pay(self, channel: str, title: str, amount: int, subject: str) -> dict[str, Any]:
        payment_id = self._registration.payment_ids.get(channel)
        if payment_id is None:
            raise CannotRun(f"The demo merchant has no account at {channel}.")
        self._terminal.title(f"{title}  {yuan(amount)}  {subject}")
        requested = self._requested(channel, amount, subject) | {
            "method": "native",
            "payment_id": payment_id,
        }

        began = time.monotonic()
        payment = _accepted(await self._api.post("/v1/payments", requested))
        self._step("asked", f"201, QR code {payment['action']['qr_code']}", began)

        began = time.monotonic()
        await self._scan_and_pay(payment["payment_no"])
        self._step("paid", "the payer has scanned and paid at the sandbox", began)

        callback = await self._callback("payment.succeeded", "payment_no", payment["payment_no"])
        self._step("called back", _verified(callback), began, callback.arrived_s)
        self._tell_numbers(callback.data)
        return callback.data

    async def _refund(self, payment: dict[str, Any], amount: int) -> None:
        self._terminal.title(f"Refund 退款  {yuan(amount)} of {yuan(payment['amount'])}")
        requested = {
            "merchant_id": payment["merchant_id"],
            "payment_id": payment["payment_id"],
            "payment_no": payment["payment_no"],
            "merchant_refund_no": f"{self._prefix}-refund",
            "amount": amount,
            "reason": "多收退回",
        }
        began = time.monotonic()
        refund = _accepted(await self._api.post("/v1/refunds", requested))
        self._step("asked", f"201, {refund['status']}, {refund['refund_no']}", began)

        callback = await self._callback("refund.succeeded", "refund_no", refund["refund_no"])
        self._step("called back", _verified(callback), began, callback.arrived_s)
        self._tell_numbers(callback.data)

    def _requested(self, name: str, amount: int, subject: str) -> dict[str, Any]:
        return {
            "merchant_id": self._registration.merchant_id,
            "merchant_order_no": f"{self._prefix}-{name}",
            "amount": amount,
            "subject": subject,
        }

    async def _scan_and_pay(self, payment_no: str) -> None:
        async with httpx.AsyncClient(base_url=self._sandbox_url, trust_env=False) as sandbox:
            _accepted(await sandbox.post("/_control/pay", json={"payment_no": payment_no}))

    async def _callback(self, kind: str, field: str, number: str) -> Callback:
        try:
            return await self._receiver.expect(
                lambda callback: callback.type == kind and callback.data.get(field) == number
            )
        except TimeoutError:
            raise CannotRun(f"The callback {kind} of {number} did not come.") from None

    def _step(self, what: str, detail: str, began: float, ended: float | None = None) -> None:
        took_ms = ((ended or time.monotonic()) - began) * 1000
        self._terminal.done(what, f"{detail}  ({took_ms:.0f} ms)")

    def _tell_numbers(self, data: dict[str, Any]) -> None:
        for name, chinese in NUMBERS:
            self._terminal.line(f"{name} {chinese}", str(data[name]))


def _accepted(response: httpx.Response) -> dict[str, Any]:
    if response.is_error:
        raise CannotRun(
            f"{response.request.method} {response.request.url} answers {response.status_code}",
            response.text,
        )
    answer: dict[str, Any] = response.json()
    return answer


def _verified(callback: Callback) -> str:
    return f"{callback.type}, signature {'verified' if callback.is_authentic else 'WRONG'}"


def yuan(amount: int) -> str:
    return money(amount, "CNY")
