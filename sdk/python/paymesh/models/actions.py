"""How the payer is called: what an app does with a payment that waits for its payer."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Answered(BaseModel):
    """What the centre tells. Members that a later release adds are kept, and do no harm."""

    model_config = ConfigDict(frozen=True, extra="allow")


class QrCodeAction(Answered):
    """Draw `qr_code` as a QR code; the payer scans it."""

    type: Literal["qr_code"]
    qr_code: str


class RedirectAction(Answered):
    """Send the payer's browser to `url`."""

    type: Literal["redirect"]
    url: str


class FormAction(Answered):
    """Let the payer's browser submit `fields` to `url`."""

    type: Literal["form"]
    url: str
    method: Literal["GET", "POST"]
    fields: dict[str, str]


class JsapiAction(Answered):
    """Hand `params` to the wallet's JavaScript bridge or mini program."""

    type: Literal["jsapi"]
    params: dict[str, str]


class AppAction(Answered):
    """Hand `params` to the wallet's mobile SDK."""

    type: Literal["app"]
    params: dict[str, str]


class NoAction(Answered):
    """Nothing to do: the payer was reached already (payment code, 付款码)."""

    type: Literal["none"]


class OtherAction(Answered):
    """A way to call the payer that came with a later release of the centre, with its members as
    attributes; who does not know it opens the cashier instead."""

    type: str


KnownAction = Annotated[
    QrCodeAction | RedirectAction | FormAction | JsapiAction | AppAction | NoAction,
    Field(discriminator="type"),
]
Action = Annotated[KnownAction | OtherAction, Field(union_mode="left_to_right")]
