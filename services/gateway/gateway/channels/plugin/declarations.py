"""What a plugin declares: its wire, its ways to ask, its notifications, all of it as one value."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, Literal, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel

from contracts.actions import ActionType
from contracts.api import MAX_URL_CHARACTERS, Method
from contracts.internal import ChannelLook, Wallet
from contracts.money import MAX_AMOUNT, Money
from contracts.words import Words
from gateway.channels.plugin.forms import CredentialForm
from gateway.channels.plugin.logins import PayerLogin
from gateway.channels.plugin.messages import (
    Acknowledgement,
    Answer,
    Call,
    Moment,
    RawNotification,
    Reply,
    Request,
)
from gateway.channels.plugin.outcomes import Blame, Notified, Outcome, Pending, Trial
from gateway.channels.plugin.statements import (
    Statement,
    StatementKind,
    StatementPage,
    StatementPlace,
    StatementRequest,
    StatementRow,
)
from gateway.channels.plugin.subjects import PayOrder, Refunding, SplitReturning, Splitting, Trade

AccountT = TypeVar("AccountT")
HolderT = TypeVar("HolderT", contravariant=True)
SubjectT = TypeVar("SubjectT")


class Wire(Protocol[HolderT]):
    """How this channel signs, verifies and encodes."""

    def sign(self, call: Call, account: HolderT, moment: Moment) -> Request: ...

    def verify(self, reply: Reply, call: Call, account: HolderT, moment: Moment) -> Answer:
        """Raises Unverifiable; never trusts what is not signed."""
        ...


def more_than_taken(most: Money) -> Words:
    """What is wrong with more money than a channel takes at once."""
    return Words(f"超过渠道单笔上限：{most}", f"is more than the channel takes: {most}")


PayerDetail = Literal["openid", "auth_code", "client_ip"]


@dataclass(frozen=True, slots=True)
class Operation(Generic[SubjectT, AccountT]):
    """One way to ask: two pure functions, usually the two of a small module.

    `needs`, of a method: what the app must tell of the payer; checked before anything is stored.
    `action`, of a method: how the payer is then called.
    """

    call: Callable[[SubjectT, AccountT], Call]
    outcome: Callable[[Answer, SubjectT, AccountT], Outcome]
    needs: frozenset[PayerDetail] = frozenset()
    action: ActionType = "none"


@dataclass(frozen=True, slots=True)
class HandOver(Generic[AccountT]):
    """A way to pay in which we only sign: the payer's browser or phone carries the request."""

    call: Callable[[PayOrder, AccountT], Call]
    outcome: Callable[[Request], Pending]
    needs: frozenset[PayerDetail] = frozenset()
    action: ActionType = "none"


@dataclass(frozen=True, slots=True)
class Notifications(Generic[AccountT]):
    """The channel's webhooks. `read` raises Unverifiable, and Question where the channel must be
    asked; it may return nothing to do. `is_shared`: whether the channel signs for this account what
    may be about others; the second are all accounts of the channel. `accept_of`: instead of
    `accept`, where that is agreed with each account."""

    read: Callable[[RawNotification, AccountT, Moment], list[Notified]]
    accept: Acknowledgement
    refuse: Acknowledgement
    is_shared: Callable[[AccountT, Iterable[AccountT]], bool] = lambda *_: False
    accept_of: Callable[[AccountT], Acknowledgement] | None = None


@dataclass(frozen=True, slots=True)
class KeyRenewal(Generic[AccountT]):
    """The channel's own keys, where they change while an account is in use (certificate mode).

    `call` asks for the key of this name, or with "" for all that are in use; None: this account
    has nothing to ask for. `learn` gives the account with the keys of the reply; it brings its own
    proof, and raises Unverifiable where that fails. `every_s`: how often all are asked for; None:
    only when an unknown key is met. `ends`: when those that were learned end, by name.
    """

    call: Callable[[str, AccountT], Call | None]
    learn: Callable[[Reply, Call, AccountT, Moment], AccountT]
    every_s: float | None = None
    ends: Callable[[AccountT], Mapping[str, datetime]] = lambda _: {}


