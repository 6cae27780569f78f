"""`paymesh.merchant-config.v1`: merchants, apps, keys and channel accounts.

The topic is compacted: a record is the whole present state of one entity under its id, so the
readers (every replica, from the beginning at each start) apply records by `version` and need no
history. Secrets in it are sealed (`contracts.sealing`) to the one service that may open them.
A merchant's logo is a record of its own, for it is large and the gateway alone shows it; one that
was taken away is a tombstone.
"""

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from contracts.events.envelope import CloudEvent, Data

SOURCE: Final = "paymesh/merchant-admin"
CONFIGURATION: Final = "configuration"


class State(StrEnum):
    ACTIVE = "active"
    DISABLED = "disabled"


class KeyAlgorithm(StrEnum):
    ED25519 = "ED25519"
    RSA_SHA256 = "RSA-SHA256"
    HMAC_SHA256 = "HMAC-SHA256"


class CallbackAck(StrEnum):
    """When an app has taken a callback: any 2xx, or 200 with the body `success`."""

    ANY_2XX = "2xx"
    SUCCESS = "success"


class CallbackSignature(StrEnum):
    """`v1` (HMAC) alone, or `v1a` (Ed25519) beside it; see `contracts.webhooks`."""

    V1 = "v1"
    V1A = "v1a"


class LatePayment(StrEnum):
    """What happens to money that arrives after expiry or after the app's close."""

    ACCEPT = "accept"
    REFUND = "refund"


class RefundSplits(StrEnum):
    """Whose money a refund is that exceeds what is not split: `return`, the missing part is called
    back from the receivers; `keep`, the merchant's own."""

    RETURN = "return"
    KEEP = "keep"


class _Entity(Data):
    version: int
    state: State


class ClientCertificate(Data):
    """What our callbacks show to a server that demands it (mTLS): PEM, the leaf first."""

    certificate_pem: str
    private_key_pem: str = Field(repr=False)


class AlertRoute(Data):
    """By whom a merchant's own people hear of what names their merchant."""

    dingtalk_url: str | None = Field(default=None, repr=False)
    dingtalk_secret: str | None = Field(default=None, repr=False)
    webhook_url: str | None = Field(default=None, repr=False)


class LogoFile(Data):
    """A picture that was cleaned, of 64 KiB at most; `content` is base64."""

    media_type: Literal["image/png", "image/svg+xml"]
    content: str = Field(repr=False)


class MerchantEntity(_Entity):
    """`alert_route_sealed`: an `AlertRoute` as JSON text, to the notifier. How it looks to payers:
    `display_name` (None: `name`), `colour` as `#rrggbb`; `logo` was told here before it became a
    `LogoEntity`."""

    kind: Literal["merchant"] = "merchant"
    merchant_id: str
    name: str
    alert_route_sealed: str | None = None
    display_name: str | None = None
    colour: str | None = None
    logo: LogoFile | None = None


class LogoEntity(_Entity):
    """How the merchant of that version looks beside its name and colour; None: without a logo."""

    kind: Literal["logo"] = "logo"
    merchant_id: str
    logo: LogoFile | None = None


class AppEntity(_Entity):
    """`webhook_secrets_sealed`: to the notifier, newest first; two during a rotation.

    `callback_ordered`: of one order, the next callback waits until the one before was taken.
    `callback_headers` go with each callback; they are no place for secrets.
    `callback_client_certificate_sealed`: a `ClientCertificate` as JSON text, to the notifier.
    """

    kind: Literal["app"] = "app"
    app_id: str
    name: str
    merchant_ids: list[str]
    notify_url: str | None
    callback_ack: CallbackAck
    reinitiate_after_s: int
    late_payment: LatePayment
    ip_allowlist: list[str]
    webhook_secrets_sealed: list[str]
    callback_ordered: bool = False
    callback_headers: dict[str, str] = Field(default_factory=dict)
    callback_signature: CallbackSignature = CallbackSignature.V1
    callback_client_certificate_sealed: str | None = None
    refund_splits: RefundSplits = RefundSplits.RETURN


class KeyEntity(_Entity):
    """Exactly one is set: `public_key_pem` (a public key or certificate, PEM), or
    `secret_sealed` (HMAC, to the gateway)."""

    kind: Literal["key"] = "key"
    key_id: str
    app_id: str
    alg: KeyAlgorithm
    public_key_pem: str | None
    secret_sealed: str | None


class ChannelAccountEntity(_Entity):
    """`credentials_sealed`: the channel's credentials as JSON text, sealed to the gateway.
    `earlier_credentials_sealed`: those before them of the same identity, the latest first, until
    they are withdrawn: nothing is signed with them any more, but what the channel signs or seals
    under them is believed. `display_name`: what payers call it; None: the channel's own name."""

    kind: Literal["channel_account"] = "channel_account"
    payment_id: str
    merchant_id: str
    channel: str
    name: str
    credentials_sealed: str
    earlier_credentials_sealed: list[str] = Field(default_factory=list)
    display_name: str | None = None


class CounterCodeEntity(_Entity):
    """A fixed counter code (固定收款码): payers begin orders of the app there, between the two
    amounts (or of one of `amounts`, where there are any) and up to `daily_limit` a Beijing day."""

    kind: Literal["counter_code"] = "counter_code"
    code_id: str
    merchant_id: str
    app_id: str
    name: str
    min_amount: int
    max_amount: int
    daily_limit: int
    amounts: list[int] = Field(default_factory=list)


Entity = Annotated[
    MerchantEntity | LogoEntity | AppEntity | KeyEntity | ChannelAccountEntity | CounterCodeEntity,
    Field(discriminator="kind"),
]


class Configuration(Data):
    entity: Entity


ConfigurationRecord = CloudEvent[Configuration]

_LOGO: Final = "/logo"


def logo_of(merchant_id: str) -> str:
    """Under what the logo of the merchant is told."""
    return merchant_id + _LOGO


def find_merchant_of_logo(key: str | None) -> str | None:
    """Whose logo is told under this key; None where it is no logo's."""
    return key.removesuffix(_LOGO) if key is not None and key.endswith(_LOGO) else None


def read_entity(raw: bytes) -> Entity | None:
    """What a record tells; None for a kind that is newer than this reader, and not for it.

    Raises ValidationError.
    """
    try:
        return ConfigurationRecord.model_validate_json(raw).data.entity
    except ValidationError as error:
        if all(fault["type"] == "union_tag_invalid" for fault in error.errors(include_url=False)):
            return None
        raise
