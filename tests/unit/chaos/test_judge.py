"""The judge of `make chaos` finds what is planted in books that agree."""

from dataclasses import replace

import pytest
from tests.chaos.judge import (
    Asked,
    Books,
    CallbackTaken,
    Fault,
    Order,
    Part,
    Payment,
    Refund,
    Trade,
    judge,
)

ASKED = [Asked("K1", "P1", "R1"), Asked("K2", "P2")]
PAYMENT = Payment("P1", "succeeded", 1299, 500, "T1")
REFUND = Refund("R1", "P1", "succeeded", 500, "requested")
ORDER = Order(
    "K1", "paid", 1299, 500, [PAYMENT], [REFUND],
    {"channel_receivable": 799, "merchant_payable": -799, "refunds_in_flight": 0},
)  # fmt: skip
CLOSED = Order("K2", "closed", 0, 0, [Payment("P2", "closed", 1299, 0, None)], [], {})
TRADE = Trade("P1", "T1", "paid", 1299, 500)
CALLBACKS = [
    CallbackTaken("payment.succeeded", "P1", "E1"),
    CallbackTaken("refund.succeeded", "R1", "E2"),
    CallbackTaken("payment.closed", "P2", "E3"),
    CallbackTaken("payment.succeeded", "P1", "E1"),
]
RIGHT = Books({"K1": ORDER, "K2": CLOSED}, {"P1": TRADE}, CALLBACKS)


def of(order: Order) -> Books:
    return replace(RIGHT, orders={**RIGHT.orders, order.number: order})


def at_channel(*trades: Trade) -> Books:
    return replace(RIGHT, trades={each.payment_no: each for each in trades})


def test_books_that_agree_are_right() -> None:
    assert judge(ASKED, RIGHT) == []


def test_an_app_without_an_answer_may_have_no_order() -> None:
    assert judge([*ASKED, Asked("K3")], RIGHT) == []


PLANTED = {
    "an order": (Part.LOST, replace(RIGHT, orders={"K2": CLOSED})),
    "a payment of an order": (Part.LOST, of(replace(ORDER, payments=[]))),
    "a refund": (Part.LOST, of(replace(ORDER, refunds=[]))),
    "a success": (
        Part.LOST,
        of(replace(ORDER, payments=[replace(PAYMENT, status="closed")])),
    ),
    "an end": (Part.LOST, of(replace(ORDER, payments=[replace(PAYMENT, status="pending")]))),
    "the end of a refund": (
        Part.LOST,
        of(replace(ORDER, refunds=[replace(REFUND, status="processing")])),
    ),
    "a callback": (Part.LOST, replace(RIGHT, callbacks=CALLBACKS[1:3])),
    "a callback of a refund": (Part.LOST, replace(RIGHT, callbacks=[CALLBACKS[0], CALLBACKS[2]])),
    "money nobody knows": (
        Part.LOST,
        at_channel(TRADE, Trade("P9", "T9", "paid", 1299, 0)),
    ),
    "a refund made twice": (Part.DOUBLED, at_channel(replace(TRADE, refunded=1000))),
    "an event under two ids": (
        Part.DOUBLED,
        replace(RIGHT, callbacks=[*CALLBACKS, CallbackTaken("payment.succeeded", "P1", "E9")]),
    ),
    "two payments kept": (
        Part.DOUBLED,
        replace(
            of(replace(ORDER, payments=[PAYMENT, Payment("P3", "succeeded", 1299, 0, "T3")])),
            trades={"P1": TRADE, "P3": Trade("P3", "T3", "paid", 1299, 0)},
        ),
    ),
    "another amount": (Part.WRONG, at_channel(replace(TRADE, amount=1300))),
    "another number of the channel": (
        Part.WRONG,
        at_channel(replace(TRADE, channel_trade_no="T2")),
    ),
    "a success that is none": (Part.WRONG, at_channel(replace(TRADE, state="closed", refunded=0))),
    "a refund that is none": (Part.WRONG, at_channel(replace(TRADE, refunded=0))),
    "a sum of the order": (Part.WRONG, of(replace(ORDER, amount_paid=0))),
    "a state of the order": (Part.WRONG, of(replace(ORDER, status="open"))),
    "a posting": (Part.WRONG, of(replace(ORDER, ledger={"channel_receivable": 1299}))),
    "a forged callback": (
        Part.WRONG,
        replace(
            RIGHT,
            callbacks=[
                *CALLBACKS,
                CallbackTaken("payment.succeeded", "P1", "E1", is_authentic=False),
            ],
        ),
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_what_is_planted_is_found(what: str) -> None:
    part, books = PLANTED[what]
    faults: list[Fault] = judge(ASKED, books)
    assert part in {each.part for each in faults}, faults
