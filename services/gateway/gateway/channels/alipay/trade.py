"""An Alipay trade: how we write it when we ask for one, how it reads in answers and notifications.

Source: opendocs.alipay.com/open/02ekfg (create), 02e7gq (query), 05osv9 (states)
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from gateway.channels.alipay import limits
from gateway.channels.formats import (
    cut_to_characters,
    decimal_money,
    json_text,
    payable_until,
    read_spaced,
    spaced,
    text,
)
from gateway.channels.meanings import unlisted_code
from gateway.channels.plugin import (
    Call,
    Declined,
    GivenBack,
    NotUnderstood,
    Outcome,
    PayOrder,
    Pending,
    Succeeded,
)

CURRENCY: Final = "CNY"
CLOSED: Final = "TRADE_CLOSED"
FORBIDDEN: Final = str.maketrans("/=&", "／＝＆")
"""Alipay refuses these in a subject; their full-width forms read the same."""


def write(order: PayOrder, product_code: str | None) -> dict[str, Any]:
    """What all ways to pay have in common; None leaves it to Alipay what it is paid as. The same at
    each repeat: Alipay answers a repeat with the first trade, and refuses the number if anything
    differs."""
    content: dict[str, Any] = {
        "out_trade_no": order.payment_no,
        "total_amount": order.amount.decimal(),
        "subject": cut_to_characters(order.subject.translate(FORBIDDEN), limits.SUBJECT_CHARACTERS),
        "time_expire": spaced(payable_until(order)),
    }
    if product_code is not None:
        content["product_code"] = product_code
    if order.client_ip:
        content["business_params"] = {"mc_create_trade_ip": order.client_ip}
    if order.will_split:
        # Held until it is split; what is not marked so is split out of the merchant's balance.
        content["extend_params"] = {"royalty_freeze": "true"}
    return content


def asking(method: str, order: PayOrder, content: Mapping[str, Any]) -> Call:
    """A call of ours, with our address for Alipay's notifications."""
    return Call("POST", method, {"notify_url": order.notify_url}, content)


def handing(
    verb: Literal["GET", "POST"], method: str, order: PayOrder, content: Mapping[str, Any]
) -> Call:
    """A call that the payer's browser makes, and where it goes afterwards."""
    query = {"notify_url": order.notify_url, "return_url": order.return_url or ""}
    return Call(verb, method, query, carried(content))


def carried(content: Mapping[str, Any]) -> dict[str, Any]:
    """As the payer's browser or phone carries it: there Alipay takes `business_params` as JSON
    text, and elsewhere as an object."""
    written = dict(content)
    if "business_params" in written:
        written["business_params"] = json_text(written["business_params"])
    return written


def read(content: Mapping[str, Any], *, paid_at: str) -> Outcome:
    """What a signed trade says; `paid_at` names the field that tells when it was paid.

    TRADE_CLOSED is said of trades that were never paid, and of those given back in full.
    """
    state = text(content, "trade_status")
    paid = text(content, paid_at)
    match state:
        case "WAIT_BUYER_PAY":
            return Pending(channel_no=text(content, "trade_no") or None)
        case "TRADE_CLOSED" if not paid and given_back(content) is None:
            return Declined(state, "the trade was closed unpaid", closed=True)
        case "TRADE_SUCCESS" | "TRADE_FINISHED" | "TRADE_CLOSED":
            return read_paid(content, paid)
        case _:
            return unlisted_code(state, "a trade in an unknown state")


def read_paid(content: Mapping[str, Any], paid: str) -> Succeeded:
    """What a signed, paid trade says; `paid` is the text of its time."""
    amount = decimal_money(text(content, "total_amount"), CURRENCY)
    channel_no = text(content, "trade_no")
    if amount is None or not channel_no:
        raise NotUnderstood("a paid trade without its amount or number")
    back = given_back(content)
    if back is None and text(content, "trade_status") == CLOSED:
        back = GivenBack(amount)
    return Succeeded(channel_no, amount, read_spaced(paid), given_back=back)


def given_back(content: Mapping[str, Any]) -> GivenBack | None:
    """`refund_fee` is the sum of all refunds of the trade, whoever made them; none is told as an
    absent, an empty or a zero one."""
    amount = decimal_money(text(content, "refund_fee"), CURRENCY)
    return GivenBack(amount) if amount is not None and amount.amount_minor > 0 else None
