"""The service that the README of the chassis puts together runs."""

from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from tests.contract.guide import blocks

README: Final = Path(__file__).parents[3] / "libs" / "chassis" / "README.md"


@pytest.mark.usefixtures("db")  # With the tables of the outbox.
async def test_the_shown_service_runs(
    postgres_url: str, kafka_bootstrap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYMESH_DATABASE_URL", postgres_url)
    monkeypatch.setenv("PAYMESH_KAFKA_BOOTSTRAP", kafka_bootstrap)
    monkeypatch.setenv("PAYMESH_KAFKA_SECURITY", "plain")
    monkeypatch.setenv("PAYMESH_ACCEPTED_TOKENS", f"gateway:{'t' * 32}")
    (block,) = blocks(README, "python")
    shown: dict[str, Any] = {"__name__": "greeter"}
    exec(compile(block, str(README), "exec"), shown)

    app = shown["build"](shown["load"](shown["GreeterSettings"]))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://greeter") as http,
    ):
        alive = await http.get("/health/live")
        assert (alive.status_code, alive.json()["checks"]) == (200, {"outbox": True})
