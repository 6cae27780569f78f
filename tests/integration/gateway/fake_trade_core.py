"""A trade-core that keeps its payments in a dict, and a notifier that has nothing to tell."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.problems import MEDIA_TYPE, NotFound
from contracts.api import OrderStatus, OrderSummary, PaymentStatus, PaymentView
from contracts.identifiers import new_id
from contracts.internal import DeliveryPage, OpenedPayment, OpenPayment, PaymentOnFile


class FakeTradeCore:
    """Speaks `contracts.internal` as far as the gateway's tests ask."""

    def __init__(self) -> None:
        self.payments: dict[str, PaymentView] = {}
        self.by_order: dict[str, str] = {}

    def application(self, _: str) -> Starlette:
        return Starlette(
            routes=[
                Route("/internal/payments", self.open_payment, methods=["POST"]),
                Route("/internal/payments/{payment_no}", self.get_payment),
                Route("/internal/deliveries", self.list_deliveries),
            ]
        )

    async def open_payment(self, request: Request) -> Response:
        opening = OpenPayment.model_validate_json(await request.body())
        known = self.by_order.get(opening.request.merchant_order_no)
        payment = self.payments[known] if known else self._new(opening)
        answer = OpenedPayment(created=not known, payment=payment, order=_order(payment))
        return _json(answer, 200 if known else 201)

    async def get_payment(self, request: Request) -> Response:
        payment = self.payments.get(request.path_params["payment_no"])
        if payment is None:
            problem = NotFound("There is no such payment.").body("x")
            return Response(orjson.dumps(problem), 404, media_type=MEDIA_TYPE)
        return _json(PaymentOnFile(**dict(payment), order=_order(payment)))

    async def list_deliveries(self, request: Request) -> Response:
        return _json(DeliveryPage(items=[], next_cursor=None))

    def _new(self, opening: OpenPayment) -> PaymentView:
        requested, now = opening.request, datetime.now(UTC)
        payment = PaymentView(
            payment_no=new_id("payment"),
            merchant_order_no=requested.merchant_order_no,
            channel_trade_no=None,
            merchant_id=requested.merchant_id,
            payment_id=requested.payment_id,
            channel=opening.channel,
            method=requested.method,
            status=PaymentStatus.INITIATING,
            amount=requested.amount,
            currency=requested.currency,
            amount_refunded=0,
            subject=requested.subject,
            action=None,
            expires_at=now + timedelta(seconds=requested.expires_in_s),
            created_at=now,
            paid_at=None,
            metadata=requested.metadata,
            failure=None,
        )
        self.payments[payment.payment_no] = payment
        self.by_order[requested.merchant_order_no] = payment.payment_no
        return payment


def _order(payment: PaymentView) -> OrderSummary:
    return OrderSummary(
        merchant_order_no=payment.merchant_order_no,
        merchant_id=payment.merchant_id,
        status=OrderStatus.OPEN,
        amount=payment.amount,
        currency=payment.currency,
        amount_paid=0,
        amount_refunded=0,
        subject=payment.subject,
        created_at=payment.created_at,
        expires_at=payment.expires_at,
    )


def _json(answer: Any, status: int = 200) -> Response:
    return Response(answer.model_dump_json(), status, media_type="application/json")
