"""The statement of a Beijing day: what an app's orders moved of a merchant's money."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StrictInt

LineKind = Literal[
    "captured", "refunded", "refunded_outside", "refund_bounced",
    "split", "split_returned", "split_kept", "fees",
]  # fmt: skip
"""`refunded_outside`: a person settled it by other means. `refund_bounced`: the payer's bank sent
it back. `split_returned`: what receivers gave back for a refund; `split_kept`: which they kept
after all. `fees`: what the channel kept of the app's payments of one account and day."""


class StatementLine(BaseModel):
    """One movement, in the order of the ledger. A number is null where there is none."""

    at: Annotated[datetime, Field(description="When it was booked, RFC 3339 in UTC")]
    kind: LineKind
    amount: Annotated[
        StrictInt, Field(description="Minor units (分); positive came in, negative went out")
    ]
    currency: str
    channel: str | None
    payment_id: Annotated[str, Field(description="The channel account")]
    merchant_order_no: str | None
    payment_no: str | None
    channel_trade_no: str | None
    refund_no: str | None
    merchant_refund_no: str | None
    split_no: str | None
    merchant_split_no: str | None


class DayStatement(BaseModel):
    """What your orders moved of this merchant's money in one currency, by the time of booking in
    the ledger: `opening + captured - refunded - split - fees = closing`, all in minor units."""

    date: Annotated[date, Field(description="The day in Beijing, [00:00, 24:00)")]
    merchant_id: str
    currency: str
    currencies: Annotated[
        list[str], Field(description="All that moved up to this day; each has its own statement")
    ]
    is_final: Annotated[
        bool, Field(description="Nothing can be booked into this day any more; else as of now")
    ]
    opening: Annotated[StrictInt, Field(description="The closing of the day before")]
    captured: Annotated[
        StrictInt,
        Field(description="Taken from payers, also what went back later as duplicate or late"),
    ]
    refunded: Annotated[
        StrictInt,
        Field(description="Back with payers, by the channel or outside, less what bounced"),
    ]
    split: Annotated[
        StrictInt, Field(description="Received by receivers of splits, less what was returned")
    ]
    fees: Annotated[
        StrictInt,
        Field(
            description="What channels kept of your payments, by the channel statements that were"
            " compared on this day: mostly those of the day before"
        ),
    ]
    closing: StrictInt
    lines: list[StatementLine]
    next_cursor: Annotated[str | None, Field(description="Where the lines go on; null at the end")]
