"""/v1/splits."""

from collections.abc import Sequence
from datetime import datetime

from paymesh import exchange
from paymesh.calls import lists
from paymesh.exchange import Call, Stream, path, post
from paymesh.models.answers import SplitPage
from paymesh.models.money import SplitView
from paymesh.models.requests import CreateSplit, SplitReceiver
from paymesh.models.vocabulary import SplitStatus


def create(
    *,
    merchant_id: str,
    payment_no: str,
    merchant_split_no: str,
    receivers: Sequence[SplitReceiver],
    finish: bool = False,
) -> Call[SplitView]:
    """Divide this much of a paid payment; `finish`: the rest becomes the merchant's at once. The
    same `merchant_split_no` again is the same split.

    Raises:
        SplitExceedsPaid: more than is left after refunds.
    """
    asked = exchange.asked(CreateSplit, {**locals(), "receivers": list(receivers)})
    return post(path("splits"), SplitView, asked, is_repeatable=True)


def get(split_no: str) -> Call[SplitView]:
    """One split, by our number (`S…`)."""
    return exchange.get(path("splits", split_no), SplitView)


def find(*, merchant_id: str, merchant_split_no: str) -> Call[SplitView]:
    """One split, by your own number. Raises NotFound."""
    query = {"merchant_id": merchant_id, "merchant_split_no": merchant_split_no}
    return exchange.get(path("splits"), SplitView, query)


def list_(
    *,
    status: SplitStatus | str | None = None,
    merchant_id: str | None = None,
    channel: str | None = None,
    merchant_order_no: str | None = None,
    payment_no: str | None = None,
    channel_trade_no: str | None = None,
    created_from: datetime | None = None,
    created_to: datetime | None = None,
    paid_from: datetime | None = None,
    paid_to: datetime | None = None,
    order: str | None = None,
    after: str | None = None,
) -> Stream[SplitView]:
    """All splits that fit; the newest first. By your own number: `find`."""
    return lists.items("splits", SplitPage, dict(locals()))
