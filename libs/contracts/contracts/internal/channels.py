"""What the gateway tells of channels."""

from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from contracts.api import Amount, Currency, Method
from contracts.internal.message import Message
from contracts.words import Words


class ChannelDescription(Message):
    """What a channel plugin offers, for people and forms. `credentials_schema`: JSON Schema, each
    property with `x-title` and `x-help` {zh, en}, `x-order`, `x-kind` (text, secret, pem, choice,
    flag), `x-secret`, `x-rare` and, where they apply, `x-holds` (private_key, public_key,
    certificate), `x-shape`, `x-options`; ways that exclude each other as `oneOf`.
    `name`: what people call it. `identity_fields`: the credentials that say whose account it is;
    these never change (`one-identity`). `statement_file`: of a channel without statements to fetch,
    what the file is that people upload instead."""

    channel: str
    title: str
    name: Words | None = None
    methods: list[Method]
    credentials_schema: dict[str, JsonValue]
    identity_fields: list[str] = Field(default_factory=list)
    statement_file: Words | None = None


class ChannelList(Message):
    """`api_url`: where apps reach the public API; channels send notifications to
    `{api_url}/webhooks/{channel}/{payment_id}`."""

    items: list[ChannelDescription]
    api_url: str = ""


class CheckCredentials(Message):
    """Whether these credentials are complete, parse and belong together; nothing is kept.

    `payment_id`: the account whose credentials they are to replace, with the same identity (422
    `/credentials/<field>` where it is another). `identity`: that of the account as it was told
    when its credentials were checked last; where it is absent, the gateway's own memory counts.
    """

    credentials: dict[str, JsonValue]
    payment_id: str | None = None
    identity: dict[str, str] | None = None


class TryAccount(Message):
    """Ask the channel of this account for a payment that cannot exist, with its credentials of
    `version` or newer; 404 as long as the gateway does not know them."""

    version: int


class CheckRefund(Message):
    """Whether as much of a payment in this currency can go back through this account: 422 at
    `/amount` where its channel is known not to take that; else the channel has the last word."""

    merchant_id: str
    amount: Amount
    currency: Currency


class AccountTrial(Message):
    """`ok`: the channel took our signature and we believe its answer. Else `code` is the channel's
    or the gateway's own, and `field` the credential that is most likely wrong, where one is.
    `message` is what the channel said; `words` is what that means for whoever registers it."""

    ok: bool
    code: str
    message: str
    field: str | None = None
    words: Words | None = None


class ShownKey(Message):
    """What may be shown of a key among the credentials. `fingerprint`: SHA-256 of its public half
    in DER, hexadecimal; `serial` and the times of certificates only."""

    field: str
    kind: Literal["private_key", "public_key", "certificate"]
    fingerprint: str
    serial: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


class CheckedCredentials(Message):
    """`identity`: by field, whose account these credentials open; "" for a field without value.
    `keys`: those among them, in the order of the form."""

    identity: dict[str, str]
    keys: list[ShownKey] = Field(default_factory=list)
