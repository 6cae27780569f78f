"""A payment or refund at 易企通 2.0: how it is written, and how it is told (`transState`).

Its number there (`orgTrace`) is ours as it is: no form is prescribed, and the signature covers it.
Its day (`transDate`) goes with it: that on which it was begun, which for a payment that the payer
chose on our page is the day of the choice.

Source: s.apifox.cn/9758ecc8 (trade/native, trade/jsapi, trade/tradeQuery); `timeEnd` as in
易企通 1.0
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from contracts.money import Money
from gateway.channels.easy import limits
from gateway.channels.easy.credentials import Account
from gateway.channels.easy.trade import amount_in
from gateway.channels.easy.wire import OWN_DEVICE
from gateway.channels.formats import (
    compact,
    cut_to_bytes,
    read_compact,
    text,
    text_or_digits,
)
from gateway.channels.meanings import unlisted_code
from gateway.channels.plugin import (
    Declined,
    GivenBack,
    NotUnderstood,
    Outcome,
    PayOrder,
    Pending,
    Succeeded,
    Unverifiable,
)

PAID, UNDER_WAY, RETURNED, REVERSED = "0", "9", "2", "R"
FAILED: Final = ("X", "E")
CLOSED: Final = ("A", "C")


def write(
    order: PayOrder, account: Account, pay_type: str, payer: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The order, for every way to pay."""
    return {
        **merchant(account),
        "reqOrderInfo": {
            "orgTrace": order.payment_no,
            "transAmount": order.amount.amount_minor,
            "orderSub": cut_to_bytes(order.subject, limits.SUBJECT_BYTES),
            "backUrl": order.notify_url,
        },
        "payInfo": {"payType": pay_type, "transDate": day_of(order.begun_at), **(payer or {})},
        "riskData": {"customerIp": order.client_ip or OWN_DEVICE},
    }


def merchant(account: Account) -> dict[str, Any]:
    """Whose payment it is."""
    return {"reqInfo": {"mchtCode": account.mer_code}}


def original(number: str, begun_at: datetime) -> dict[str, str]:
    """How a payment or refund is named afterwards."""
    return {"oriOrgTrace": number, "oriTransDate": day_of(begun_at)}


def day_of(moment: datetime) -> str:
    return compact(moment)[:8]


def check_it_is(body: Mapping[str, Any], number: str) -> None:
    """Raises Unverifiable where the answer speaks of another trade."""
    paths = ("respOrderInfo", "oriOrgTrace"), ("respOrderInfo", "orgTrace")
    if next((named for path in paths if (named := text(body, *path))), "") != number:
        raise Unverifiable("the answer speaks of another trade")


def read(body: Mapping[str, Any]) -> Outcome:
    """What a signed body says of a payment. Only states known to be final end it."""
    state, meaning = state_of(body)
    channel_no = channel_no_of(body)
    if state == UNDER_WAY:
        return Pending(channel_no=channel_no)
    if state == PAID:
        amount = amount_of(body, "transAmount")
        if amount is None or not channel_no:
            raise NotUnderstood("a payment without its amount or number")
        return Succeeded(channel_no, amount, ended_at(body))
    if state in CLOSED:
        return Declined(state, meaning, closed=True)
    if state == REVERSED:
        return Declined(state, meaning, closed=True, given_back=GivenBack())
    return ended_badly(state, meaning)


def ended_badly(state: str, meaning: str) -> Outcome:
    """A failure, or a state that nobody has heard of."""
    return Declined(state, meaning) if state in FAILED else unlisted_code(state, meaning)


def state_of(body: Mapping[str, Any]) -> tuple[str, str]:
    """`transState`, and what it says in words. Adapters disagree whether 0, 2 and 9 are numbers."""
    info = "respStateInfo"
    return text_or_digits(body, info, "transState"), text(body, info, "transStatusDesc")


def ended_at(body: Mapping[str, Any]) -> datetime | None:
    return read_compact(text_or_digits(body, "respOrderInfo", "timeEnd"))


def channel_no_of(body: Mapping[str, Any]) -> str | None:
    return text_or_digits(body, "respOrderInfo", "outTrace") or None


def amount_of(body: Mapping[str, Any], name: str) -> Money | None:
    """None where it tells none. Raises NotUnderstood for one that cannot be read."""
    info = body.get("respOrderInfo")
    return amount_in(info, name) if isinstance(info, Mapping) else None
