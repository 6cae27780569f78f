"""Acme Pay among the third parties: what it hears, and what it tells."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import payer
from sandbox.accounts import AccountKind
from sandbox.answering import Call, Done, FailureForms, answer
from sandbox.bodies import read_body
from sandbox.clock import now
from sandbox.deps import Deps, Party
from sandbox.faults import Hit
from sandbox.notifications import SignedNotification
from sandbox.transport import HangUp
from sandbox.truth import Notification, Refund, Trade

CHANNEL = "acme"


@dataclass(frozen=True)
class AcmeAccount:
    shop_id: str
    secret: str

    @property
    def merchant(self) -> str:
        return self.shop_id

    def signed(self, content: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        body, at = orjson.dumps(content), str(int(now()))
        text = f"{at}.{self.shop_id}.".encode() + body
        made = hmac.new(self.secret.encode(), text, hashlib.sha256).hexdigest()
        return body, {"Acme-Shop": self.shop_id, "Acme-Time": at, "Acme-Signature": made}


KIND: AccountKind[AcmeAccount] = AccountKind(
    CHANNEL,
    lambda: {"shop_id": f"{secrets.randbelow(10**8):08d}", "secret": secrets.token_hex(20)},
    lambda document: AcmeAccount(**document),
    lambda shop, base_url: {
        "base_url": base_url,
        "shop_id": shop.shop_id,
        "secret": shop.secret,
    },
)


class Refusal(Exception):
    """Acme says no."""


FAILURES = FailureForms(
    broken=Response(b"", 500),
    unsure=partial(Refusal, "BUSY"),
    limited=partial(Refusal, "TOO_MANY"),
    unsigned=Response(b'{"code":"NO_SUCH_PAYMENT"}', 400),
)


async def _serve(kind: str, deps: Deps, request: Request) -> Response | HangUp:
    shop = deps.accounts(KIND).get(request.headers["acme-shop"])
    asked = orjson.loads(await read_body(request))
    number = asked.get("of", asked["number"])
    call = Call(CHANNEL, "pay" if kind == "pay" else "query", number, FAILURES)
    try:
        return await answer(deps, call, partial(_work, kind, deps, shop, asked))
    except Refusal as refusal:
        body, headers = shop.signed({"code": str(refusal)})
        return Response(body, 400, headers)


def _work(kind: str, deps: Deps, shop: AcmeAccount, asked: dict[str, Any], hit: Hit) -> Done:
    trade = deps.truth.find_trade(CHANNEL, shop.shop_id, asked["number"])
    if trade is None and kind == "pay":
        trade = _opened(deps, shop, asked)
    if trade is None:
        raise Refusal("NO_SUCH_PAYMENT")
    if kind == "close":
        payer.close(deps, trade, "merchant")
    body, headers = shop.signed({"code": "OK", "qr_code": "acme://q", **_content(trade)})
    return Done(Response(body, headers=headers), trade if kind == "pay" else None)


def _opened(deps: Deps, shop: AcmeAccount, asked: dict[str, Any]) -> Trade:
    trade = Trade(
        channel=CHANNEL,
        merchant=shop.shop_id,
        number=asked["number"],
        payment_no=asked["number"],
        channel_trade_no=f"X{secrets.token_hex(8)}",
        product="qr",
        amount=asked["amount"],
        subject=asked["subject"],
        notify_url=asked["notify_url"],
        fingerprint="",
        created_at=now(),
        closes_at=float(asked["ends_at"]),
    )
    deps.truth.add_trade(trade)
    return trade


def _content(trade: Trade) -> dict[str, Any]:
    states = {"created": "open", "paid": "done", "closed": "ended"}
    return {
        "number": trade.number,
        "state": states[trade.state],
        "amount": trade.taken,
        "currency": "CNY",
        "acme_no": trade.channel_trade_no,
        "done_at": int(trade.paid_at or 0),
    }


@dataclass(frozen=True, slots=True)
class Notifications:
    deps: Deps
    timeout_s: float = 5.0

    def pauses_s(self, trade: Trade) -> Sequence[float]:
        return (60, 600)

    def write(
        self, notification: Notification, trade: Trade, refund: Refund | None, hit: Hit
    ) -> SignedNotification:
        body, headers = self.deps.accounts(KIND).get(trade.merchant).signed(_content(trade))
        return SignedNotification(body, headers)

    def is_acknowledged(self, status: int, body: bytes) -> bool:
        return status == 200


PARTY: Party[AcmeAccount] = Party(
    kind=KIND,
    title="爱客支付",
    colour="#5b2a86",
    routes=lambda deps: [
        Route(f"/acme/{kind}", partial(_serve, kind, deps), methods=["POST"])
        for kind in ("pay", "query", "close")
    ],
    notifications=Notifications,
)
