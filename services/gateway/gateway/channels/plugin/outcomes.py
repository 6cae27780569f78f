"""What came of a call, and what a channel tells without being asked."""

from dataclasses import dataclass
from datetime import datetime

from contracts.actions import Action
from contracts.money import Money


@dataclass(frozen=True, slots=True)
class Succeeded:
    """Done: the money was taken (pay, query, notice), went back (refund), or the trade is closed
    or never came to be (close; then `found` is False). `amount` is the channel's word, None where
    it gave none."""

    channel_no: str | None = None
    amount: Money | None = None
    at: datetime | None = None
    found: bool = True


@dataclass(frozen=True, slots=True)
class Pending:
    """It stands and is not final. `action` calls the payer; `found` False: no such trade there."""

    action: Action | None = None
    channel_no: str | None = None
    found: bool = True


@dataclass(frozen=True, slots=True)
class Declined:
    """The channel's final no. `closed`: it ended the trade unpaid (query). `abnormal`: it took
    the refund but could not return the money, a person must decide."""

    code: str
    message: str
    closed: bool = False
    abnormal: bool = False


@dataclass(frozen=True, slots=True)
class NotSent:
    """The channel surely did nothing: refused before any work, or never reached.

    `is_spoken` False: code and message are the executor's, the channel said nothing.
    """

    code: str
    message: str
    is_spoken: bool = True


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say what the channel did; ask again with the same number.

    `is_spoken` False: code and message are the executor's, the channel said nothing. `is_listed`
    False: the channel said what stands in none of its tables; people must hear of it.
    """

    code: str
    message: str
    is_spoken: bool = True
    is_listed: bool = True


Outcome = Succeeded | Pending | Declined | NotSent | Unknown


@dataclass(frozen=True, slots=True)
class NoticedPayment:
    """What a notice says of a payment, by our number.

    `is_hint`: the signature does not cover the number, so that true words may be repeated under
    another payment's. Such a notice makes the gateway ask the channel, and is itself no result.
    """

    payment_no: str
    outcome: Succeeded | Pending | Declined
    is_hint: bool = False


@dataclass(frozen=True, slots=True)
class NoticedRefund:
    refund_no: str
    payment_no: str
    outcome: Succeeded | Pending | Declined


Noticed = NoticedPayment | NoticedRefund
