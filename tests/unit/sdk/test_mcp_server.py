"""A model hears what went wrong, as people do."""

import httpx
import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent
from tests.unit.sdk.prepared_centre import NO, Centre, order, payment, problem

from paymesh import Paymesh, Settings
from paymesh.mcp_server import server_of
from paymesh.models.vocabulary import EventType
from paymesh.sandbox import Sandbox
from paymesh.triggering import Trigger

SETTINGS = Settings(
    base_url="https://pay.example",
    app_id="A1",
    key_id="K1",
    secret="s",
    merchant_id="M1",
    payment_ids={"wechat": "C1"},
    sandbox_url="http://sandbox.example",
)


@pytest.fixture
def centre(monkeypatch: pytest.MonkeyPatch) -> Centre:
    centre = Centre()
    monkeypatch.setattr("httpx.HTTPTransport.handle_request", lambda _, request: centre(request))
    return centre


async def error_of(tool: str, **arguments: object) -> str:
    async with Client(server_of(SETTINGS)) as client:
        result: CallToolResult = await client.call_tool(tool, arguments)
    assert result.is_error
    first = result.content[0]
    assert isinstance(first, TextContent)
    return first.text


async def test_a_refusal_of_the_centre_is_told_whole(centre: Centre) -> None:
    fault = {"pointer": "/amount", "message": "must be at least 1"}
    centre.answer(problem(422, "invalid_request", errors=[fault]))
    error = await error_of("pay", amount=0, subject="x")
    for part in ("invalid_request", "It is invalid_request.", "q1", "/amount: must be", "mcp-"):
        assert part in error
    assert error.count("/amount") == 1


async def test_what_was_asked_wrongly_is_told(centre: Centre) -> None:
    assert "wechat" in await error_of("pay", amount=1, subject="x", channel="zzz")
    assert "which number" in await error_of("get", number=" ")
    assert "payment.succeeded" in await error_of("trigger", event_type="moon.rose")


def test_every_event_can_be_triggered() -> None:
    with Paymesh.of(SETTINGS) as paymesh, Sandbox.of(SETTINGS) as sandbox:
        assert set(Trigger(paymesh, sandbox, SETTINGS).types) == set(EventType)


async def test_a_lost_refund_is_told_with_its_number(centre: Centre, slept: list[float]) -> None:
    found = httpx.Response(200, json=payment(status="succeeded", action=None, order=order()))
    centre.answer(found, *[httpx.ReadTimeout("no answer")] * 6)
    error = await error_of("refund", payment_no=NO, amount=1)
    assert "no answer" in error
    assert "mcp-" in error
