"""What the gateway reads from its environment."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from chassis.settings import CalledSettings, CallingSettings, PublicSettings, RotatedKeys, Token
from contracts.sealing import Opener
from foundation.record_proof import ConfigurationPublicKeys, RecordKeys, UnsignedUntil


def _without_slash(value: str) -> str:
    return value.rstrip("/")


Url = Annotated[str, Field(pattern=r"^https?://[^/]"), BeforeValidator(_without_slash)]


def _openable(value: SecretStr) -> SecretStr:
    Opener.of(value.get_secret_value())
    return value


class GatewaySettings(PublicSettings, CalledSettings, CallingSettings):
    """`sealing_key`: one or more, the newest first; `checkout_key`: one or two. `channel_urls`:
    whether credentials may name addresses other than the channel's own ("any" is for sandboxes).
    `channel_ca_file`: a private CA that channels are trusted by, besides the public ones.
    `configuration_snapshot`: where the configuration is kept, sealed, for a start without Kafka.
    `max_in_flight`: of all apps together, one alone has half of them at most.
    `app_rate_per_s`: of each app; for minutes on end no more than `NonceMemory` has room for.
    `record_keys`: shared with trade-core; `configuration_public_keys`: those of merchant-admin;
    `unsigned_records_until`: for an upgrade, see `foundation.record_proof`.
    `explain_signatures`: tell strangers what is wrong with a signature; for sandboxes only."""

    port: int = 8000
    private_port: int = 8100
    trade_core_url: Url
    trade_core_token: Token
    notifier_url: Url
    notifier_token: Token
    public_url: Url
    cashier_url: Url
    sealing_key: Annotated[SecretStr, AfterValidator(_openable)]
    checkout_key: RotatedKeys
    record_keys: RecordKeys
    configuration_public_keys: ConfigurationPublicKeys
    unsigned_records_until: UnsignedUntil | None = None
    max_in_flight: Annotated[int, Field(ge=2)] = 1_024
    app_rate_per_s: Annotated[int, Field(ge=1)] = 5_000
    channel_urls: Literal["own", "any"] = "own"
    channel_ca_file: Path | None = None
    explain_signatures: bool = False
    configuration_snapshot: Path | None = None
