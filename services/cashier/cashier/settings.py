"""What the cashier reads from its environment."""

from typing import Annotated

from pydantic import Field

from chassis.settings import PublicSettings, Token


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
    gateway_token: Token
    max_streams: Annotated[int, Field(ge=1)] = 1_000
