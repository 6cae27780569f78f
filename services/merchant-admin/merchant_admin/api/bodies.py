"""What may be sent: no unknown field, no coercion, each fault with its JSON pointer."""

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from chassis.web import parse, read_json_object
from contracts import webhooks
from contracts.api import Amount, AppNumber, HttpUrl, Reason, Subject
from contracts.events.configuration import (
    CallbackAck,
    CallbackSignature,
    KeyAlgorithm,
    LatePayment,
    State,
)
from merchant_admin.domain.entities import AppTerms

BodyT = TypeVar("BodyT", bound=BaseModel)


def body(model: type[BodyT]) -> Callable[[Request], Awaitable[BodyT]]:
    """A dependency that reads the request's body as strictly as the gateway reads its own."""

    async def read(request: Request) -> BodyT:
        _, value = await read_json_object(request)
        return parse(model, value)

    return read


def _unique(values: tuple[str, ...]) -> tuple[str, ...]:
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


Name = Subject
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


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Patch(Body):
    """A change names only what it changes. A default stands for "not given" and is never read."""

    def changes(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.model_fields_set}


class LogIn(Body):
    username: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[str, Field(min_length=1, max_length=1024)]


class CreateMerchant(Body):
    name: Name


class ChangeMerchant(Patch):
    name: Name = ""
    state: StateField = State.ACTIVE


class CreateChannelAccount(Body):
    channel: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$", examples=["wechat"])]
    name: Name
    credentials: dict[str, JsonValue]


class ChangeChannelAccount(Patch):
    """`credentials` are replaced as a whole."""

    name: Name = ""
    state: StateField = State.ACTIVE
    credentials: dict[str, JsonValue] = Field(default_factory=dict)


class CreateApp(Body):
    name: Name
    merchant_ids: MerchantIds
    notify_url: HttpUrl | None = None
    callback_ack: Annotated[CallbackAck, Field(strict=False)] = CallbackAck.ANY_2XX
    reinitiate_after_s: Annotated[int, Field(ge=1, le=3600)] = 15
    late_payment: Annotated[LatePayment, Field(strict=False)] = LatePayment.ACCEPT
    ip_allowlist: Networks = ()
    callback_ordered: bool = False
    callback_headers: ExtraHeaders = Field(default_factory=dict)
    callback_signature: Annotated[CallbackSignature, Field(strict=False)] = CallbackSignature.V1

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
        )


class ChangeApp(Patch):
    """`notify_url: null` removes it. With `rotate_webhook_secret` a new secret is shown once, and
    callbacks carry the signatures of both for a day."""

    name: Name = ""
    merchant_ids: MerchantIds = ()
    notify_url: HttpUrl | None = None
    callback_ack: Annotated[CallbackAck, Field(strict=False)] = CallbackAck.ANY_2XX
    reinitiate_after_s: Annotated[int, Field(ge=1, le=3600)] = 15
    late_payment: Annotated[LatePayment, Field(strict=False)] = LatePayment.ACCEPT
    ip_allowlist: Networks = ()
    callback_ordered: bool = False
    callback_headers: ExtraHeaders = Field(default_factory=dict)
    callback_signature: Annotated[CallbackSignature, Field(strict=False)] = CallbackSignature.V1
    state: StateField = State.ACTIVE
    rotate_webhook_secret: bool = False


class CreateKey(Body):
    """HMAC-SHA256: neither of the two, the secret is made here. Else exactly one, as PEM text."""

    alg: Annotated[KeyAlgorithm, Field(strict=False)]
    public_key: Pem | None = None
    certificate: Pem | None = None


class ChangeKey(Patch):
    state: StateField = State.ACTIVE


class RequestRefund(Body):
    """Without `merchant_refund_no` every call is a refund of its own."""

    amount: Amount
    merchant_refund_no: AppNumber | None = None
    reason: Reason | None = None
