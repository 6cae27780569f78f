"""What trade-core adds up for people: fees by the channel statements, money moved in a period."""

from datetime import date

from contracts.internal.message import Message


class FeeSum(Message):
    """What channels kept of the payments of a day or month (`period`: its first day), or of a
    merchant, app or channel (`part`); of all where both are null. In minor units."""

    period: date | None
    part: str | None
    amount: int


class FeeSums(Message):
    """Only what statements tell that were compared; of what is not in there nothing is known."""

    items: list[FeeSum]


class Movement(Message):
    """What an app's orders moved of a merchant's money in a Beijing day, by the time of booking;
    `opening + captured - refunded - split - fees` is what the day ends with."""

    app_id: str
    day: date
    captured: int
    refunded: int
    split: int
    fees: int


class Opening(Message):
    """What the days before left: the closing of the last of them."""

    app_id: str
    amount: int


class PeriodStatement(Message):
    """Several Beijing days of a merchant's money in one currency, app by app, in minor units.

    An app that never moved any is not in there, a day on which it moved none neither. `currencies`:
    all that moved up to the last day. `is_final`: nothing can be booked into these days any more.
    """

    merchant_id: str
    currency: str
    currencies: list[str]
    is_final: bool
    openings: list[Opening]
    movements: list[Movement]
