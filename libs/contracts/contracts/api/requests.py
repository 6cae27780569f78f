"""What apps ask for: strict models, no unknown field, no coercion."""

import hashlib
import ipaddress
import re
import unicodedata
from functools import lru_cache
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationInfo,
    field_validator,
)
from pydantic_core import to_json

from contracts.api.vocabulary import Method
from contracts.money import MAX_AMOUNT, MINOR_DIGITS, Money

MAX_EXPIRY_S = 7 * 24 * 3600
"""The shortest of the channels' limits (WeChat Native, 7 days)."""

MAX_URL_CHARACTERS: Final = 512

_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")


_UNSEEN: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_DECEIVING: Final = frozenset(
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u200e\u200f"
    "\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069"
    "\u206a\u206b\u206c\u206d\u206e\u206f\u3164\ufeff\uffa0\ufff9\ufffa\ufffb"
)
"""Bidi controls and characters without width: two texts that look the same must be the same."""


def _printable(text: str) -> str:
    if any(unicodedata.category(c) in _UNSEEN for c in text):
        raise ValueError("must not contain control characters")
    if not _DECEIVING.isdisjoint(text) or any("\U000e0000" <= c <= "\U000e007f" for c in text):
        raise ValueError("must not contain bidi controls or characters without width")
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _no_path_step(number: str) -> str:
    """A number stands in addresses, where these two mean something else."""
    if number in (".", ".."):
        raise ValueError("must not be . or ..")
    return number


def _known_currency(code: str) -> str:
    if code not in MINOR_DIGITS:
        raise ValueError("is not a currency of this centre")
    return code


@lru_cache(maxsize=1_024)  # An app names the same ones again and again.
def _http_url(url: str) -> str:
    """Only what can be said without a look at the network; the notifier checks every dial."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError("is not a URL") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ValueError("must be an http or https URL")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not carry a user or password")
    if parts.fragment or not url.isprintable() or " " in url or "\\" in url:
        raise ValueError("must not contain spaces, backslashes, a fragment or what is not seen")
    _check_host(parts.hostname)
    return url


@lru_cache(maxsize=1_024)
def _check_host(host: str) -> None:
    """No number in disguise (127.1, 0x7f.1), and no literal that nobody's server has."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
            raise ValueError("the host is neither a name nor an address") from None
        return
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        raise ValueError("the host is not an address of a server")


def _ip_address(text: str) -> str:
    """As channels take it: an IPv4 address that came in IPv6's clothes without them."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError as error:
        raise ValueError("is not an IP address") from error
    if isinstance(address, ipaddress.IPv4Address):
        return text
    if address.scope_id is not None:
        raise ValueError("must not have a scope: it means nothing elsewhere")
    return text if address.ipv4_mapped is None else str(address.ipv4_mapped)


def _small_metadata(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if len(to_json(value)) > 4096:
        raise ValueError("is longer than 4,096 bytes of JSON")
    if _holds_huge_number(value):
        raise ValueError("holds a whole number of more than 64 bits")
    return value


def _holds_huge_number(value: JsonValue) -> bool:
    match value:
        case int():
            return not -(2**63) <= value < 2**63
        case dict():
            return any(map(_holds_huge_number, value.values()))
        case list():
            return any(map(_holds_huge_number, value))
        case _:
            return False


AppNumber = Annotated[
    str,
    Field(pattern=r"^[0-9A-Za-z_\-.:@]{1,64}$", examples=["W2026-001"]),
    AfterValidator(_no_path_step),
]
"""A number given by the app: `merchant_order_no`, `merchant_refund_no`, `merchant_split_no`."""

Amount = Annotated[int, Field(strict=True, ge=1, le=MAX_AMOUNT, examples=[1299])]
"""Minor units (分)."""

Currency = Annotated[str, AfterValidator(_known_currency), Field(examples=["CNY"])]
Subject = Annotated[
    str, Field(min_length=1, max_length=127, examples=["物业费 11月"]), AfterValidator(_printable)
]
HttpUrl = Annotated[str, Field(max_length=MAX_URL_CHARACTERS), AfterValidator(_http_url)]
Reason = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_printable)]
Identifier = Annotated[str, Field(min_length=1, max_length=64)]
Metadata = Annotated[dict[str, JsonValue], AfterValidator(_small_metadata)]


class ApiRequest(BaseModel):
    """What an app asks for: no unknown field, no coercion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    def fingerprint(self) -> str:
        """The same for the same values, whatever the order or spacing of the JSON was."""
        return hashlib.sha256(
            to_json(_sorted(self.model_dump(mode="json", exclude_none=True)))
        ).hexdigest()


