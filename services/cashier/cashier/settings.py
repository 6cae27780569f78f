"""What the cashier reads from its environment."""

from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from chassis.settings import AlertingSettings, CallingSettings, PublicSettings, Token


def _proofs(value: object) -> object:
    if not isinstance(value, str):
        return value
    return frozenset(part.strip() for part in value.split(",") if part.strip())


Proof = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{8,32}$")]
Proofs = Annotated[frozenset[Proof], NoDecode, BeforeValidator(_proofs)]


class CashierSettings(PublicSettings, CallingSettings, AlertingSettings):
    """`kafka_session_timeout_ms` and `member_id` are given to every service; the cashier is in no
    group and has no use for them. `max_streams`: pages watched live at once. `trusted_proxies`:
    CIDRs, separated by commas, whose X-Forwarded-For is believed. `wechat_proofs`: what stands
    between `MP_verify_` and `.txt` in the names of the files by which merchants prove to WeChat
    that this host serves their pages; separated by commas."""

    port: int = 8004
    private_port: int = 8104
    gateway_url: Annotated[str, Field(pattern=r"^https?://[^/]")]
    gateway_token: Token
    max_streams: Annotated[int, Field(ge=1)] = 12_000
    wechat_proofs: Proofs = frozenset()
