"""How the payer is called: what an app does with a payment that waits for its payer."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Told(BaseModel):
    """What the centre tells. Members that a later release adds are kept, and do no harm."""

    model_config = ConfigDict(frozen=True, extra="allow")


class QrCodeAction(Told):
    """Draw `qr_code` as a QR code; the payer scans it."""

    type: Literal["qr_code"]
    qr_code: str


class RedirectAction(Told):
    """Send the payer's browser to `url`."""

    type: Literal["redirect"]
    url: str


class FormAction(Told):
    """Let the payer's browser submit `fields` to `url`."""

    type: Literal["form"]
    url: str
    method: Literal["GET", "POST"]
    fields: dict[str, str]


class JsapiAction(Told):
    """Hand `params` to the wallet's JavaScript bridge or mini program."""

    type: Literal["jsapi"]
    params: dict[str, str]


class AppAction(Told):
    """Hand `params` to the wallet's mobile SDK."""

    type: Literal["app"]
    params: dict[str, str]


class NoAction(Told):
    """Nothing to do: the payer was reached already (payment code, 付款码)."""

    type: Literal["none"]


Action = Annotated[
    QrCodeAction | RedirectAction | FormAction | JsapiAction | AppAction | NoAction,
    Field(discriminator="type"),
]
