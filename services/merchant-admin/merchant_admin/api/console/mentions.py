"""Where the things live that other pages speak of: each number leads to its page."""

from typing import Final
from urllib.parse import quote

from contracts.identifiers import PREFIX, Kind, is_id

PAGES: Final[dict[Kind, str]] = {
    "merchant": "/console/merchants/{}",
    "app": "/console/apps/{}",
    "channel_account": "/console/channel-accounts/{}",
    "order": "/console/orders/{}",
    "payment": "/console/payments/{}",
    "refund": "/console/search?q={}",
    "split": "/console/search?q={}",
    "event": "/console/deliveries/{}",
    "statement": "/console/reconciliations/{}",
    "approval": "/console/approvals",
    "api_token": "/console/tokens",
    "counter_code": "/console/counter-codes",
}


def page_of_thing(number: object) -> str | None:
    """None for what is no number of ours, or has no page."""
    if not isinstance(number, str):
        return None
    kinds: list[Kind] = [kind for kind in PREFIX if is_id(kind, number)]
    return PAGES[kinds[0]].format(quote(number)) if kinds and kinds[0] in PAGES else None


DECIDED_ABOVE: Final = frozenset({"conflicted", "abnormal"})
"""States in which an order's page begins with a card on which people decide."""


def order_path(order_id: str, number: str, status: str) -> str:
    """The order's page, at what has this number; from its beginning where that waits for people."""
    place = "" if status in DECIDED_ABOVE else f"#{number}"
    return f"/console/orders/{order_id}{place}"
