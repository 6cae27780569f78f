"""What a merchant enters to register its Stripe account, and the account opened from it.

Stripe signs no answers: that they are Stripe's is proven by TLS, and that they are this account's
by the secret key. Webhooks are signed with a secret of their own, made when their address is added
in Stripe's dashboard; several may be in use at once while one is rolled.

Source: docs.stripe.com/keys, docs.stripe.com/webhooks
"""

from dataclasses import dataclass, field, replace
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from gateway.channels.faults import Fault
from gateway.channels.plugin import Address

OWN_URL: Final = "https://api.stripe.com"

_SECRET_PREFIXES: Final = ("sk_live_", "sk_test_", "rk_live_", "rk_test_")
_KEY_CHARACTERS: Final = range(16, 256)


class Credentials(BaseModel):
    """One account at Stripe, in live or in test mode."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: Address = OWN_URL
    account_id: Annotated[str, Field(pattern=r"^acct_[0-9A-Za-z]{8,64}$")]
    secret_key: SecretStr
    publishable_key: Annotated[str, Field(pattern=r"^(pk_(live|test)_[0-9A-Za-z]{8,240})?$")] = ""
    """Not secret: what the app hands to Stripe's SDK."""
    webhook_secret: SecretStr = SecretStr("")
    """Known once the webhook's address was added at Stripe, which names this channel account."""

    @field_validator("secret_key")
    @classmethod
    def _require_secret_key(cls, key: SecretStr) -> SecretStr:
        text = key.get_secret_value()
        if text.startswith("pk_"):
            raise Fault("填成了可公开的密钥 (pk_)", "is the publishable key (pk_)")
        if not text.startswith(_SECRET_PREFIXES) or not _is_key(text):
            raise Fault(
                "不是 Stripe 的密钥：以 sk_live_、sk_test_ 或 rk_ 开头",
                "is no key of Stripe's: they begin with sk_live_, sk_test_ or rk_",
            )
        return key

    @field_validator("publishable_key")
    @classmethod
    def _require_same_mode(cls, key: str, info: ValidationInfo) -> str:
        secret = info.data.get("secret_key")
        if key and secret and is_live(key) != is_live(secret.get_secret_value()):
            raise Fault(
                "与密钥不是同一模式（正式与测试）",
                "is of another mode (live, test) than secret_key",
            )
        return key

    @field_validator("webhook_secret")
    @classmethod
    def _require_webhook_secret(cls, secret: SecretStr) -> SecretStr:
        text = secret.get_secret_value()
        if text and not (text.startswith("whsec_") and _is_key(text)):
            raise Fault("不是以 whsec_ 开头的签名密钥", "does not begin with whsec_")
        return secret


@dataclass(frozen=True, slots=True)
class Account:
    """`webhook_secrets`: all that count now."""

    base_url: str
    account_id: str
    is_live: bool
    publishable_key: str
    secret_key: str = field(repr=False)
    webhook_secrets: tuple[bytes, ...] = field(repr=False)


def open_account(credentials: BaseModel) -> Account:
    """The account, for as long as it is used."""
    if not isinstance(credentials, Credentials):
        raise TypeError(f"not the credentials of stripe: {type(credentials)}")
    secret_key = credentials.secret_key.get_secret_value()
    webhook_secret = credentials.webhook_secret.get_secret_value().encode()
    return Account(
        base_url=credentials.base_url.rstrip("/"),
        account_id=credentials.account_id,
        is_live=is_live(secret_key),
        publishable_key=credentials.publishable_key,
        secret_key=secret_key,
        webhook_secrets=(webhook_secret,) if webhook_secret else (),
    )


def overlap(account: Account, earlier: Account) -> Account:
    """The account, which also believes webhooks signed under an earlier secret."""
    return replace(account, webhook_secrets=account.webhook_secrets + earlier.webhook_secrets)


def is_live(key: str) -> bool:
    return "_live_" in key[:8]


def _is_key(text: str) -> bool:
    """As text bytes, never decoded: letters, digits and `_`."""
    return len(text) in _KEY_CHARACTERS and text.isascii() and text.replace("_", "").isalnum()
