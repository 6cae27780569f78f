"""What all ways to pay have in common: an order was placed, and something calls the payer.

Source: s.apifox.cn/9758ecc8 (trade/native, trade/jsapi)
"""

from collections.abc import Callable, Mapping
from typing import Any

from contracts.actions import Action
from gateway.channels.easy.direct import codes, trade
from gateway.channels.formats import text
from gateway.channels.meanings import unlisted_code
from gateway.channels.plugin import Answer, Declined, Outcome, PayOrder, Pending, Unverifiable

TAKEN = frozenset({"", trade.UNDER_WAY, trade.PAID})
"""Of an order that was placed: adapters disagree which of them is said. None says that it is paid;
that is for the query and the notification."""


def outcome(
    answer: Answer, order: PayOrder, action_of: Callable[[Mapping[str, Any]], Action]
) -> Outcome:
    if refusal := codes.find_refusal(answer):
        return refusal
    body = answer.content["rspBody"]
    trade.check_it_is(body, order.payment_no)
    state, meaning = trade.state_of(body)
    if state in TAKEN:
        return Pending(action_of(body), channel_no=trade.channel_no_of(body))
    if state in trade.CLOSED:
        return Declined(state, meaning, closed=True)
    return unlisted_code(state, meaning) if state not in trade.FAILED else Declined(state, meaning)


def code_in(body: Mapping[str, Any]) -> str:
    """What the code that is shown holds."""
    code = text(body, "respOrderInfo", "qrCode")
    if not code:
        raise Unverifiable("no qrCode")
    return code
