"""What may be sent: no unknown field, no coercion, each fault with its JSON pointer."""

import base64
import ipaddress
from typing import Annotated, Any, Final, Generic, Self, TypeVar

from fastapi import Request
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    model_validator,
)

from chassis.problems import FieldError
from chassis.web import parse, read_json_object
from contracts import webhooks
from contracts.api import Amount, AppNumber, HttpUrl, Reason, Subject
from contracts.events.configuration import (
    AlertRoute,
    CallbackAck,
    CallbackSignature,
    ClientCertificate,
    KeyAlgorithm,
    LatePayment,
    RefundSplits,
    State,
)
from merchant_admin.domain.entities import AppTerms, Given
from merchant_admin.domain.errors import Unusable
from merchant_admin.domain.logos import Logo, NoLogo, cleaned

MAX_BODY_BYTES: Final = 65_536
MAX_LOOK_BYTES: Final = 131_072
"""With a logo, as base64."""

BodyT = TypeVar("BodyT", bound=BaseModel)


class ReadBody(Generic[BodyT]):
    """A dependency that reads the request's body as strictly as the gateway reads its own."""

    def __init__(self, model: type[BodyT], *, limit_bytes: int = MAX_BODY_BYTES) -> None:
        self.model = model
        self.limit_bytes = limit_bytes

    async def __call__(self, request: Request) -> BodyT:
        _, value = await read_json_object(request, limit_bytes=self.limit_bytes)
        return parse(self.model, value)


body = ReadBody


UniqueT = TypeVar("UniqueT", str, int)


def _unique(values: tuple[UniqueT, ...]) -> tuple[UniqueT, ...]:
    if len(set(values)) != len(values):
        raise ValueError("must not name one twice")
    return values


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise ValueError("is not an address or a CIDR without host bits") from error


def _extra_headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not webhooks.is_extra_header(name, value):
            raise ValueError(f"{name[:64]!r} is not a header that a callback may carry")
    return headers


def _logo(text: str) -> Logo:
    try:
        return cleaned(base64.b64decode(text, validate=True))
    except NoLogo as error:
        raise Unusable(FieldError("/logo", str(error))) from error
    except ValueError as error:
        raise Unusable(FieldError("/logo", "is not base64")) from error


Name = Subject
Colour = Annotated[
    str, Field(pattern=r"^#[0-9a-fA-F]{6}$", examples=["#0b6b63"]), AfterValidator(str.lower)
]
Base64 = Annotated[str, Field(min_length=1, max_length=90_000)]
Pem = Annotated[str, Field(min_length=1, max_length=16_384)]
StateField = Annotated[State, Field(strict=False)]
MerchantIds = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=64)], ...],
    Field(strict=False, min_length=1, max_length=500),
    AfterValidator(_unique),
]
Networks = Annotated[
    tuple[Annotated[str, AfterValidator(_network)], ...], Field(strict=False, max_length=100)
]
ExtraHeaders = Annotated[
    dict[str, str], Field(max_length=webhooks.MAX_HEADERS), AfterValidator(_extra_headers)
]

Ordered = Annotated[bool, Field(validation_alias=AliasChoices("callback_ordered", "ordered"))]


