"""A payment or refund at 易生 as it is told: `tradeRetCode`, and what stands beside it.

Source: apifox.com/apidoc/docs-site/2466304 (api-75895603 query, 266899504 notification)
"""

from collections.abc import Mapping
from typing import Any, Final

from contracts.money import Money
from gateway.channels.formats import digits, minor_money, read_compact, text, text_or_digits
from gateway.channels.meanings import unlisted_code
from gateway.channels.plugin import Declined, NotUnderstood, Outcome, Pending, Succeeded

CURRENCY: Final = "CNY"
UNDER_WAY: Final = ("", "98", "99")


def read(biz_data: Mapping[str, Any]) -> Outcome:
    """What a signed bizData says of its trade. Only codes known to be final end it."""
    code, message = text_or_digits(biz_data, "tradeRetCode"), text(biz_data, "tradeRetMsg")
    channel_no = text(biz_data, "outTrace") or text(biz_data, "pcTrace") or None
    if code in UNDER_WAY:
        return Pending(channel_no=channel_no)
    match code:
        case "00":
            # The query is not documented to give an amount, and may give none.
            amount = amount_in(biz_data, "tradeAmt", "transAmt")
            # The query's oriBizDate and oriBizTime are those of the order, not of its payment.
            paid_at = text(biz_data, "tradeDate") + text(biz_data, "tradeTime")
            return Succeeded(channel_no, amount, read_compact(paid_at))
        case "06":
            return Declined(code, message)
        case _:
            return unlisted_code(code, message)


def amount_in(content: Mapping[str, Any], *names: str) -> Money | None:
    """The first of these that is told, in fen: products and adapters disagree whether that is a
    number or its digits. None where there is none.

    Raises NotUnderstood where it cannot be read (`compared-with-our-books`).
    """
    given = next((value for name in names if (value := content.get(name)) not in (None, "")), None)
    amount = digits(given)
    if given is not None and amount is None:
        raise NotUnderstood("an amount that cannot be read")
    return minor_money(amount, CURRENCY)
