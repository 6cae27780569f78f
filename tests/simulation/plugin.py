"""The gateway's plugin for the third parties of the simulation: as all others, data and pure
functions; its wire is JSON without a signature, but for the account's name on webhooks."""

import json
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from contracts.actions import QrCodeAction
from contracts.api import Method
from contracts.money import Money
from gateway.channels.plugin import (
    Acknowledgement,
    Answer,
    Call,
    CallingBack,
    Declined,
    Moment,
    Noticed,
    NoticedPayment,
    NoticedRefund,
    Notices,
    Operation,
    Outcome,
    PayOrder,
    Pending,
    Plugin,
    RawNotice,
    Refunding,
    Reply,
    Request,
    SharedOut,
    Splits,
    Splitting,
    Succeeded,
    Trade,
    Trial,
    Unknown,
    Unverifiable,
)

CHANNEL = "bank"
SIGNATURE = "account"
ACCEPTED = Acknowledgement(200, b"success")
REFUSED = Acknowledgement(500, b"fail")


class Nothing(BaseModel):
    """There are no credentials."""


class Wire:
    def sign(self, call: Call, account: str, moment: Moment) -> Request:
        body = json.dumps(call.body).encode()
        return Request(call.verb, f"https://{account}.example/{call.target}", {}, body)

    def verify(self, reply: Reply, call: Call, account: str, moment: Moment) -> Answer:
        return Answer(reply.status, json.loads(reply.body or b"{}"), moment)


def plugin(*, can_close: bool) -> Plugin[str]:
    return Plugin(
        name=CHANNEL if can_close else f"{CHANNEL}-without-close",
        title="银行",
        credentials=Nothing,
        open_account=str,
        identity=(),
        overlap=lambda account, _: account,
        own_urls={},
        wire=Wire(),
        methods={
            Method.NATIVE: Operation(_pay, _payment_outcome),
            Method.BARCODE: Operation(_pay, _payment_outcome, frozenset({"auth_code"})),
        },
        query=Operation(_of_trade("query"), _query_outcome if can_close else _last_word),
        close=Operation(_of_trade("close"), _close_outcome) if can_close else None,
        refund=Operation(_of_refund("refund"), _refund_outcome),
        query_refund=Operation(_of_refund("query_refund"), _refund_outcome),
        notices=Notices(_read, ACCEPTED, REFUSED),
        trial=lambda reply, *_: Trial(reply.status == 200, str(reply.status), ""),
        channel_key=lambda _: "key",
        splits=Splits(
            split=Operation(_split, _split_outcome),
            query=Operation(_query_split, _split_outcome),
            call_back=Operation(_call_back, _call_back_outcome),
            gives_back=lambda receiver: True,
        ),
        offers=(Method.NATIVE,),
    )


def _pay(order: PayOrder, account: str) -> Call:
    body = {
        "payment_no": order.payment_no,
        "amount": order.amount.amount_minor,
        "method": order.method,
        "expires_at": order.expires_at.isoformat(),
    }
    return Call("POST", "pay", body=body)


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


def _split(splitting: Splitting, account: str) -> Call:
    shares = [
        {"account": each.account, "amount": each.amount.amount_minor} for each in splitting.shares
    ]
    body = {"payment_no": splitting.trade.payment_no, "split_no": splitting.split_no}
    return Call("POST", "split", body={**body, "shares": shares})


def _query_split(splitting: Splitting, account: str) -> Call:
    body = {"payment_no": splitting.trade.payment_no, "split_no": splitting.split_no}
    return Call("POST", "query_split", body=body)


def _call_back(asked: CallingBack, account: str) -> Call:
    body = {
        "payment_no": asked.trade.payment_no,
        "split_no": asked.share.split_no,
        "account": asked.share.account,
        "amount": asked.share.amount.amount_minor,
        "return_no": asked.share.return_no,
    }
    return Call("POST", "call_back", body=body)


def _payment_outcome(answer: Answer, *_: object) -> Outcome:
    match answer.status, answer.content:
        case 200, {"code": "created", "trade_no": str(number)}:
            return Pending(QrCodeAction(qr_code=f"bank://{number}"), number)
        case 200, {"code": "declined"}:
            return Declined("declined", "no money")
        case _:
            return _query_outcome(answer)


