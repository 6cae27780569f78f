"""What the hosted page (收银台) asks the gateway, and what the gateway asks trade-core for it."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field

from contracts.api import Method, OrderSummary, PaymentView, RefundView
from contracts.events.commands import PaymentRef
from contracts.internal.message import Message
from contracts.internal.trade import PaymentOnFile
from contracts.words import Words


class Offer(Message):
    """One account that the page may offer. `method` is the way without a known place of the payer;
    `ways` are all of them. `name` is what payers call it, `wallet` in whose own browser its `jsapi`
    works: one of the checkout's `wallets`."""

    payment_id: str
    channel: str
    method: Method
    ways: Annotated[list[Method], Field(default_factory=list)]
    name: str = ""
    wallet: str | None = None


class CheckoutOnFile(Message):
    """A payment with all of its order. `sequence` is the order's version, as in order-events.
    `latest_ref`: how its channel is asked about the latest attempt, as in `PaymentOnFile`.
    `latest_called_at`: when what calls its payer was made anew; None where that is as old as the
    attempt, and from a trade-core that does not tell. `attempts_over`: our page opens no further
    one."""

    app_id: str
    sequence: int
    payment: PaymentOnFile
    latest_payment_no: str
    payments: list[PaymentView]
    refunds: list[RefundView]
    latest_ref: PaymentRef | None = None
    latest_called_at: datetime | None = None
    attempts_over: bool = False

    @property
    def latest(self) -> PaymentView:
        """The order's latest attempt."""
        return next(each for each in self.payments if each.payment_no == self.latest_payment_no)

    @property
    def latest_begun_at(self) -> datetime:
        """When the latest attempt was begun at its channel, from which the life of its link counts:
        where the payer chose late on our page, that is long after it was created."""
        begun_at = self.latest_ref.initiated_at if self.latest_ref else None
        return begun_at or self.latest.created_at


class Look(Message):
    """How a merchant looks to payers. `colour`: `#rrggbb`. `logo`: where it is, below
    `/pay/logos/`."""

    colour: str | None = None
    logo: str | None = None


SvgPath = Annotated[str, Field(pattern=r"^[MmLlHhVvCcSsQqTtAaZz0-9 .,-]+$", max_length=1000)]

CARD: Final = "M5.5 8.5h13v8h-13zM5.5 11.5h13M8 14.5h3"


class ChannelLook(Message):
    """How a channel looks to payers. `name`: what they call it, `scan`: what is said beside its
    code. Its mark are `lines` and `fills` on a square of 24 in `colour` (`#rrggbb`)."""

    name: Words
    scan: Words | None = None
    colour: Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")] = "#4b5a69"
    lines: Annotated[tuple[SvgPath, ...], Field(max_length=8)] = (CARD,)
    fills: Annotated[tuple[SvgPath, ...], Field(max_length=8)] = ()


Scheme = Annotated[str, Field(pattern=r"^[a-z][a-z0-9+.-]{1,31}$")]
ScriptName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.]{0,63}$")]


class Browser(Message):
    """`says`: what stands, in small letters, in its User-Agent. `own`: the wallet's, where its
    bridge works · `desktop`: its program for computers · `embedded`: it can do neither."""

    says: Annotated[str, Field(min_length=3, max_length=64)]
    place: Literal["own", "desktop", "embedded"]


class Bridge(Message):
    """What a page in the wallet's own browser calls for a `jsapi` payment: `method` of the global
    `object`, which is there once the event `<object>Ready` came, with `function`, the parameters
    of the action and a callback. `members`: by their names there, where not all are given as they
    are. `frames`: schemes of the hidden frames by which it speaks."""

    object: ScriptName
    method: ScriptName
    function: ScriptName
    members: dict[ScriptName, ScriptName] = Field(default_factory=dict)
    frames: tuple[Scheme, ...] = ()


class Wallet(Message):
    """A channel's own program on the payer's device. `browsers`: the first that fits decides.
    `schemes`: of links that open it."""

    browsers: tuple[Browser, ...] = ()
    schemes: tuple[Scheme, ...] = ()
    bridge: Bridge | None = None


class Checkout(Message):
    """What the hosted page shows of one payment, and of the order that it belongs to.

    `page_url` is the public address of this page. `return_url` is signed: where the payer goes back
    to. `sequence` is the order's version: news of the bus with a higher one are newer than this.
    `payments` are the order's attempts, oldest first. `account_names`: what payers call the
    accounts of these attempts, by `payment_id`, where they have a name of their own. `looks`: of
    the channels of the offers and the attempts, by name. `wallets`: of all channels that have one.
    `latest_begun_at` as in `CheckoutOnFile`; None from a gateway that does not tell. `calls_end`:
    until when what calls the payer of an attempt is good, by `payment_no`, where that is not as
    long as it can be paid. `attempts_over` as in `CheckoutOnFile`.
    """

    payment: PaymentView
    order: OrderSummary
    merchant_name: str
    offers: list[Offer]
    return_url: str | None = None
    app_id: str = ""
    sequence: int = 0
    page_url: str = ""
    payments: Annotated[list[PaymentView], Field(default_factory=list)]
    refunds: Annotated[list[RefundView], Field(default_factory=list)]
    look: Look = Look()
    account_names: Annotated[dict[str, str], Field(default_factory=dict)]
    looks: Annotated[dict[str, ChannelLook], Field(default_factory=dict)]
    wallets: Annotated[dict[str, Wallet], Field(default_factory=dict)]
    latest_begun_at: datetime | None = None
    calls_end: Annotated[dict[str, datetime], Field(default_factory=dict)]
    attempts_over: bool = False


class ChooseOffer(Message):
    """`method` None: the way of the offer without a known place of the payer."""

    payment_id: str
    client_ip: str | None = None
    method: Method | None = None


class ChosenPayment(PaymentView):
    """The attempt that the payer's choice made or found; `token` is that of its own page."""

    token: str


class AskWho(Message):
    """The payer is in the wallet of this offer: where does it tell who they are? `visit` is a
    random text that only the payer's browser holds."""

    payment_id: str
    visit: Annotated[str, Field(min_length=16, max_length=64)]


class WhoAsked(Message):
    """The address in the wallet to which the browser goes, and from where it comes back."""

    url: str


class PayerCame(Message):
    """What the wallet sent back with the payer's browser; `visit` as in `AskWho`."""

    state: Annotated[str, Field(max_length=128)]
    code: Annotated[str, Field(max_length=256)]
    visit: Annotated[str, Field(max_length=64)]
    client_ip: str | None = None
