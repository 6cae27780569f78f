"""How payments and refunds are asked for at Acme Pay, and how they are told."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from tests.newcomer.acme import codes
from tests.newcomer.acme.credentials import Account

from contracts.actions import QrCodeAction
from gateway.channels.formats import cut_to_characters, minor_money, text, whole
from gateway.channels.meanings import unlisted_code
from gateway.channels.plugin import (
    Answer,
    Call,
    Declined,
    NotUnderstood,
    Outcome,
    PayOrder,
    Pending,
    Refunding,
    Succeeded,
    Trade,
    Unverifiable,
    clean,
)

SUBJECT_CHARACTERS: Final = 64


def pay(order: PayOrder, account: Account) -> Call:
    body = {
        "number": order.payment_no,
        "amount": order.amount.amount_minor,
        "currency": order.amount.currency,
        "subject": cut_to_characters(clean(order.subject), SUBJECT_CHARACTERS),
        "ends_at": int(order.expires_at.timestamp()),
        "notify_url": order.notify_url,
    }
    return Call("POST", "/acme/pay", body=body)


def paying(answer: Answer, order: PayOrder, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.PAY):
        return refusal
    check(answer.content, order.payment_no)
    if not text(answer.content, "qr_code"):
        raise Unverifiable("no code")
    return Pending(QrCodeAction(qr_code=text(answer.content, "qr_code")))


def query(asked: Trade, account: Account) -> Call:
    return Call("POST", "/acme/query", body={"number": asked.payment_no})


def queried(answer: Answer, asked: Trade, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.QUERY):
        return refusal
    check(answer.content, asked.payment_no)
    return stated(answer.content)


def close(asked: Trade, account: Account) -> Call:
    return Call("POST", "/acme/close", body={"number": asked.payment_no})


def closed(answer: Answer, asked: Trade, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.CLOSE):
        return refusal
    check(answer.content, asked.payment_no)
    return Succeeded()


def refund(asked: Refunding, account: Account) -> Call:
    body = {
        "number": asked.refund_no,
        "of": asked.trade.payment_no,
        "amount": asked.amount.amount_minor,
        "notify_url": asked.notify_url,
    }
    return Call("POST", "/acme/refund", body=body)


def query_refund(asked: Refunding, account: Account) -> Call:
    return Call("POST", "/acme/query-refund", body={"number": asked.refund_no})


def refunded(answer: Answer, asked: Refunding, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.REFUND):
        return refusal
    check(answer.content, asked.refund_no)
    return stated(answer.content)


def check(content: Mapping[str, Any], number: str) -> None:
    if text(content, "number") != number:
        raise Unverifiable("the answer speaks of another")


def stated(content: Mapping[str, Any]) -> Outcome:
    channel_no = text(content, "acme_no") or None
    match text(content, "state"):
        case "done":
            amount = minor_money(whole(content, "amount"), text(content, "currency"))
            if amount is None or channel_no is None:
                raise NotUnderstood("without its amount or number")
            at = whole(content, "done_at")
            return Succeeded(channel_no, amount, datetime.fromtimestamp(at or 0, UTC))
        case "open":
            return Pending(channel_no=channel_no)
        case "ended":
            return Declined("ended", text(content, "message"), closed=True)
        case state:
            return unlisted_code(state, "")
