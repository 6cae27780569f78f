"""A centre of a few prepared answers, for both clients; it remembers what it was sent."""

import json
import re
import time
from collections.abc import Sequence
from typing import Any

import httpx

from paymesh import Paymesh

SECRET = "sk_test_密钥"
NO = "P01KAN5C2FN000000000000001"

ORDER: dict[str, Any] = {
    "merchant_id": "M1",
    "payment_id": "C1",
    "merchant_order_no": "W1",
    "amount": 1299,
    "subject": "物业费 11月",
    "method": "native",
}

Prepared = httpx.Response | Exception


class Centre:
    """Answers in the given order; an exception is what the network does instead. `then_hangs`:
    after these it says nothing more, as long as one waits."""

    def __init__(self, *answers: Prepared, then_hangs: bool = False) -> None:
        self.requests: list[httpx.Request] = []
        self._answers = list(answers)
        self._then_hangs = then_hangs

    def answer(self, *answers: Prepared) -> None:
        self._answers += answers

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if self._answers else self._hang(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _hang(self, request: httpx.Request) -> httpx.ReadTimeout:
        assert self._then_hangs, f"no answer is prepared for {request.method} {request.url}"
        time.sleep(request.extensions["timeout"]["read"])
        return httpx.ReadTimeout("timed out")

    @property
    def calls(self) -> list[str]:
        return [f"{each.method} {each.url.path}" for each in self.requests]

    @property
    def nonces(self) -> list[str]:
        return [_member("nonce", each.headers["Authorization"]) for each in self.requests]

    def client(self) -> Paymesh:
        http = httpx.Client(transport=httpx.MockTransport(self))
        return Paymesh("https://pay.example", app_id="A1", key_id="K1", secret=SECRET, http=http)


def _member(name: str, header: str) -> str:
    found = re.search(f'{name}="([^"]*)"', header)
    assert found is not None
    return found[1]


def payment(**changes: Any) -> dict[str, Any]:
    return {
        "payment_no": NO,
        "merchant_order_no": "W1",
        "channel_trade_no": None,
        "merchant_id": "M1",
        "payment_id": "C1",
        "channel": "wechat",
        "method": "native",
        "status": "pending",
        "amount": 1299,
        "currency": "CNY",
        "amount_refunded": 0,
        "subject": "物业费 11月",
        "action": {"type": "qr_code", "qr_code": "weixin://x"},
        "expires_at": "2026-11-28T10:00:00Z",
        "created_at": "2026-11-28T08:00:00Z",
        "paid_at": None,
        "metadata": {},
        "failure": None,
        **changes,
    }


def order(*payments: dict[str, Any]) -> dict[str, Any]:
    return {
        "merchant_order_no": "W1",
        "merchant_id": "M1",
        "status": "open",
        "amount": 1299,
        "currency": "CNY",
        "amount_paid": 0,
        "amount_refunded": 0,
        "subject": "物业费 11月",
        "created_at": "2026-11-28T08:00:00Z",
        "expires_at": "2026-11-28T10:00:00Z",
        "payments": list(payments),
        "refunds": [],
    }


def event(number: int, **changes: Any) -> dict[str, Any]:
    view = {
        "id": f"E{number}",
        "type": "payment.succeeded",
        "timestamp": "2026-11-28T08:00:01Z",
        "data": payment(status="succeeded", action=None),
    }
    return {**view, **changes}


def page(items: Sequence[dict[str, Any]], next_cursor: str | None) -> httpx.Response:
    return httpx.Response(200, json={"items": list(items), "next_cursor": next_cursor})


def problem(status: int, code: str, *, after_s: int | None = None, **more: Any) -> httpx.Response:
    body = {
        "type": "about:blank",
        "title": code,
        "status": status,
        "code": code,
        "detail": f"It is {code}.",
        "errors": [],
        "request_id": "q1",
        "retryable": False,
        **more,
    }
    headers = {} if after_s is None else {"Retry-After": str(after_s)}
    return httpx.Response(status, content=json.dumps(body), headers=headers)
