"""What the notifier reads from its environment."""

from datetime import time
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from chassis.settings import PREFIX, CalledSettings, Networks, StoringSettings
from contracts.sealing import Opener
from foundation.record_proof import ConfigurationPublicKeys, UnsignedUntil
from notifier.domain.incidents import QuietHours
from notifier.sending.guard import DEFAULT_PORTS


def _ports(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(_port_range(part.strip()) for part in value.split(",") if part.strip())


def _port_range(text: str) -> range:
    first, _, last = text.partition("-")
    ports = range(int(first), int(last or first) + 1)
    if not ports or ports[0] < 1 or ports[-1] > 65_535:
        raise ValueError(f"{text} is not a port or a range of ports")
    return ports


def _addresses(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _hours(value: object) -> object:
    if not isinstance(value, str):
        return value
    begin, _, end = value.partition("-")
    return time.fromisoformat(begin.strip()), time.fromisoformat(end.strip())


def _services(value: object) -> object:
    if not isinstance(value, str):
        return value
    entries = [part.strip().partition("=") for part in value.split(",") if part.strip()]
    if any(not url.startswith(("http://", "https://")) for _, _, url in entries):
        raise ValueError("is service=address, separated by commas")
    return {name: url.rstrip("/") for name, _, url in entries}


def _zone(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return ZoneInfo(value)
    except (KeyError, OSError) as error:
        raise ValueError(f"{value} is not a time zone") from error


def _openable(value: SecretStr) -> SecretStr:
    Opener.of(value.get_secret_value())
    return value


class MigrationSettings(BaseSettings):
    """All that a migration is told."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    database_url: SecretStr


class NotifierSettings(CalledSettings, StoringSettings):
    """`sealing_key` opens the apps' webhook secrets: one or more keys, the newest first.
    `callback_allow_cidrs`: private networks in which callbacks may be delivered, separated by
    commas; `callback_ports`: as `443,8000-9999`. `retention_days`: how long deliveries are kept,
    but for those that never arrived, and what was published.
    `configuration_public_keys`: merchant-admin's; `configuration_snapshot`: where what they prove
    is kept, sealed, for a start without Kafka; `unsigned_records_until`: for an upgrade, see
    `foundation.record_proof`.

    People are told by what is set up of DingTalk, WeCom, Feishu, a webhook and e-mail, in this
    order; titles are in `alert_language`. `watched_services`: whose silence is told, by their
    private addresses, as `gateway=http://gateway:8100,…`.
    `alert_quiet_hours`: as `22:00-08:00`; then only what is critical is told.
    """

    private_port: int = 8103
    sealing_key: Annotated[SecretStr, AfterValidator(_openable)]
    configuration_public_keys: ConfigurationPublicKeys
    configuration_snapshot: Path | None = None
    unsigned_records_until: UnsignedUntil | None = None
    callback_allow_cidrs: Networks = ()
    callback_ports: Annotated[tuple[range, ...], NoDecode, BeforeValidator(_ports)] = DEFAULT_PORTS
    retention_days: Annotated[int, Field(ge=8)] = 90  # Longer than the schedule of the tries.
    dingtalk_url: SecretStr | None = None
    dingtalk_secret: SecretStr | None = None
    wecom_url: SecretStr | None = None
    feishu_url: SecretStr | None = None
    feishu_secret: SecretStr | None = None
    alert_webhook_url: SecretStr | None = None
    alert_smtp_url: SecretStr | None = None
    alert_mail_from: str | None = None
    alert_mail_to: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_addresses)] = ()
    alert_language: Literal["zh", "en"] = "zh"
    watched_services: Annotated[
        dict[str, str], NoDecode, BeforeValidator(_services), Field(default_factory=dict)
    ]
    alert_quiet_hours: Annotated[tuple[time, time] | None, NoDecode, BeforeValidator(_hours)] = None
    alert_time_zone: Annotated[ZoneInfo, NoDecode, BeforeValidator(_zone)] = ZoneInfo(
        "Asia/Shanghai"
    )

    @model_validator(mode="after")
    def _mail_is_whole(self) -> Self:
        if self.alert_smtp_url and not (self.alert_mail_from and self.alert_mail_to):
            raise ValueError("alert_smtp_url needs alert_mail_from and alert_mail_to")
        return self

    def quiet_hours(self) -> QuietHours | None:
        if self.alert_quiet_hours is None:
            return None
        return QuietHours(*self.alert_quiet_hours, self.alert_time_zone)
