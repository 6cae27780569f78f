"""What the gateway tells of channels and their statements."""

from datetime import date, datetime
from typing import Literal

from pydantic import JsonValue

from contracts.api import Method
from contracts.internal.message import Message


class ChannelDescription(Message):
    """What a channel plugin offers, for people and forms. `credentials_schema`: JSON Schema."""

    channel: str
    title: str
    methods: list[Method]
    credentials_schema: dict[str, JsonValue]


class ChannelList(Message):
    items: list[ChannelDescription]


class CheckCredentials(Message):
    """Whether these credentials are complete, parse and belong together; nothing is kept."""

    credentials: dict[str, JsonValue]


class ChannelBillRow(Message):
    """One movement as the channel booked it; `amount` came in, or went out where it is negative.

    The numbers are "" where the channel names none; `channel_no` is that of the trade or, in a row
    about a refund, of the refund. `state` is the channel's own word.
    """

    kind: Literal["payment", "refund", "other"]
    payment_no: str
    refund_no: str
    channel_no: str
    amount: int
    currency: str
    at: datetime | None
    state: str


class ChannelBill(Message):
    """A channel's statement of one day (Beijing time), whole; no rows where nothing was moved."""

    payment_id: str
    channel: str
    day: date
    kind: Literal["trade", "funds"]
    rows: list[ChannelBillRow]
