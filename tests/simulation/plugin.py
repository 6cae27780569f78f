"""The gateway's plugin for the third parties of the simulation: as all others, data and pure
functions; its wire is JSON without a signature, but for the account's name on webhooks."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel
from tests.simulation import plugin_words as words

from contracts.api import Method
from contracts.words import Words
from gateway.channels.formats import payable_until
from gateway.channels.plugin import (
    Acknowledgement,
    Answer,
    Call,
    HandOver,
    Moment,
    Notifications,
    Operation,
    PayOrder,
    Plugin,
    Refunding,
    Reply,
    Request,
    SplitReturning,
    Splits,
    Splitting,
    StatementRequest,
    Statements,
    Trade,
    Trial,
)

CHANNEL = "bank"
ACCEPTED = Acknowledgement(200, b"success")
REFUSED = Acknowledgement(500, b"fail")


class Nothing(BaseModel):
    """There are no credentials."""


class Wire:
    def sign(self, call: Call, account: str, moment: Moment) -> Request:
        body = json.dumps(call.body).encode()
        if call.verb == "GET":
            url = f"https://{account}.example/{call.target}?{quote(body)}"
            return Request(call.verb, url, {}, b"")
        return Request(call.verb, f"https://{account}.example/{call.target}", {}, body)

    def verify(self, reply: Reply, call: Call, account: str, moment: Moment) -> Answer:
        return Answer(reply.status, json.loads(reply.body or b"{}"), moment)


def plugin(*, can_close: bool) -> Plugin[str]:
    return Plugin(
        name=CHANNEL if can_close else f"{CHANNEL}-without-close",
        title=Words("银行", "Bank"),
        credentials=Nothing,
        open_account=str,
        identity=(),
        overlap=lambda account, _: account,
        own_urls={},
        wire=Wire(),
        methods={
            Method.NATIVE: Operation(_pay, words.payment_outcome),
            Method.H5: HandOver(_hand_over, words.link),
            Method.BARCODE: Operation(_pay, words.payment_outcome, frozenset({"auth_code"})),
        },
        query=Operation(_of_trade("query"), words.query_outcome if can_close else words.last_word),
        close=Operation(_of_trade("close"), words.close_outcome) if can_close else None,
        refund=Operation(_of_refund("refund"), words.refund_outcome),
        query_refund=Operation(_of_refund("query_refund"), words.refund_outcome),
        notifications=Notifications(words.read, ACCEPTED, REFUSED),
        trial=lambda reply, *_: Trial(reply.status == 200, str(reply.status), ""),
        channel_key=lambda _: "key",
        splits=Splits(
            split=Operation(_split, words.split_outcome),
            query=Operation(_query_split, words.split_outcome),
            return_split=Operation(_return_split, words.split_return_outcome),
            gives_back=lambda receiver: True,
        ),
        statements=Statements(frozenset({"trade"}), _statement, words.statement),
        offers=(Method.NATIVE,),
        currencies=frozenset({"CNY", "JPY", "USD"}),
    )


def _pay(order: PayOrder, account: str) -> Call:
    body = {
        "payment_no": order.payment_no,
        "amount": order.amount.amount_minor,
        "currency": order.amount.currency,
        "method": order.method,
        "auth_code": order.auth_code or "",
        "expires_at": payable_until(order).isoformat(),
    }
    return Call("POST", "pay", body=body)


def _hand_over(order: PayOrder, account: str) -> Call:
    return replace(_pay(order, account), verb="GET")


def _of_trade(operation: str) -> Any:
    def call(trade: Trade, account: str) -> Call:
        return Call("POST", operation, body={"payment_no": trade.payment_no})

    return call


def _of_refund(operation: str) -> Any:
    def call(refunding: Refunding, account: str) -> Call:
        body = {
            "payment_no": refunding.trade.payment_no,
            "refund_no": refunding.refund_no,
            "amount": refunding.amount.amount_minor,
        }
        return Call("POST", operation, body=body)

    return call


def _statement(asked: StatementRequest, account: str) -> Call:
    return Call("POST", "statement", body={"day": asked.day.isoformat()})


def _split(splitting: Splitting, account: str) -> Call:
    shares = [
        {
            "account": each.account,
            "amount": each.amount.amount_minor,
            "currency": each.amount.currency,
        }
        for each in splitting.shares
    ]
    body = {"payment_no": splitting.trade.payment_no, "split_no": splitting.split_no}
    return Call("POST", "split", body={**body, "shares": shares})


def _query_split(splitting: Splitting, account: str) -> Call:
    body = {"payment_no": splitting.trade.payment_no, "split_no": splitting.split_no}
    return Call("POST", "query_split", body=body)


def _return_split(asked: SplitReturning, account: str) -> Call:
    body = {
        "payment_no": asked.trade.payment_no,
        "split_no": asked.share.split_no,
        "account": asked.share.account,
        "amount": asked.share.amount.amount_minor,
        "return_no": asked.share.return_no,
    }
    return Call("POST", "call_back", body=body)