@dataclass(frozen=True, slots=True)
class Statements(Generic[AccountT]):
    """The channel's statements. `call` asks for one and `place` reads the answer: the place where
    it lies, the statement itself or a page of it where the answer carries that, or why there is
    none (Pending with `found` False: nothing was moved that day). `download` fetches the file from
    its place; `read` gives the account's own rows of it, and raises Unverifiable where it is not
    what was announced.
    Channels that answer with places have both."""

    kinds: frozenset[StatementKind]
    call: Callable[[StatementRequest, AccountT], Call]
    place: Callable[
        [Answer, StatementRequest, AccountT],
        StatementPlace | StatementPage | Statement | Outcome,
    ]
    download: Callable[[StatementPlace, AccountT, Moment], Request] | None = None
    read: (
        Callable[[Reply, StatementPlace, StatementRequest, AccountT], list[StatementRow]] | None
    ) = None


@dataclass(frozen=True, slots=True)
class StatementFile(Generic[AccountT]):
    """The statement of a day where there is none to fetch: a person downloads it at the channel's
    own console and uploads it at ours. `about` tells that person which file is meant. `read` gives
    the account's own rows of it, what cannot be read among them set aside, and raises
    UnreadableFile where it is no such file at all."""

    about: Words
    read: Callable[[bytes, StatementRequest, AccountT], list[StatementRow]]


