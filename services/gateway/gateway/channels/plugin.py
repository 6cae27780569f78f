"""What a channel plugin is: data and pure functions, no IO and no clock.

A payment walks through it like this:

    method.call(order, account)          → Call       what to ask, in the channel's own words
    wire.sign(call, account, moment)     → Request    the exact bytes
    (the executor sends it)              → Reply      the exact bytes that came back
    wire.verify(reply, call, account, moment) → Answer     signature checked, decoded
    method.outcome(answer, order, account)    → Outcome    one of five

A timeout, a broken or unverifiable reply never reaches `outcome`: the executor says Unknown. A
connection that could not be opened is NotSent.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel

from contracts.actions import Action
from contracts.api import Method
from contracts.money import Money


class Unverifiable(Exception):
    """The signature, the key it names or the time window is wrong, or the text cannot be read."""


# ── what a call is about ──────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class PayOrder:
    """A payment to initiate. `notify_url` is our webhook for this channel account."""

    payment_no: str
    amount: Money
    subject: str
    method: Method
    created_at: datetime
    expires_at: datetime
    notify_url: str
    return_url: str | None = None
    openid: str | None = None
    auth_code: str | None = None
    client_ip: str | None = None


@dataclass(frozen=True, slots=True)
class Trade:
    """A payment that was (perhaps) initiated before: to query or to close."""

    payment_no: str
    amount: Money
    method: Method
    created_at: datetime
    expires_at: datetime
    channel_trade_no: str | None = None


@dataclass(frozen=True, slots=True)
class Refunding:
    """A refund to send or to query; always with the same `refund_no`."""

    trade: Trade
    refund_no: str
    amount: Money
    created_at: datetime
    notify_url: str
    reason: str | None = None
    channel_refund_no: str | None = None


# ── what came of it ───────────────────────────────────────────────────────────────────────────


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

    `is_spoken` False: code and message are the executor's, the channel said nothing.
    """

    code: str
    message: str
    is_spoken: bool = True


Outcome = Succeeded | Pending | Declined | NotSent | Unknown


@dataclass(frozen=True, slots=True)
class NoticedPayment:
    """What a notice says of a payment, by our number."""

    payment_no: str
    outcome: Succeeded | Pending | Declined


@dataclass(frozen=True, slots=True)
class NoticedRefund:
    refund_no: str
    payment_no: str
    outcome: Succeeded | Pending | Declined


Noticed = NoticedPayment | NoticedRefund


# ── on the wire ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Moment:
    """When and with which random text a request is signed or a reply is read."""

    now: datetime
    nonce: str


@dataclass(frozen=True, slots=True)
class Call:
    """An unsigned request. `target` is the path (WeChat, easy) or method name (Alipay)."""

    verb: Literal["GET", "POST"]
    target: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    timeout_s: float = 10


@dataclass(frozen=True, slots=True)
class Request:
    verb: Literal["GET", "POST"]
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """Raw. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A verified, decoded reply. Error replies that channels do not sign arrive here too, marked
    `signed=False`: they may be read as a no, never as a yes."""

    status: int
    content: Mapping[str, Any]
    moment: Moment
    signed: bool = True


@dataclass(frozen=True, slots=True)
class RawNotice:
    """A webhook as it arrived: raw body, header names in lower case."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """An HTTP answer in the channel's own form."""

    status: int
    body: bytes = b""
    media_type: str = "text/plain"


# ── the plugin ────────────────────────────────────────────────────────────────────────────────

AccountT = TypeVar("AccountT")
HolderT = TypeVar("HolderT", contravariant=True)
SubjectT = TypeVar("SubjectT")


class Wire(Protocol[HolderT]):
    """How this channel signs, verifies and encodes."""

    def sign(self, call: Call, account: HolderT, moment: Moment) -> Request: ...

    def verify(self, reply: Reply, call: Call, account: HolderT, moment: Moment) -> Answer:
        """Raises Unverifiable; never trusts what is not signed."""
        ...


PayerDetail = Literal["openid", "auth_code", "client_ip"]


@dataclass(frozen=True, slots=True)
class Operation(Generic[SubjectT, AccountT]):
    """One way to ask: two pure functions, usually the two of a small module.

    `needs`, of a method: what the app must tell of the payer; checked before anything is stored.
    """

    call: Callable[[SubjectT, AccountT], Call]
    outcome: Callable[[Answer, SubjectT, AccountT], Outcome]
    needs: frozenset[PayerDetail] = frozenset()


@dataclass(frozen=True, slots=True)
class HandOver(Generic[AccountT]):
    """A way to pay in which we only sign: the payer's browser or phone carries the request."""

    call: Callable[[PayOrder, AccountT], Call]
    outcome: Callable[[Request], Pending]
    needs: frozenset[PayerDetail] = frozenset()


@dataclass(frozen=True, slots=True)
class Notices(Generic[AccountT]):
    """The channel's webhooks. `read` raises Unverifiable; it may return nothing to do."""

    read: Callable[[RawNotice, AccountT, Moment], list[Noticed]]
    accept: Acknowledgement
    refuse: Acknowledgement


@dataclass(frozen=True, slots=True)
class Plugin(Generic[AccountT]):
    """One channel. `own_urls` names the credential fields that are addresses, with the channel's
    own values. `offers` are the methods that our hosted page may use (none: it has its own)."""

    name: str
    title: str
    credentials: type[BaseModel]
    open_account: Callable[[BaseModel], AccountT]
    own_urls: Mapping[str, frozenset[str]]
    wire: Wire[AccountT]
    methods: Mapping[Method, Operation[PayOrder, AccountT] | HandOver[AccountT]]
    query: Operation[Trade, AccountT]
    close: Operation[Trade, AccountT] | None
    refund: Operation[Refunding, AccountT]
    query_refund: Operation[Refunding, AccountT]
    notices: Notices[AccountT]
    offers: tuple[Method, ...] = ()
    hosted: frozenset[Method] = frozenset()
    currencies: frozenset[str] = frozenset({"CNY"})
