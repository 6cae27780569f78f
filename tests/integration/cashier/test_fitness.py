"""A cashier whose clock is wrong is not ready: it would end choosing too early, or too late."""

import time
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI
from tests.integration.cashier.conftest import Gateway, cashier_at

from contracts.internal import ClockReading


class GatewayWithClock(Gateway):
    def app(self) -> FastAPI:
        app = super().app()
        reading = app.get("/internal/clock")
        reading(lambda: ClockReading(now=datetime.now(UTC)))
        return app


@pytest.mark.parametrize(
    ("gateway", "ahead_s", "status", "words"),
    [
        (GatewayWithClock(), 10_800.0, 503, "180 minutes ahead of that of the gateway"),
        (GatewayWithClock(), -10_800.0, 503, "180 minutes behind that of the gateway"),
        (GatewayWithClock(), 1.0, 200, ""),
        (Gateway(), 10_800.0, 200, ""),  # of the release before, which cannot be asked
    ],
    ids=["ahead", "behind", "near", "cannot ask"],
)
async def test_a_cashier_is_ready_where_its_clock_is_near_the_gateways(
    gateway: Gateway, ahead_s: float, status: int, words: str, kafka_bootstrap: str
) -> None:
    async with (
        cashier_at(gateway, kafka_bootstrap, now=lambda: time.time() + ahead_s) as app,
        app.router.lifespan_context(app),
    ):
        health, page = [
            await asked(port, path)
            for port, path in ((app.private, "/health/ready"), (app, f"/pay/{gateway.token}"))
        ]
    assert (health.status_code, page.status_code) == (status, status)
    assert words in health.json().get("reasons", {}).get("clock", "")


async def asked(port: FastAPI, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(port)
    async with httpx.AsyncClient(transport=transport, base_url="http://cashier") as client:
        return await client.get(path)