def _query_outcome(answer: Answer, *_: object) -> Outcome:
    match answer.status, answer.content:
        case 200, {"code": "not_found"}:
            return Pending(found=False)
        case 200, content:
            return _told(content) or _nonsense(answer)
        case _:
            return _nonsense(answer)


def _last_word(answer: Answer, asked: Trade, account: str) -> Outcome:
    """Where nobody can close, what has not arrived in its time will not arrive (as at 易生)."""
    said = _query_outcome(answer)
    if isinstance(said, Pending) and not said.found and answer.moment.now > asked.expires_at:
        return Declined("not_found", "it never arrived", closed=True)
    return said


def _close_outcome(answer: Answer, *_: object) -> Outcome:
    match answer.status, answer.content:
        case 200, {"code": "closed"}:
            return Succeeded()
        case 200, {"code": "not_found"}:
            return Succeeded(found=False)
        case 200, {"code": "paid"}:
            return Declined("paid", "the trade is paid")
        case _:
            return _nonsense(answer)


def _refund_outcome(answer: Answer, *_: object) -> Outcome:
    match answer.status, answer.content:
        case 200, {"code": "not_found"}:
            return Pending(found=False)
        case 200, content:
            return _told_of_refund(content) or _nonsense(answer)
        case _:
            return _nonsense(answer)


def _split_outcome(answer: Answer, *_: object) -> Outcome:
    match answer.status, answer.content:
        case 200, {"code": "not_found"}:
            return Pending(found=False)
        case 200, {"code": "divided", "shares": list(shares)}:
            return Succeeded(shares=tuple(map(_shared_out, shares)))
        case 200, {"code": "dividing", "shares": list(shares)}:
            return Pending(shares=tuple(map(_shared_out, shares)))
        case _:
            return _nonsense(answer)


def _shared_out(share: dict[str, Any]) -> SharedOut:
    return SharedOut(share["account"], Money(share["amount"], "CNY"), share["status"])


def _call_back_outcome(answer: Answer, *_: object) -> Outcome:
    match answer.status, answer.content:
        case 200, {"code": "returned"}:
            return Succeeded()
        case 200, {"code": "refused"}:
            return Declined("refused", "the receiver does not give back")
        case 200, {"code": "processing"}:
            return Pending()
        case _:
            return _nonsense(answer)


def _told(content: Any) -> Succeeded | Pending | Declined | None:
    match content:
        case {"code": "created", "trade_no": str(number)}:
            return Pending(channel_no=number)
        case {"code": "closed"}:
            return Declined("closed", "the trade is closed", closed=True)
        case {"code": "paid", "trade_no": str(number), "amount": int(amount), "paid_at": str(at)}:
            return Succeeded(number, Money(amount, "CNY"), datetime.fromisoformat(at))
        case _:
            return None


def _told_of_refund(content: Any) -> Succeeded | Pending | Declined | None:
    match content:
        case {"code": "processing"}:
            return Pending()
        case {"code": "returned", "refund_no": str(number), "amount": int(amount)}:
            return Succeeded(f"T{number[-10:]}", Money(amount, "CNY"))
        case {"code": "refused"}:
            return Declined("refused", "it will not be returned")
        case {"code": "abnormal"}:
            return Declined("abnormal", "the payer's account is closed", abnormal=True)
        case _:
            return None


def _nonsense(answer: Answer) -> Unknown:
    return Unknown(str(answer.content.get("code", answer.status)), "in no table")


def _read(raw: RawNotice, account: str, moment: Moment) -> list[Noticed]:
    if raw.headers.get(SIGNATURE) != account:
        raise Unverifiable("the signature is wrong")
    content = json.loads(raw.body)
    if "refund_no" in content:
        refund = _told_of_refund(content)
        if refund is None:
            return []
        return [NoticedRefund(content["refund_no"], content["payment_no"], refund)]
    paid = _told(content)
    return [] if paid is None else [NoticedPayment(content["payment_no"], paid)]
