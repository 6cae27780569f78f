"""A gateway that does not agree with trade-core is not ready, and refuses what it would spoil."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.integration.gateway.serving import serving
from tests.record_keys import RECORD_KEY
from tests.unit.gateway.client import settings

from contracts import record_proof
from contracts.internal import Peer
from gateway.main import build

AHEAD_S = 10_800.0


def core(_: str) -> Starlette:
    """All of trade-core that is asked here."""

    async def answer(_: Request) -> Response:
        ids = record_proof.hmac_keys(RECORD_KEY).ids
        peer = Peer(now=datetime.now(UTC), record_key_ids=ids)
        return Response(peer.model_dump_json(), media_type="application/json")

    return Starlette(routes=[Route("/internal/peer", answer)])


def core_of_before(_: str) -> Starlette:
    """The release before knows no such question."""
    return Starlette(routes=[])


@asynccontextmanager
async def gateway(
    trade_core_url: str,
    kafka_bootstrap: str,
    *,
    ahead_s: float = 0.0,
    record_keys: str = RECORD_KEY,
) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """Its public and its private port."""
    app = build(
        settings(
            trade_core_url=trade_core_url,
            kafka_bootstrap=kafka_bootstrap,
            record_keys=SecretStr(record_keys),
        ),
        now=lambda: time.time() + ahead_s,
    )
    ports = [
        httpx.AsyncClient(transport=httpx.ASGITransport(each), base_url="http://gateway")
        for each in (app, app.private)
    ]
    async with ports[0], ports[1], app.router.lifespan_context(app):
        yield ports[0], ports[1]


@pytest.mark.parametrize(
    ("changes", "check", "words"),
    [
        ({"ahead_s": AHEAD_S}, "clock", "ahead of that of trade-core's database"),
        ({"ahead_s": -AHEAD_S}, "clock", "behind that of trade-core's database"),
        ({"record_keys": "another key of thirty-two letters"}, "record_keys", "does not know"),
    ],
)
async def test_who_does_not_agree_is_not_ready(
    kafka_bootstrap: str, changes: dict[str, Any], check: str, words: str
) -> None:
    async with serving(core) as url, gateway(url, kafka_bootstrap, **changes) as (public, private):
        health = await private.get("/health/ready")
        refused = await public.post("/v1/payments", json={})

    assert health.status_code == 503
    assert health.json()["checks"][check] is False
    assert words in health.json()["reasons"][check]
    assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")


@pytest.mark.parametrize("peer", [core, core_of_before])
async def test_who_agrees_or_cannot_ask_goes_on(
    kafka_bootstrap: str, peer: Callable[[str], Starlette]
) -> None:
    async with serving(peer) as url, gateway(url, kafka_bootstrap) as (public, private):
        health = (await private.get("/health/ready")).json()
        answer = await public.post("/v1/payments", json={})

    assert health["checks"]["clock"] is health["checks"]["record_keys"] is True
    assert answer.status_code != 503 or "replica" not in answer.json()["detail"]
