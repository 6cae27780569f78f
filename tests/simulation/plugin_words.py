"""What the third parties of the simulation say, as outcomes: pure functions of the plugin."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from contracts.actions import QrCodeAction, RedirectAction
from contracts.money import Money
from gateway.channels.formats import payable_until
from gateway.channels.plugin import (
    Answer,
    Declined,
    Disputed,
    GivenBack,
    Moment,
    Notified,
    NotifiedPayment,
    NotifiedRefund,
    Outcome,
    Pending,
    RawNotification,
    Request,
    SharedOut,
    Statement,
    StatementRow,
    Succeeded,
    Trade,
    Unknown,
    Unverifiable,
)

SIGNATURE: Final = "account"


def payment_outcome(answer: Answer, *_: object) -> Outcome:
    match answer.status, answer.content:
        case 200, {"code": "created", "trade_no": str(number)}:
            return Pending(QrCodeAction(qr_code=f"bank://{number}"), number)
        case 200, {"code": "declined"}:
            return Declined("declined", _message(answer.content, "no money"))
        case _:
            return query_outcome(answer)


def query_outcome(answer: Answer, *_: object) -> Outcome:
    match answer.status, answer.content:
        case 200, {"code": "not_found"}:
            return Pending(found=False)
        case 200, content:
            return _settled(content) or _nonsense(answer)
        case _:
            return _nonsense(answer)


def last_word(answer: Answer, asked: Trade, account: str) -> Outcome:
    """Where nobody can close, what has not arrived in its time will not arrive (as at 易生)."""
    outcome, over_at = query_outcome(answer), payable_until(asked)
    if isinstance(outcome, Pending) and not outcome.found and answer.moment.now > over_at:
        return Declined("not_found", "it never arrived", closed=True)
    return outcome


def close_outcome(answer: Answer, *_: object) -> Outcome:
    match answer.status, answer.content:
        case 200, {"code": "closed"}:
            return Succeeded()
        case 200, {"code": "not_found"}:
            return Succeeded(found=False)
        case 200, {"code": "reversed"}:
            return Succeeded(is_reversed=True)
        case 200, {"code": "paid"}:
            return Declined("paid", "the trade is paid")
        case _:
            return _nonsense(answer)


def refund_outcome(answer: Answer, *_: object) -> Outcome:
    match answer.status, answer.content:
        case 200, {"code": "not_found"}:
            return Pending(found=False)
        case 200, content:
            return _settled_refund(content) or _nonsense(answer)
        case _:
            return _nonsense(answer)


def split_outcome(answer: Answer, *_: object) -> Outcome:
    match answer.status, answer.content:
        case 200, {"code": "not_found"}:
            return Pending(found=False)
        case 200, {"code": "refused"}:
            return Declined("refused", _message(answer.content, "there is nothing to divide"))
        case 200, {"code": "divided", "shares": list(shares)}:
            return Succeeded(shares=tuple(map(_shared_out, shares)))
        case 200, {"code": "dividing", "shares": list(shares)}:
            return Pending(shares=tuple(map(_shared_out, shares)))
        case _:
            return _nonsense(answer)


def _shared_out(share: dict[str, Any]) -> SharedOut:
    amount = Money(share["amount"], share["currency"])
    return SharedOut(share["account"], amount, share["status"])


def split_return_outcome(answer: Answer, *_: object) -> Outcome:
    match answer.status, answer.content:
        case 200, {"code": "returned"}:
            return Succeeded()
        case 200, {"code": "refused"}:
            return Declined("refused", "the receiver does not give back")
        case 200, {"code": "processing"}:
            return Pending()
        case _:
            return _nonsense(answer)


def statement(answer: Answer, *_: object) -> Statement | Outcome:
    match answer.status, answer.content:
        case 200, {"code": "statement", "rows": list(rows)}:
            return Statement(tuple(map(_statement_row, rows)))
        case _:
            return _nonsense(answer)


def _statement_row(row: dict[str, Any]) -> StatementRow:
    members = {name: value for name, value in row.items() if name != "currency"}
    return StatementRow(**{**members, "amount": _money(row), "at": None})


def link(request: Request) -> Pending:
    """The payer carries the request."""
    return Pending(RedirectAction(url=request.url))


def _settled(content: Any) -> Succeeded | Pending | Declined | None:
    match content:
        case {"code": "created", "trade_no": str(number)}:
            return Pending(channel_no=number)
        case {"code": "closed"}:
            return Declined("closed", _message(content, "the trade is closed"), closed=True)
        case {"code": "paid" | "reversed", "trade_no": str(number), "paid_at": str(at)}:
            return Succeeded(
                number,
                _money(content),
                datetime.fromisoformat(at),
                given_back=_given_back(content),
                disputed=_disputed(content),
            )
        case _:
            return None


def _settled_refund(content: Any) -> Succeeded | Pending | Declined | None:
    match content:
        case {"code": "processing"}:
            return Pending()
        case {"code": "returned", "refund_no": str(number)}:
            return Succeeded(f"T{number[-10:]}", _money(content))
        case {"code": "refused"}:
            return Declined("refused", _message(content, "it will not be returned"))
        case {"code": "abnormal"}:
            message = _message(content, "the payer's account is closed")
            return Declined("abnormal", message, abnormal=True)
        case _:
            return None


def _money(content: Any) -> Money:
    return Money(content["amount"], content["currency"])


def _given_back(content: Any) -> GivenBack | None:
    disputed = _disputed(content)
    if disputed is not None and not disputed.is_won:
        total = Money(content["returned"] + disputed.amount.amount_minor, content["currency"])
        return GivenBack(total, disputed.number, disputed.amount)
    if not content["returned"]:
        return None
    return GivenBack(Money(content["returned"], content["currency"]), content["return_no"])


def _disputed(content: Any) -> Disputed | None:
    match content.get("dispute"):
        case {"number": str(number), "amount": int(amount), "is_won": bool(is_won)}:
            return Disputed(number, Money(amount, content["currency"]), is_won)
        case _:
            return None


def _message(content: Any, usual: str) -> str:
    return str(content.get("message", usual))


def _nonsense(answer: Answer) -> Unknown:
    code = str(answer.content.get("code", answer.status))
    return Unknown(code, _message(answer.content, "in no table"))


def read(raw: RawNotification, account: str, moment: Moment) -> list[Notified]:
    if raw.headers.get(SIGNATURE) != account:
        raise Unverifiable("the signature is wrong")
    content = json.loads(raw.body)
    at = datetime.fromisoformat(content["at"])
    if "refund_no" in content:
        refund = _settled_refund(content)
        if refund is None:
            return []
        refund = replace(refund, asked_at=at, said_at=at)
        return [NotifiedRefund(content["refund_no"], content["payment_no"], refund)]
    paid = _settled(content)
    if paid is None:
        return []
    return [NotifiedPayment(content["payment_no"], replace(paid, asked_at=at, said_at=at))]
