"""What merchant-admin reads from its environment."""

import base64
import binascii
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.settings import (
    PREFIX,
    CallingSettings,
    PublicSettings,
    RotatedKeys,
    StoringSettings,
    Token,
)
from foundation.record_proof import ConfigurationKey


def _x25519_public_key(text: str) -> str:
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("is not base64") from error
    if len(raw) != 32:
        raise ValueError("is not a public sealing key of 32 bytes")
    return text


def _by_tls(url: str | None, info: ValidationInfo) -> str | None:
    if url is None:
        return None
    if info.data.get("https") and not url.startswith("https://"):
        raise ValueError("must begin with https:// where PAYMESH_HTTPS is true")
    return url.rstrip("/")


SealingPublicKey = Annotated[str, AfterValidator(_x25519_public_key)]
Url = Annotated[str, Field(pattern=r"^https?://[^/]")]


ConsoleUrl = Annotated[
    str | None,
    Field(pattern=r"^https?://[^/]+/?$"),
    AfterValidator(_by_tls),
]


class AdminSettings(PublicSettings, CallingSettings, StoringSettings):
    """`trusted_proxies`: CIDRs, separated by commas, whose X-Forwarded-For is believed.
    `session_key` keys the digests of session tokens: one, or two while one replaces the other,
    so that nobody is logged out. A session ends after `session_idle_s` unused, and after
    `session_lifetime_s` in any case.
    `admin_totp`: whether whoever configures, decides about money or refunds has to have a second
    factor. `refund_reauthentication_from`: in fen, from which on a refund on the pages, and every
    one in another currency, wants to know again who asks for it.
    `https`: people reach the console by TLS only, so that its cookies are bound to that.
    `console_url`: where people reach it; this machine where nothing is said. What a request says
    of its host is believed for no address that is given to people.
    `configuration_key` signs the configuration for its readers.
    `event_retention_days`: how long what was published is kept."""

    port: int = 8002
    private_port: int = 8102
    gateway_url: Url
    gateway_token: Token
    trade_core_url: Url
    trade_core_token: Token
    notifier_url: Url
    notifier_token: Token
    gateway_sealing_public_key: SealingPublicKey
    notifier_sealing_public_key: SealingPublicKey
    configuration_key: ConfigurationKey
    admin_username: Annotated[str, Field(min_length=1, max_length=64)]
    admin_password: Annotated[SecretStr, Field(min_length=12)]
    session_key: RotatedKeys
    session_idle_s: Annotated[int, Field(ge=60)] = 15 * 60
    session_lifetime_s: Annotated[int, Field(ge=60)] = 8 * 3600
    admin_totp: Literal["required", "optional"] = "required"
    refund_reauthentication_from: Annotated[int, Field(ge=0)] = 100_000
    https: bool = False
    console_url: ConsoleUrl = None
    event_retention_days: Annotated[int, Field(ge=1)] = 30


class RotationSettings(BaseSettings):
    """All that sealing anew needs, under the names that the service knows it by."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, hide_input_in_errors=True, extra="ignore"
    )

    database_url: SecretStr
    gateway_url: Url
    gateway_token: Token
    notifier_url: Url
    notifier_token: Token
    gateway_sealing_public_key: SealingPublicKey
    notifier_sealing_public_key: SealingPublicKey


class RebuildSettings(BaseSettings):
    """All that making the read model anew needs; the database as the role that owns it."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, hide_input_in_errors=True, extra="ignore"
    )

    database_url: SecretStr
    trade_core_url: Url
    trade_core_token: Token


class MigrationSettings(BaseSettings):
    """All that a migration needs. `service_role`: who the service is, where another role owns the
    database and migrates it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    database_url: SecretStr
    service_role: str | None = None
