"""How an order is written for UnionPay, and how a trade is read.

A trade is known by merId, orderId and txnTime: our number, and the second in which it was begun.
UnionPay takes none that was begun about an hour ago or longer, so that of a payment which the payer
chose on our page it is the second of the choice.

Source: open.unionpay.com (acpAPIId=901, 交易状态查询)
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from contracts.api import Method
from contracts.identifiers import is_id
from contracts.money import Money
from gateway.channels.formats import (
    BEIJING,
    compact,
    cut_to_bytes,
    payable_until,
    read_compact,
    text,
)
from gateway.channels.meanings import unlisted_code
from gateway.channels.plugin import (
    Call,
    Declined,
    NotUnderstood,
    Outcome,
    PayOrder,
    Pending,
    Succeeded,
    Trade,
    Unverifiable,
)
from gateway.channels.unionpay import codes, limits
from gateway.channels.unionpay.wire import QUERY_PATH, SUCCESS

PAYMENT, REFUND, UNDO, QUERY, REVERSAL = "01", "04", "31", "00", "99"
IN_ANSWER, IN_NOTIFICATION = "origRespCode", "respCode"
"""Where it stands how a trade went: in the answer to a query, and in a notification."""

INTERNET, MOBILE = "07", "08"
CURRENCIES: Final[Mapping[str, str]] = {
    "156": "CNY", "344": "HKD", "392": "JPY", "446": "MOP", "840": "USD",
    "978": "EUR",
}  # fmt: skip
"""By the number of ISO 4217: those that UnionPay's cards are of."""

_GATEWAY, _OTHERS = "000201", "000000"
_SUB_TYPES: Final[Mapping[Method, str]] = {
    Method.PC: "01", Method.H5: "01", Method.APP: "01",
    Method.NATIVE: "07", Method.BARCODE: "06",
}  # fmt: skip
_TROUBLESOME: Final = str.maketrans(dict.fromkeys("&={}[]", " "))
"""What separates fields in messages that are not encoded."""

CLOSED_AFTER: Final = timedelta(minutes=5)
"""How long after `payTimeout` a payer who is on the page already may still finish."""


def key(number: str, made_at: datetime) -> dict[str, str]:
    """What names a trade at UnionPay."""
    return {"orderId": number, "txnTime": compact(made_at)}


def product(method: Method) -> dict[str, str]:
    """What kind of business it is; the same in the payment, its query and its refund."""
    is_page = method in (Method.PC, Method.H5)
    return {
        "bizType": _GATEWAY if is_page else _OTHERS,
        "channelType": INTERNET if method is Method.PC else MOBILE,
    }


def ask_about(method: Method, number: str, made_at: datetime) -> Call:
    """How a trade stands, whatever it is: a payment, a refund or an undo."""
    return Call(
        "POST",
        QUERY_PATH,
        body={
            "txnType": QUERY,
            "txnSubType": "00",
            "bizType": product(method)["bizType"],
            **key(number, made_at),
        },
    )


def write(order: PayOrder) -> dict[str, Any]:
    """The order, for every way to pay."""
    subject = cut_to_bytes(order.subject.translate(_TROUBLESOME), limits.DESCRIPTION_BYTES)
    return {
        "txnType": PAYMENT,
        "txnSubType": _SUB_TYPES[order.method],
        **product(order.method),
        **key(order.payment_no, order.begun_at),
        "txnAmt": str(order.amount.amount_minor),
        "currencyCode": next(n for n, name in CURRENCIES.items() if name == order.amount.currency),
        "backUrl": order.notify_url,
        "payTimeout": compact(payable_until(order)),
        "orderDesc": subject.strip(),
    }


def is_over(trade: Trade, now: datetime) -> bool:
    """Nobody can pay it any more."""
    return now > payable_until(trade) + CLOSED_AFTER


def check_it_is(content: Mapping[str, Any], number: str, made_at: datetime) -> None:
    """Raises Unverifiable where the answer speaks of another trade."""
    asked = key(number, made_at)
    if any(text(content, name) != value for name, value in asked.items()):
        raise Unverifiable("the answer speaks of another trade")


def read(content: Mapping[str, Any], code_name: str) -> Outcome:
    """How the trade went, by `IN_ANSWER` or `IN_NOTIFICATION`."""
    code, message = text(content, code_name), text(content, code_name.replace("Code", "Msg"))
    channel_no = text(content, "queryId") or None
    if code in SUCCESS:
        if channel_no is None:
            raise NotUnderstood("a trade that was made, without its number")
        return Succeeded(channel_no, _amount(content), _settled_at(content))
    if code in codes.UNDER_WAY:
        return Pending(channel_no=channel_no)
    if code in codes.SYSTEM_TROUBLE and code_name == IN_NOTIFICATION:
        return Pending()  # The query tells how it went.
    if code in codes.FAILED:
        return Declined(code, message)
    return unlisted_code(code, message)


def without_number(outcome: Outcome) -> Outcome:
    """Of an undo: what is under way may come to nothing, and then the refund has another number."""
    return replace(outcome, channel_no=None) if isinstance(outcome, Pending) else outcome


def number_after_undo(refund_no: str) -> str:
    """The `orderId` of a refund that follows an undo, which has the `refund_no` itself."""
    return refund_no + REFUND


def refund_no_of(number: str) -> str:
    """Of which refund of ours this `orderId` is; "" for what is none."""
    refund_no = number if is_id("refund", number) else number.removesuffix(REFUND)
    return refund_no if is_id("refund", refund_no) else ""


def _amount(content: Mapping[str, Any]) -> Money:
    """Raises NotUnderstood for what cannot be compared (`compared-with-our-books`)."""
    amount, currency = text(content, "txnAmt"), CURRENCIES.get(text(content, "currencyCode"))
    if currency is None or not (amount.isascii() and amount.isdecimal()):
        raise NotUnderstood("an amount that cannot be read")
    return Money(int(amount), currency)


def _settled_at(content: Mapping[str, Any]) -> datetime | None:
    """`traceTime` has no year: of all such moments it is the one nearest to the trade's making.
    None without it: when a trade was made, is not when it was paid."""
    made_at, moment = read_compact(text(content, "txnTime")), text(content, "traceTime")
    if made_at is None:
        return None
    year = made_at.astimezone(BEIJING).year
    found = [read_compact(f"{each}{moment}") for each in (year - 1, year, year + 1)]
    near = [each for each in found if each is not None]
    return min(near, key=lambda each: abs(each - made_at), default=None)
