"""The other end of the line in plugin tests: a channel of our own, with keys made for this run.

Written from the channels' documents, not from the plugins: what it verifies and signs is a second
opinion on the plugins' wire code.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from types import ModuleType
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from contracts.api import Method
from contracts.money import Money
from gateway.channels.plugin import (
    HandOver,
    Moment,
    PayOrder,
    Plugin,
    RawNotification,
    Refunding,
    Reply,
    Request,
    Share,
    SplitReturn,
    SplitReturning,
    Splitting,
    Trade,
)

NOW = datetime(2026, 1, 31, 4, 0, 0, tzinfo=UTC)
BEIJING = timezone(timedelta(hours=8))
MOMENT = Moment(NOW, "0123456789abcdef0123456789abcdef")
NOTIFY_URL = "https://pay.example/webhooks/channel/C01"
LANDING_URL = "https://cashier.example/pay/landing"
PAYMENT_NO = "P01JGZ7K8M9N0P1Q2R3S4T5V6W7"
OTHER_PAYMENT_NO = "P01JGZ7K8M9N0P1Q2R3S4T5V6W8"
REFUND_NO = "R01JGZ7K8M9N0P1Q2R3S4T5V6W7"
OTHER_REFUND_NO = "R01JGZ7K8M9N0P1Q2R3S4T5V6W8"
AMOUNT = Money(1299, "CNY")
CHANNEL_NO = "2026013122001400000000000001"
SPLIT_NO = "S01JGZ7K8M9N0P1Q2R3S4T5V6W7"
OTHER_SPLIT_NO = "S01JGZ7K8M9N0P1Q2R3S4T5V6W8"
RETURN_NO = f"{REFUND_NO}-1"
MERCHANT, PERSON = "2088000000000201", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
SHARES = {MERCHANT: 300, PERSON: 200}


class Pair:
    """An RSA key pair, used the way the channels' documents say."""

    def __init__(self, bits: int = 2048) -> None:
        self.private = rsa.generate_private_key(65537, bits)

    @property
    def private_pem(self) -> str:
        return self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    @property
    def pkcs1_pem(self) -> str:
        return self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        ).decode()

    @property
    def public_pem(self) -> str:
        return (
            self.private.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode()
        )

    def sign(self, content: bytes) -> str:
        signature = self.private.sign(content, padding.PKCS1v15(), hashes.SHA256())
        return base64.b64encode(signature).decode()

    def is_signed(self, content: bytes, signature: str) -> bool:
        try:
            self.private.public_key().verify(
                base64.b64decode(signature), content, padding.PKCS1v15(), hashes.SHA256()
            )
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class Asked:
    """A request as the channel understood it, its signature verified."""

    operation: str
    content: Mapping[str, Any]


Change = Callable[[dict[str, Any]], dict[str, Any]]


def unchanged(content: dict[str, Any]) -> dict[str, Any]:
    return content


class Side(Protocol):
    """One channel's end. `asked` raises AssertionError where the request is not signed well.

    `change` is done to what it tells before that is signed. `signs_answers` False: TLS alone proves
    whose they are. `tells_amounts` False: its answer to a query need not say how much was paid, and
    `tells_refund_amounts` False, how much went back. `tells_numbers` False: what was paid may be
    told without the channel's number. `tells_paid_at` False: its answer to a query does not say
    when.
    """

    plugin: Plugin[Any]
    change: Change
    signs_answers: bool
    tells_amounts: bool
    tells_refund_amounts: bool
    tells_numbers: bool
    tells_paid_at: bool

    def credentials(self) -> dict[str, Any]: ...

    def asked(self, request: Request) -> Asked: ...

    def prepared(self, method: Method, payment_no: str) -> Reply:
        """The yes to an initiation: it waits for its payer (payment codes: or it was paid)."""
        ...

    def paid(self, payment_no: str, amount_minor: int = 1299) -> Reply: ...

    def unpaid(self, payment_no: str) -> Reply: ...

    def of_unknown_state(self, payment_no: str) -> Reply: ...

    def closed(self, method: Method, payment_no: str) -> Reply: ...

    def refund_taken(self, refund_no: str, payment_no: str) -> Reply: ...

    def refund_returned(self, refund_no: str, payment_no: str) -> Reply: ...

    def split_taken(self, split_no: str) -> Reply:
        """The yes to a split of `SHARES`, before anybody has theirs (channels that split)."""
        ...

    def split_reply(self, split_no: str, shares: Mapping[str, tuple[int, str]]) -> Reply:
        """The answer to its query when the channel is through: what each account has of it, and
        in which state: `succeeded`, `failed`, `processing`, or the channel's own word."""
        ...

    def refused(self, code: str) -> Reply:
        """A refusal of any operation, by a code in the form of this channel."""
        ...

    def unsigned(self) -> Iterator[Reply]:
        """Refusals that nobody signed, by every code that this channel has a meaning for."""
        ...

    def paid_notification(self, payment_no: str, amount_minor: int = 1299) -> RawNotification: ...

    def notification_of_unknown_state(self, payment_no: str) -> RawNotification: ...

    def notification_for_another_merchant(self, payment_no: str) -> RawNotification: ...


