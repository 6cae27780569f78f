"""What the gateway tells of channels."""

from pydantic import Field, JsonValue

from contracts.api import Method
from contracts.internal.message import Message


class ChannelDescription(Message):
    """What a channel plugin offers, for people and forms. `credentials_schema`: JSON Schema.
    `identity_fields`: the credentials that say whose account it is; these never change
    (`one-identity`)."""

    channel: str
    title: str
    methods: list[Method]
    credentials_schema: dict[str, JsonValue]
    identity_fields: list[str] = Field(default_factory=list)


class ChannelList(Message):
    items: list[ChannelDescription]


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


class AccountTrial(Message):
    """`ok`: the channel took our signature and we believe its answer. Else `code` is the channel's
    or the gateway's own, and `field` the credential that is most likely wrong, where one is."""

    ok: bool
    code: str
    message: str
    field: str | None = None


class CheckedCredentials(Message):
    """`identity`: by field, whose account these credentials open; "" for a field without value."""

    identity: dict[str, str]
