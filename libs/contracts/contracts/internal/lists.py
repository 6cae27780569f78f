"""What an app lists to catch up: its payments, orders, refunds and splits, page by page."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from contracts.internal.message import Message
from contracts.text import storable

MAX_ITEMS: Final = 100


Storable = Annotated[str, AfterValidator(storable)]


class ListQuery(Message):
    """Filters are all to hold; None filters by nothing. `merchant_ids`: those that the app may see
    now. Times are of the listed thing: `created_from` is in, `created_to` is out. `number` is the
    app's own number of a refund or split. `after` is the cursor of the page before."""

    app_id: str
    merchant_ids: list[str]
    status: Storable | None = None
    channel: Storable | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    paid_from: datetime | None = None
    paid_to: datetime | None = None
    merchant_order_no: Storable | None = None
    payment_no: Storable | None = None
    channel_trade_no: Storable | None = None
    number: Storable | None = None
    after: str | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_ITEMS)] = MAX_ITEMS
    order: Literal["asc", "desc"] = "desc"