Amounts = Annotated[tuple[Amount, ...], Field(strict=False, max_length=12), AfterValidator(_unique)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Patch(Body):
    """A change names only what it changes. A default stands for "not given" and is never read."""

    def changes(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.model_fields_set}


Totp = Annotated[str, Field(min_length=1, max_length=64)]
"""The code of an authenticator, or a recovery code."""


class LogIn(Body):
    username: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[str, Field(min_length=1, max_length=1024)]
    totp: Totp | None = None


class Reauthenticate(Body):
    password: Annotated[str, Field(min_length=1, max_length=1024)]
    totp: Totp | None = None


class AlertRouteBody(Body):
    """By whom a merchant's own people hear of what names their merchant; one of the two at least.
    `dingtalk_secret`: of a robot that wants its messages signed."""

    dingtalk_url: HttpUrl | None = None
    dingtalk_secret: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    webhook_url: HttpUrl | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.dingtalk_url is None and self.webhook_url is None:
            raise ValueError("needs dingtalk_url or webhook_url")
        if self.dingtalk_secret is not None and self.dingtalk_url is None:
            raise ValueError("dingtalk_secret needs dingtalk_url")
        return self

    def route(self) -> AlertRoute:
        return AlertRoute(**self.model_dump())


class CreateMerchant(Body):
    name: Name
    alert_route: AlertRouteBody | None = None


class CreateCounterCode(Body):
    merchant_id: Annotated[str, Field(min_length=1, max_length=64)]
    app_id: Annotated[str, Field(min_length=1, max_length=64)]
    name: Subject
    min_amount: Amount
    max_amount: Amount
    daily_limit: Amount
    amounts: Amounts = ()


class ChangeCounterCode(Patch):
    name: Subject = ""
    min_amount: Amount = 1
    max_amount: Amount = 1
    daily_limit: Amount = 1
    amounts: Amounts = ()
    state: StateField = State.ACTIVE


class FourEyesBody(Patch):
    """What of the merchant waits for a second person: refunds from this amount on (minor units;
    null: none), new credentials, callback addresses. What is not named stays."""

    refunds_from: Amount | None = None
    credentials: bool = False
    callback_addresses: bool = False


class ChangeMerchant(Patch):
    """`alert_route` is replaced as a whole; null removes it. How the merchant looks to payers:
    `display_name` (null: `name`), `colour` (a readable shade of it is used), `logo`: a PNG or an
    SVG in UTF-8 of 64 KiB at most, as base64; null removes it."""

    name: Name = ""
    state: StateField = State.ACTIVE
    alert_route: AlertRouteBody | None = None
    display_name: Name | None = None
    colour: Colour | None = None
    logo: Base64 | None = None
    four_eyes: FourEyesBody = FourEyesBody()

    def fields(self) -> dict[str, Any]:
        """Raises Unusable for a logo that is none."""
        named = self.changes()
        if self.logo is not None:
            named["logo"] = _logo(self.logo)
        if "four_eyes" in named:
            named["four_eyes"] = self.four_eyes.changes()
        return {name: value for name, value in named.items() if name != "alert_route"}

    def new_alert_route(self) -> Given[AlertRoute] | None:
        if "alert_route" not in self.model_fields_set:
            return None
        return Given(self.alert_route.route() if self.alert_route else None)


class CreateChannelAccount(Body):
    channel: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$", examples=["wechat"])]
    name: Name
    credentials: dict[str, JsonValue]


class ChangeChannelAccount(Patch):
    """`credentials` are replaced as a whole; those before are believed until
    `withdraw_earlier_credentials`. `display_name`: what payers call the account; null: the
    channel's own name."""

    name: Name = ""
    state: StateField = State.ACTIVE
    display_name: Name | None = None
    credentials: dict[str, JsonValue] = Field(default_factory=dict)
    withdraw_earlier_credentials: bool = False

    def fields(self) -> dict[str, Any]:
        named = self.changes()
        return {name: named[name] for name in ("name", "state", "display_name") if name in named}


class ClientCertificateBody(Body):
    """PEM texts; the certificate may be followed by those that it needs up to its root."""

    certificate_pem: Pem
    private_key_pem: Pem

    def certificate(self) -> ClientCertificate:
        return ClientCertificate(**self.model_dump())


class CreateApp(Body):
    name: Name
    merchant_ids: MerchantIds
    notify_url: HttpUrl | None = None
    callback_ack: Annotated[CallbackAck, Field(strict=False)] = CallbackAck.ANY_2XX
    reinitiate_after_s: Annotated[int, Field(ge=1, le=3600)] = 15
    late_payment: Annotated[LatePayment, Field(strict=False)] = LatePayment.ACCEPT
    ip_allowlist: Networks = ()
    callback_ordered: Ordered = False
    callback_headers: ExtraHeaders = Field(default_factory=dict)
    callback_signature: Annotated[CallbackSignature, Field(strict=False)] = CallbackSignature.V1
    callback_client_certificate: ClientCertificateBody | None = None
    refund_splits: Annotated[RefundSplits, Field(strict=False)] = RefundSplits.RETURN

    def terms(self) -> AppTerms:
        return AppTerms(
            name=self.name,
            merchant_ids=self.merchant_ids,
            notify_url=self.notify_url,
            callback_ack=self.callback_ack,
            reinitiate_after_s=self.reinitiate_after_s,
            late_payment=self.late_payment,
            ip_allowlist=self.ip_allowlist,
            callback_ordered=self.callback_ordered,
            callback_headers=self.callback_headers,
            callback_signature=self.callback_signature,
            refund_splits=self.refund_splits,
        )


class ChangeApp(Patch):
    """`notify_url: null` removes it, so does `callback_client_certificate: null`. With
    `rotate_webhook_secret` a new secret is shown once, and callbacks carry the signatures of both
    for a day."""

    name: Name = ""
    merchant_ids: MerchantIds = ()
    notify_url: HttpUrl | None = None
    callback_ack: Annotated[CallbackAck, Field(strict=False)] = CallbackAck.ANY_2XX
    reinitiate_after_s: Annotated[int, Field(ge=1, le=3600)] = 15
    late_payment: Annotated[LatePayment, Field(strict=False)] = LatePayment.ACCEPT
    ip_allowlist: Networks = ()
    callback_ordered: Ordered = False
    callback_headers: ExtraHeaders = Field(default_factory=dict)
    callback_signature: Annotated[CallbackSignature, Field(strict=False)] = CallbackSignature.V1
    callback_client_certificate: ClientCertificateBody | None = None
    refund_splits: Annotated[RefundSplits, Field(strict=False)] = RefundSplits.RETURN
    state: StateField = State.ACTIVE
    rotate_webhook_secret: bool = False

    def terms(self) -> dict[str, Any]:
        others = {"state", "rotate_webhook_secret", "callback_client_certificate"}
        return {name: value for name, value in self.changes().items() if name not in others}

    def new_certificate(self) -> Given[ClientCertificate] | None:
        if "callback_client_certificate" not in self.model_fields_set:
            return None
        given = self.callback_client_certificate
        return Given(given.certificate() if given else None)


class CreateKey(Body):
    """HMAC-SHA256: neither of the two, the secret is made here. Else exactly one, as PEM text."""

    alg: Annotated[KeyAlgorithm, Field(strict=False)]
    public_key: Pem | None = None
    certificate: Pem | None = None


class ChangeKey(Patch):
    state: StateField = State.ACTIVE


Version = Annotated[int, Field(ge=0, lt=2**63)]
"""That of what was shown to whoever decides; another one by now is 409 `version_changed`."""


class RequestRefund(Body):
    """`merchant_refund_no`: the caller's number of this refund. Sent again it is the same one."""

    amount: Amount
    merchant_refund_no: AppNumber
    reason: Reason | None = None
