"""What the cashier reads from its environment."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from chassis.settings import PublicSettings


def _networks(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())


Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)]


class CashierSettings(PublicSettings):
    """`kafka_session_timeout_ms` and `member_id` are given to every service; the cashier is in no
    group and has no use for them. `max_streams`: pages watched live at once. `trusted_proxies`:
    CIDRs, separated by commas, whose X-Forwarded-For is believed."""

    port: int = 8004
    private_port: int = 8104
    kafka_bootstrap: str
    kafka_session_timeout_ms: int = 30_000
    kafka_fetch_wait_ms: int = 500
    member_id: str | None = None
    gateway_url: Annotated[str, Field(pattern=r"^https?://[^/]")]
    max_streams: Annotated[int, Field(ge=1)] = 1_000
    trusted_proxies: Networks = ()
