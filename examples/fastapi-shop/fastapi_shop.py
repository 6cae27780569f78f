"""A shop of one bill, on FastAPI: pay it by WeChat or on the centre's page, hear when it is paid.

uvicorn fastapi_shop:app --port 9000        (beside a running `make run`; open http://127.0.0.1:9000)
"""

import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import Body, Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from paymesh import (
    ApiError,
    AsyncPaymesh,
    Event,
    NotAuthentic,
    NotSettled,
    Payer,
    PaymentView,
    Settings,
    verify_return,
)
from paymesh.frameworks.fastapi import callback
from paymesh.models import RedirectAction

SETTINGS = Settings.of_environment() if "PAYMESH_URL" in os.environ else Settings.of_demo()
MERCHANT_ID = SETTINGS.merchant_id or os.environ["PAYMESH_MERCHANT_ID"]
OWN_URL = os.environ.get("SHOP_URL", "http://127.0.0.1:9000")
AMOUNT = 1299  # minor units (分)
BY_ITSELF = ("duplicate", "late")  # why money goes back that never paid for anything


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with AsyncPaymesh.of(SETTINGS) as paymesh:
        app.state.paymesh = paymesh
        yield


app = FastAPI(lifespan=lifespan)
books = sqlite3.connect(os.environ.get("SHOP_BOOKS", "fastapi-shop.db"), check_same_thread=False)
books.execute("create table if not exists bill (number primary key, paid_by)")
books.execute("create table if not exists refund (number primary key, payment_no, amount)")


@app.get("/")
async def home() -> HTMLResponse:
    rows = books.execute(
        "select number, paid_by, (select sum(amount) from refund where payment_no = paid_by)"
        " from bill order by rowid desc limit 20"
    )
    items = "".join(
        f"<li>{escape(number)}: {'paid, ' + escape(paid_by) if paid_by else 'open'}"
        f"{f', {refunded} given back' if refunded else ''}</li>"
        for number, paid_by, refunded in rows
    )
    form = '<form method="post" action="/bills"><button>Pay 物业费</button></form>'
    return HTMLResponse(f"{form}<ul>{items}</ul>")


async def new_payment(request: Request, **how: Any) -> PaymentView:
    """A new bill, and a payment that can be shown to the payer."""
    number = f"bill-{uuid4()}"
    with books:  # Ours is durable before money can move.
        books.execute("insert into bill (number) values (?)", (number,))
    paymesh: AsyncPaymesh = request.app.state.paymesh
    try:
        return await paymesh.payments.create_and_settle(
            merchant_id=MERCHANT_ID,
            merchant_order_no=number,
            amount=AMOUNT,
            subject="物业费 11月",
            notify_url=f"{OWN_URL}/callbacks",
            **how,
        )
    except ApiError as error:
        raise HTTPException(502, f"{error.code} ({error.request_id})") from error
    except NotSettled as error:  # The bill stays open: a callback will tell.
        raise HTTPException(503, "Please look again in a minute.") from error


@app.post("/bills")
async def pay(request: Request) -> RedirectResponse:
    """Off to the centre's page, where the payer chooses how to pay."""
    payment = await new_payment(request, method="cashier", return_url=f"{OWN_URL}/back")
    if not isinstance(payment.action, RedirectAction):
        raise HTTPException(502, payment.status)
    return RedirectResponse(payment.action.url, 303)


@app.post("/api/bills")
async def pay_on_a_phone(
    request: Request,
    channel: Annotated[Literal["wechat", "alipay"], Body()] = "wechat",
    method: Annotated[Literal["mini_program", "app"], Body()] = "mini_program",
    openid: Annotated[str | None, Body()] = None,
) -> PaymentView:
    """For mini programs and apps; the openid is that of your own login (jscode2session)."""
    offers = await request.app.state.paymesh.capabilities.get(merchant_id=MERCHANT_ID)
    how = {"method": method, "payment_id": offers.account(channel, method).payment_id}
    return await new_payment(request, payer=Payer(openid=openid) if openid else None, **how)


@app.get("/api/bills/{number}")
async def is_paid(number: str) -> dict[str, bool]:
    """What a page polls: by what callbacks told, never by what the payer's phone says."""
    row = books.execute("select paid_by from bill where number = ?", (number,)).fetchone()
    return {"paid": row is not None and row[0] is not None}


@app.get("/back")
async def back(request: Request) -> HTMLResponse:
    """The payer is back: what is shown here is signed, but only callbacks are believed."""
    try:
        came = verify_return(str(request.url), SETTINGS.webhook_secret)
    except NotAuthentic as error:
        raise HTTPException(400, str(error)) from error
    return HTMLResponse(f"Your bill {escape(came.merchant_order_no)} is {escape(came.status)}.")


@app.post("/callbacks", response_class=PlainTextResponse)  # JSON would put quotes around it
async def called_back(
    request: Request, event: Annotated[Event, Depends(callback(SETTINGS.webhook_secret))]
) -> str:
    """In any order, and again until it is acknowledged: each changes the same however often."""
    payment, refund = event.payment, event.refund
    if event.type == "payment.succeeded" and payment and await is_settling(request, payment):
        with books:
            pair = (payment.payment_no, payment.merchant_order_no)
            books.execute("update bill set paid_by = ? where number = ?", pair)
    if event.type == "refund.succeeded" and refund and refund.cause not in BY_ITSELF:
        with books:
            row = (refund.refund_no, refund.payment_no, refund.amount)
            books.execute("insert or replace into refund values (?, ?, ?)", row)
    return "success"


async def is_settling(request: Request, payment: PaymentView) -> bool:
    """Whether it pays the bill, and does not go back since it came twice or too late."""
    paymesh: AsyncPaymesh = request.app.state.paymesh
    number, merchant_id = payment.merchant_order_no, payment.merchant_id
    order = await paymesh.orders.get(number, merchant_id=merchant_id)
    back = [each.payment_no for each in order.refunds if each.cause in BY_ITSELF]
    return order.status == "paid" and payment.payment_no not in back


@app.post("/bills/{number}/refund")
async def give_back(number: str, request: Request) -> dict[str, str]:
    """The same `merchant_refund_no` is the same refund, however often this is called."""
    row = books.execute("select paid_by from bill where number = ?", (number,)).fetchone()
    if row is None or row[0] is None:
        raise HTTPException(409, "this bill is not paid")
    paymesh = request.app.state.paymesh
    payment = await paymesh.payments.get(row[0])
    refund = await paymesh.refunds.create(
        merchant_id=payment.merchant_id,
        payment_id=payment.payment_id or "",
        payment_no=payment.payment_no,
        merchant_refund_no=f"all-of-{number}",
        amount=AMOUNT,
        reason="多收退回",
        notify_url=f"{OWN_URL}/callbacks",
    )
    return {"refund_no": refund.refund_no, "status": refund.status}
