"""What the notifier reads from its environment."""

from ipaddress import ip_network
from typing import Annotated

from pydantic import BeforeValidator, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from chassis.settings import PREFIX, Settings
from notifier.guard import DEFAULT_PORTS, Network


def _networks(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())


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


class MigrationSettings(BaseSettings):
    """All that a migration is told."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    database_url: SecretStr


class NotifierSettings(Settings):
    """`sealing_key` opens the apps' webhook secrets. `callback_allow_cidrs`: private networks in
    which callbacks may be delivered, separated by commas; `callback_ports`: as `443,8000-9999`.
    """

    port: int = 8003
    database_url: SecretStr
    kafka_bootstrap: str
    kafka_session_timeout_ms: int = 30_000
    member_id: str | None = None
    sealing_key: SecretStr
    callback_allow_cidrs: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)] = ()
    callback_ports: Annotated[tuple[range, ...], NoDecode, BeforeValidator(_ports)] = DEFAULT_PORTS
