"""What two guards cost a payment: records that prove their writer, and connections with limits.

`make bench` prints it beside the CPU of our services; alone: `python -m bench.guards`. Neither
guard can be switched off, so each is measured by itself: what a proof takes to make and to check,
and what our connection takes for a whole request more than uvicorn's own. The best of some rounds.
"""

import asyncio
import secrets
import sys
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from bench.record_proof import cost_us
from chassis.web.connection import of_port
from chassis.web.limits import Limits
from contracts import record_proof

RECORDS: Final = 2
"""A payment's results: of its initiation and of the channel's notification."""

RECORD_BYTES: Final = 1_000

REQUESTS: Final = 3
"""To open it at the gateway, the gateway's to trade-core, the channel's notification."""

LIMITS: Final = Limits(head_s=5, body_s=10, max_connections=64, is_proxy=lambda _: False)

ROUNDS: Final = 7
MESSAGES: Final = 2_000

REQUEST: Final = (
    b"POST /v1/payments HTTP/1.1\r\nHost: gateway.example:8000\r\nUser-Agent: app/1.0\r\n"
    b"Accept: */*\r\nAccept-Encoding: gzip, deflate\r\nContent-Type: application/json\r\n"
    b'Authorization: PAYMESH-HMAC-SHA256 app_id="A01",key_id="K01",timestamp="1795907403",'
    b'nonce="25e302763dfb13ea7bd33c3e3c01fd08",signature="' + b"x" * 44 + b'"\r\n'
    b"Content-Length: 300\r\n\r\n" + b"{" + b" " * 298 + b"}"
)


@dataclass(frozen=True, slots=True)
class Guards:
    """µs of CPU a payment."""

    proofs_us: float
    connections_us: float

    def line(self, ours_ms: float) -> str:
        """Beside what our five services need for it."""
        parts = {
            f"proofs ({RECORDS} records, made and checked)": self.proofs_us,
            f"limits of connections ({REQUESTS} requests)": self.connections_us,
        }
        of_each = ", ".join(
            f"{name} {us:.0f} µs = {us / ours_ms / 10:.2f} %" for name, us in parts.items()
        )
        return f"guards, of {ours_ms:.2f} ms CPU a payment in our five services: {of_each}"


def measured() -> Guards:
    keys = record_proof.hmac_keys(secrets.token_urlsafe(32))
    proofs_us = RECORDS * sum(cost_us(keys, keys, RECORD_BYTES))
    ours, bare = asyncio.run(_both())
    return Guards(proofs_us, REQUESTS * max(0.0, ours - bare))


async def _both() -> tuple[float, float]:
    """µs a request: in our connection, and in uvicorn's. By turns, so that both are disturbed."""
    rounds = [
        (await _round_us(of_port(LIMITS)), await _round_us(HttpToolsProtocol))
        for _ in range(ROUNDS)
    ]
    return min(ours for ours, _ in rounds), min(bare for _, bare in rounds)


async def _round_us(kind: Callable[..., HttpToolsProtocol]) -> float:
    config = Config(_answer, log_level="critical", access_log=False)
    config.load()
    protocol = kind(config=config, server_state=ServerState(), app_state={})
    protocol.connection_made(cast(Any, _Nowhere()))
    began = time.process_time()
    for _ in range(MESSAGES):
        protocol.data_received(REQUEST)
        await asyncio.gather(*protocol.tasks)
    return (time.process_time() - began) / MESSAGES * 1e6


async def _answer(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


class _Nowhere(asyncio.Transport):
    """Takes what is written, for a peer on this machine."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name in ("peername", "sockname") else default

    def write(self, data: bytes | bytearray | memoryview) -> None: ...

    def close(self) -> None: ...

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...


if __name__ == "__main__":
    found = measured()
    sys.stdout.write(f"{found.line(float(sys.argv[1]) if sys.argv[1:] else 3.0)}\n")