def _sorted(value: Any) -> Any:
    match value:
        case dict():
            return {key: _sorted(value[key]) for key in sorted(value)}
        case list():
            return [_sorted(item) for item in value]
        case _:
            return value


class Payer(ApiRequest):
    """Who pays, as far as the method must know: `openid` in WeChat, `auth_code` for barcode."""

    openid: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    auth_code: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{8,64}$")] | None = None
    client_ip: Annotated[str, AfterValidator(_ip_address)] | None = None


class SplitReceiver(ApiRequest):
    """Who gets how much of a payment, and what they read about it."""

    account: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_printable)]
    amount: Amount
    description: Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_printable)]


def _different_accounts(receivers: list[SplitReceiver]) -> list[SplitReceiver]:
    if len({receiver.account for receiver in receivers}) < len(receivers):
        raise ValueError("names an account twice")
    return receivers


SplitReceivers = Annotated[
    list[SplitReceiver], Field(max_length=50), AfterValidator(_different_accounts)
]


class CreatePayment(ApiRequest):
    """`POST /v1/payments`: take this money for this order through this channel account.

    `split`: whom the centre shall give what as soon as it is paid; the rest is the merchant's.
    `splits`: it will be split later by `POST /v1/splits`; channels that must know it when they are
    asked to take the money (WeChat Pay) then hold it until it is split.
    """

    merchant_id: Identifier
    merchant_order_no: AppNumber
    amount: Amount
    currency: Currency = "CNY"
    subject: Subject
    method: Annotated[Method, Field(strict=False)]
    payment_id: Annotated[Identifier | None, Field(validate_default=True)] = None
    payer: Payer | None = None
    notify_url: HttpUrl | None = None
    return_url: HttpUrl | None = None
    expires_in_s: Annotated[int, Field(ge=1, le=MAX_EXPIRY_S)] = 7200
    metadata: Metadata = Field(default_factory=dict)
    split: SplitReceivers = Field(default_factory=list)
    splits: bool = False

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def will_split(self) -> bool:
        """Whether the channel must be asked for a payment that will be split."""
        return self.splits or bool(self.split)

    @field_validator("payment_id")
    @classmethod
    def _channel_account_is_named(cls, payment_id: str | None, info: ValidationInfo) -> str | None:
        if payment_id is None and info.data.get("method", Method.CASHIER) is not Method.CASHIER:
            raise ValueError('may be absent only with method "cashier"')
        return payment_id

    @field_validator("split")
    @classmethod
    def _split_fits(cls, split: list[SplitReceiver], info: ValidationInfo) -> list[SplitReceiver]:
        if sum(receiver.amount for receiver in split) > info.data.get("amount", MAX_AMOUNT):
            raise ValueError("is more than the amount of the payment")
        return split


class CloseOrder(ApiRequest):
    """`POST /v1/orders/{merchant_order_no}/close`."""

    merchant_id: Identifier


class CreateRefund(ApiRequest):
    """`POST /v1/refunds`: give this much of this payment back; a repeat is the same refund."""

    merchant_id: Identifier
    payment_id: Identifier
    payment_no: Identifier
    merchant_refund_no: AppNumber
    amount: Amount
    reason: Reason | None = None
    notify_url: HttpUrl | None = None


class CreateSplit(ApiRequest):
    """`POST /v1/splits`: divide this much of a paid payment; a repeat is the same split.

    `finish`: nothing more will be split of it, the rest becomes the merchant's at once.
    """

    merchant_id: Identifier
    payment_no: Identifier
    merchant_split_no: AppNumber
    receivers: Annotated[SplitReceivers, Field(min_length=1)]
    finish: bool = False
