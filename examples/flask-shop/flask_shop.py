"""A shop of one bill, on Flask: shows a QR code of WeChat Pay, and hears of payments by pulling.

    flask --app flask_shop run --port 9000    (beside a running `make run`; open http://127.0.0.1:9000)

No address that can be called back is needed: a thread follows the events of the app. The bills and
the place among the events are kept in SQLite, so a restart goes on where the shop was.
"""

import os
import sqlite3
import threading
import time
from html import escape
from uuid import uuid4

from flask import Flask, Response, abort, jsonify, request

from paymesh import (
    ApiError,
    Event,
    NotAuthentic,
    NotSettled,
    PaymentView,
    Paymesh,
    PaymeshError,
    Settings,
    verify,
)
from paymesh.callbacks import MAX_BODY_BYTES
from paymesh.models import QrCodeAction

SETTINGS = Settings.of_environment() if "PAYMESH_URL" in os.environ else Settings.of_demo()
MERCHANT_ID = SETTINGS.merchant_id or os.environ["PAYMESH_MERCHANT_ID"]
BOOKS = os.environ.get("SHOP_BOOKS", "flask-shop.db")
AMOUNT = 1299  # minor units (分)

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES  # what is larger is no callback: 413
paymesh = Paymesh.of(SETTINGS)


def books() -> sqlite3.Connection:
    """A connection of this thread's own."""
    return sqlite3.connect(BOOKS, timeout=10)


with books() as tx:
    tx.executescript("""
        create table if not exists bill
            (number text primary key, payment_no text, qr_code text, paid_by text);
        create table if not exists called_back (event_id text primary key);
        create table if not exists place (place text);
    """)


class Place:
    """Where the shop is among the events, kept beside what they changed."""

    def load(self) -> str | None:
        with books() as tx:
            row = tx.execute("select place from place").fetchone()
        return row[0] if row else None

    def save(self, place: str) -> None:
        with books() as tx:
            tx.execute("delete from place")
            tx.execute("insert into place values (?)", (place,))


def is_settling(payment: PaymentView) -> bool:
    """Money that goes back by itself, since it came twice or too late, pays for nothing."""
    order = paymesh.orders.get(payment.merchant_order_no, merchant_id=payment.merchant_id)
    back = [each.payment_no for each in order.refunds if each.cause in ("duplicate", "late")]
    return order.status == "paid" and payment.payment_no not in back


def deal_with(event: Event) -> None:
    """Each event once, in one transaction with what it changes."""
    payment = event.payment if event.type == "payment.succeeded" else None
    settles = payment is not None and is_settling(payment)
    with books() as tx:
        new = tx.execute("insert or ignore into called_back values (?)", (event.id,)).rowcount
        if new and settles and payment:
            tx.execute(
                "update bill set paid_by = ? where number = ?",
                (payment.payment_no, payment.merchant_order_no),
            )


def follow() -> None:
    while True:  # What could not be dealt with comes again.
        try:
            for event in paymesh.events.follow(store=Place()):
                deal_with(event)
        except PaymeshError as error:
            app.logger.warning("events: %s", error)
            time.sleep(5)


threading.Thread(target=follow, daemon=True).start()


@app.get("/")
def home() -> str:
    with books() as tx:
        rows = tx.execute("select number, paid_by from bill order by rowid desc limit 20")
        items = "".join(
            f'<li><a href="/bills/{escape(number)}">{escape(number)}</a>:'
            f" {'paid' if paid_by else 'open'}</li>"
            for number, paid_by in rows
        )
    form = '<form method="post" action="/bills"><button>Pay 12.99 物业费</button></form>'
    return f"<title>Shop</title>{form}<ul>{items}</ul>"


@app.post("/bills")
def pay() -> Response:
    """A new bill with the QR code that the payer scans."""
    number = f"bill-{uuid4()}"
    with books() as tx:  # Ours is durable before money can move.
        tx.execute("insert into bill (number) values (?)", (number,))
    try:
        offers = paymesh.capabilities.get(merchant_id=MERCHANT_ID)
        payment = paymesh.payments.create_and_settle(
            merchant_id=MERCHANT_ID,
            payment_id=offers.account("wechat", "native").payment_id,
            merchant_order_no=number,
            amount=AMOUNT,
            subject="物业费 11月",
            method="native",
        )
    except ApiError as error:
        abort(502, f"{error.code} ({error.request_id})")
    except NotSettled:
        abort(503, "Please look again in a minute.")
    if isinstance(payment.action, QrCodeAction):
        with books() as tx:
            tx.execute(
                "update bill set payment_no = ?, qr_code = ? where number = ?",
                (payment.payment_no, payment.action.qr_code, number),
            )
    return Response(status=303, headers={"Location": f"/bills/{number}"})


@app.get("/bills/<number>")
def show(number: str) -> Response:
    """What a page of the shop draws and polls: the text of the QR code, and whether it is paid."""
    with books() as tx:
        row = tx.execute(
            "select payment_no, qr_code, paid_by from bill where number = ?", (number,)
        ).fetchone()
    if row is None:
        abort(404)
    return jsonify(number=number, payment_no=row[0], qr_code=row[1], paid_by=row[2])


@app.post("/callbacks")
def called_back() -> str:
    """Callbacks may come as well: the same events by the same ids."""
    try:
        event = verify(dict(request.headers), request.get_data(), SETTINGS.webhook_secret)
    except NotAuthentic:
        abort(401)
    deal_with(event)
    return "success"