class AnySide:
    """What most channels have in common."""

    signs_answers = True
    tells_amounts = True
    tells_refund_amounts = True
    tells_numbers = True
    tells_paid_at = True

    def __init__(self) -> None:
        self.change: Change = unchanged

    def split_taken(self, split_no: str) -> Reply:
        raise AssertionError("this channel cannot split")

    def split_reply(self, split_no: str, shares: Mapping[str, tuple[int, str]]) -> Reply:
        raise AssertionError("this channel cannot split")

    def closed(self, method: Method, payment_no: str) -> Reply:
        raise AssertionError("this channel cannot close")


def as_texts(content: Mapping[str, Any]) -> dict[str, str]:
    """As a form can hold it."""
    return {name: str(value) for name, value in content.items() if value is not None}


def order(method: Method = Method.NATIVE, **changed: Any) -> PayOrder:
    values: dict[str, Any] = {
        "payment_no": PAYMENT_NO,
        "amount": AMOUNT,
        "subject": "物业费 11月",
        "method": method,
        "created_at": NOW,
        "expires_at": NOW + timedelta(hours=2),
        "notify_url": NOTIFY_URL,
        "landing_url": LANDING_URL,
        "return_url": "https://app.example/back?order=1",
        "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
        "auth_code": "134567890123456789",
        "client_ip": "203.0.113.7",
    }
    return PayOrder(**(values | changed))


def trade(method: Method = Method.NATIVE, payment_no: str = PAYMENT_NO) -> Trade:
    return Trade(payment_no, AMOUNT, method, NOW, NOW + timedelta(hours=2))


def refunding(amount_minor: int = 500, **changed: Any) -> Refunding:
    values: dict[str, Any] = {
        "trade": paid_trade(),
        "refund_no": REFUND_NO,
        "amount": Money(amount_minor, "CNY"),
        "created_at": NOW,
        "notify_url": NOTIFY_URL,
        "reason": "多收退回",
    }
    return Refunding(**(values | changed))


def undoing(**changed: Any) -> Refunding:
    """Of all that was paid, a moment ago: where a channel has an undo, it is for this one."""
    values = {"trade": replace(paid_trade(), paid_at=NOW), **changed}
    return refunding(AMOUNT.amount_minor, **values)


def splitting(**changed: Any) -> Splitting:
    values: dict[str, Any] = {
        "trade": paid_trade(),
        "split_no": SPLIT_NO,
        "shares": tuple(
            Share(account, Money(amount, "CNY"), "物业分成") for account, amount in SHARES.items()
        ),
        "is_last": False,
        "created_at": NOW,
    }
    return Splitting(**(values | changed))


def split_returning(amount_minor: int = 100) -> SplitReturning:
    owed = SplitReturn(SPLIT_NO, MERCHANT, Money(amount_minor, "CNY"), RETURN_NO)
    return SplitReturning(paid_trade(), owed, "多收退回")


def closing_trade(plugin: Plugin[Any]) -> Trade:
    """A payment that this channel can close, if it can close any."""
    return trade(min(plugin.closes) if plugin.closes else Method.NATIVE)


def paid_trade() -> Trade:
    return replace(trade(), channel_trade_no=CHANNEL_NO)


def tables(codes: ModuleType) -> list[Mapping[str, Any]]:
    """The tables of a channel's `codes`."""
    found = [value for name, value in vars(codes).items() if name.isupper()]
    return [value for value in found if isinstance(value, Mapping)]


def operations_of(plugin: Plugin[Any]) -> dict[str, tuple[Any, Any]]:
    """Every declared way to ask, by name, with a subject to ask about."""
    methods = {
        f"pay:{method}": (operation, order(method))
        for method, operation in plugin.methods.items()
        if not isinstance(operation, HandOver)
    }
    others: dict[str, tuple[Any, Any]] = {
        "query": (plugin.query, trade()),
        "close": (plugin.close, closing_trade(plugin)),
        "refund": (plugin.refund, refunding()),
        "query_refund": (plugin.query_refund, refunding()),
    }
    if plugin.undo is not None:
        others |= {
            "undo": (plugin.undo.send, undoing()),
            "query_undo": (plugin.undo.query, undoing()),
        }
    if plugin.splits is not None:
        others |= {
            "split": (plugin.splits.split, splitting()),
            "query_split": (plugin.splits.query, splitting()),
            "call_back": (plugin.splits.return_split, split_returning()),
        }
    return methods | {name: each for name, each in others.items() if each[0] is not None}
