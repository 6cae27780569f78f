"""How the payer is called: what an app does with a payment that waits for its payer."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

ActionType = Literal["qr_code", "redirect", "form", "jsapi", "app", "none"]

MAX_ACTION_BYTES: Final = 32_768
"""As JSON: twice what a form can come to that carries an address of ours, one of the app's and a
certificate. What a channel answers beyond that calls nobody."""


class _Action(BaseModel):
    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class QrCodeAction(_Action):
    """Draw `qr_code` as a QR code; the payer scans it."""

    type: Literal["qr_code"] = "qr_code"
    qr_code: str


class RedirectAction(_Action):
    """Send the payer's browser to `url`."""

    type: Literal["redirect"] = "redirect"
    url: str


class FormAction(_Action):
    """Let the payer's browser submit `fields` to `url`."""

    type: Literal["form"] = "form"
    url: str
    method: Literal["GET", "POST"]
    fields: dict[str, str]


class JsapiAction(_Action):
    """Hand `params` to the wallet's JavaScript bridge or mini program."""

    type: Literal["jsapi"] = "jsapi"
    params: dict[str, str]


class AppAction(_Action):
    """Hand `params` to the wallet's mobile SDK."""

    type: Literal["app"] = "app"
    params: dict[str, str]


class NoAction(_Action):
    """Nothing to do: the payer was reached already (payment code, 付款码)."""

    type: Literal["none"] = "none"


Action = Annotated[
    QrCodeAction | RedirectAction | FormAction | JsapiAction | AppAction | NoAction,
    Field(discriminator="type"),
]
