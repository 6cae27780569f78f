"""What may be sent: no unknown field, no coercion, each fault with its JSON pointer."""

import base64
from collections.abc import Iterator
from typing import Annotated, Any, Final, Generic, Self, TypeVar

from fastapi import Request
from fastapi.dependencies.models import Dependant
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    model_validator,
)

from chassis.problems import FieldError
from chassis.web import parse, read_json_object
from contracts.api import Amount, AppNumber, HttpUrl, Reason, Subject
from contracts.events.configuration import (
    AlertRoute,
    KeyAlgorithm,
    State,
)
from merchant_admin.domain.entities import Given
from merchant_admin.domain.errors import Unusable
from merchant_admin.domain.logos import Logo, NoLogo, cleaned

MAX_BODY_BYTES: Final = 65_536
MAX_LOGO_BYTES: Final = 131_072
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


def bodies_of(dependant: Dependant) -> Iterator[type[BaseModel]]:
    """What a route reads, at most one; FastAPI does not see it."""
    if isinstance(dependant.call, ReadBody):
        yield dependant.call.model
    for inner in dependant.dependencies:
        yield from bodies_of(inner)


UniqueT = TypeVar("UniqueT", str, int)


def unique(values: tuple[UniqueT, ...]) -> tuple[UniqueT, ...]:
    if len(set(values)) != len(values):
        raise ValueError("must not name one twice")
    return values


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
    AfterValidator(unique),
]
Amounts = Annotated[tuple[Amount, ...], Field(strict=False, max_length=12), AfterValidator(unique)]


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
    def _require_one(self) -> Self:
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
    """What of the merchant waits for a second person: refunds from this amount on (in fen, and
    with it every refund in another currency; null: none), callback addresses, and with
    `credentials` those of channel accounts and what acts for its apps: a new key, a key or an app
    enabled again, another callback secret, the merchant added to an app. What is not named
    stays."""

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