@dataclass(frozen=True, slots=True)
class Splits(Generic[AccountT]):
    """How the channel divides a payment among receivers (分账).

    `return_split` asks one receiver to give back, before the refund; None: the refund itself asks
    them. `gives_back`: whether a receiver of this account can be asked at all.
    """

    split: Operation[Splitting, AccountT]
    query: Operation[Splitting, AccountT]
    return_split: Operation[SplitReturning, AccountT] | None
    gives_back: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Undo(Generic[AccountT]):
    """Takes a payment back whole before it is cleared (撤销), in place of a refund.

    `is_for`: whether this refund begins as one, told by what is stored of it and of its payment
    and by no clock, so that each repeat speaks of the same. `send` is repeated with the same
    number, and `query` tells what became of it: Declined where it came to nothing. For such a
    refund the plugin's `refund` and `query_refund` then use a number of their own. When it may not
    begin any more (`may_begin`), it is only asked about.
    """

    is_for: Callable[[Refunding], bool]
    send: Operation[Refunding, AccountT]
    query: Operation[Refunding, AccountT]
    may_begin: Callable[[Refunding], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class FormerQuery(Generic[AccountT]):
    """How a payment is asked about that an earlier release initiated, where that one named payments
    otherwise. `is_for`: whether it may be one, by what the channel answers to `Plugin.query`; what
    it answers to `query` counts then."""

    is_for: Callable[[Trade, Outcome], bool]
    query: Operation[Trade, AccountT]


TrialReader: TypeAlias = Callable[[Reply, Call, AccountT, Moment], Trial]
"""Reads the reply to `Plugin.trial_call`, or to a query for a payment that cannot exist; raises
Unverifiable, which blames the credential that `Plugin.channel_key` names."""


@dataclass(frozen=True, slots=True)
class Plugin(Generic[AccountT]):
    """One channel. `title` is what people call it, `look` how payers see it on our page.
    `own_urls` names the credential fields that are addresses, with the channel's
    own values. `offers` are the methods that our hosted page may use (none: it has its own), the
    first where nothing is known of the payer's place. `wallet`: the channel's own program on
    payers' devices, where it has one: how its browser is known, the bridge there by which `jsapi`
    works, and what links open it; `login`: how it tells who the payer is.

    `identity` names the credentials that say whose account it is: they never change, but those of
    `learnt_later` may be told later, once. `overlap` gives the first account, which also believes
    what is signed or sealed under the keys of the second, an earlier one of the same identity.
    `has_serials`: the channel's form of a number cannot hold ours, so that each gets a short one.
    `trial_call`: what tries credentials out, where the channel can say more than that a payment
    does not exist. `refunds_bounce`: a refund to a card is said to be done before the bank has
    taken it (退票). `refunds_apart_s`: so long apart refunds of one payment are sent, where the
    channel wants that and has no code for one that came too soon.
    `channel_key` names the credential that verifies what the channel signs, `unknown_key` what is
    wrong where it signs with a key of this name, that nobody entered. `form`: how people enter the
    credentials.

    `refund_keys`, of a channel that keeps its refusals, or takes a call for a while only: by which
    keys this refund may be sent now, each only after the channel repeated its refusal of the one
    before; none: not now (`calling.money_back`). `later_refund_keys`: by which it is asked about as
    well, where the channel knows a refund by its key.

    `undo`: what a refund may begin with. `closes`: the ways to pay whose payments `close` can end
    (None: all); others end by their time.

    A channel has `statements` that we fetch, or a `statement_file` that people upload.

    `max_amount`: in minor units, as much as the channel takes at once; `amount_fault`, where that
    is not all there is to say: why it cannot carry an amount of one of its `currencies`, "" where
    it can. `return_url_characters`: how long a `return_url` may be, where that is less than apps
    may send. They are asked before anything is stored.

    `codes_live`: the ways to pay whose payers are called by something that does not live as long as
    the payment, and how long it lives; the same order again gives it anew, for the one trade.

    `products`: the other APIs that this third party sells, by name, each a plugin of the same
    channel with the same credentials; `product_of` names the one that an account has. A credential
    that became part of the identity later meant `identity_before` until then.
    """

    name: str
    title: Words
    credentials: type[BaseModel]
    open_account: Callable[[BaseModel], AccountT]
    identity: tuple[str, ...]
    overlap: Callable[[AccountT, AccountT], AccountT]
    own_urls: Mapping[str, frozenset[str]]
    wire: Wire[AccountT]
    methods: Mapping[Method, Operation[PayOrder, AccountT] | HandOver[AccountT]]
    query: Operation[Trade, AccountT]
    close: Operation[Trade, AccountT] | None
    refund: Operation[Refunding, AccountT]
    query_refund: Operation[Refunding, AccountT]
    notifications: Notifications[AccountT]
    trial: TrialReader[AccountT]
    channel_key: Callable[[AccountT], str]
    closes: frozenset[Method] | None = None
    trial_call: Callable[[AccountT], Call] | None = None
    undo: Undo[AccountT] | None = None
    former_query: FormerQuery[AccountT] | None = None
    refund_keys: Callable[[Refunding], tuple[str, ...]] | None = None
    later_refund_keys: Callable[[Refunding], tuple[str, ...]] = lambda _: ()
    refund_abnormal: Operation[Refunding, AccountT] | None = None
    keys: KeyRenewal[AccountT] | None = None
    statements: Statements[AccountT] | None = None
    statement_file: StatementFile[AccountT] | None = None
    splits: Splits[AccountT] | None = None
    offers: tuple[Method, ...] = ()
    look: ChannelLook | None = None
    wallet: Wallet | None = None
    login: PayerLogin[AccountT] | None = None
    hosted: frozenset[Method] = frozenset()
    has_serials: bool = False
    refunds_bounce: bool = False
    refunds_apart_s: int | None = None
    learnt_later: frozenset[str] = frozenset()
    currencies: frozenset[str] = frozenset({"CNY"})
    max_amount: int = MAX_AMOUNT
    amount_fault: Callable[[Money], Words | None] | None = None
    return_url_characters: int = MAX_URL_CHARACTERS
    codes_live: Mapping[Method, timedelta] = field(default_factory=dict)
    unknown_key: Callable[[AccountT, str], Blame | None] = lambda *_: None
    form: CredentialForm = field(default_factory=CredentialForm)
    products: Mapping[str, "Plugin[AccountT]"] = field(default_factory=dict)
    product_of: Callable[[AccountT], str] = lambda _: ""
    identity_before: Mapping[str, str] = field(default_factory=dict)

    def seen_by_payers(self) -> ChannelLook:
        return self.look or ChannelLook(name=self.title)

    def carries(self, money: Money) -> bool:
        """Whether the channel takes this amount of this currency."""
        return money.currency in self.currencies and not self.fault_of(money)

    def fault_of(self, money: Money) -> Words | None:
        """Why it cannot carry this amount of one of its currencies; None where it can."""
        if money.amount_minor > self.max_amount:
            return more_than_taken(Money(self.max_amount, money.currency))
        return None if self.amount_fault is None else self.amount_fault(money)

    def closing(self, method: Method) -> Operation[Trade, AccountT] | None:
        """How a payment by this method is ended; None where only time ends it."""
        return self.close if self.closes is None or method in self.closes else None

    def of(self, account: AccountT) -> "Plugin[AccountT]":
        """The product that this account has: its ways to pay and its operations."""
        return self.products.get(self.product_of(account), self)

    def list_products(self) -> list["Plugin[AccountT]"]:
        """Itself, and the others that are sold under the same name."""
        return [self, *self.products.values()]

    def list_methods(self) -> list[Method]:
        """Those of all products."""
        return list(dict.fromkeys(way for each in self.list_products() for way in each.methods))
