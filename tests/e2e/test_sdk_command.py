"""The command `paymesh` and its MCP server, as a newcomer uses them beside `make run`."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from tests.e2e.running import RunningStack, eventually
from typer.testing import CliRunner, Result

from paymesh import Credentials, Paymesh, Settings
from paymesh.cli.commands import app
from paymesh.mcp_server import server_of
from paymesh_local import processes
from paymesh_local.callbacks import CallbackReceiver
from paymesh_local.processes import Program

pytestmark = pytest.mark.asyncio(loop_scope="session")

Command = Callable[..., Any]


@pytest.fixture
def settings(stack: RunningStack) -> Settings:
    return Settings.of_demo(stack.folder / "demo.json")


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture
def paymesh(stack: RunningStack, home: dict[str, str]) -> Command:
    """Logged in as the demo app; one command at a time: its output is this process's."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments, env=home)

    demo = str(stack.folder / "demo.json")
    assert run("login", "--demo", "--demo-file", demo).exit_code == 0
    return lambda *arguments: asyncio.to_thread(run, *arguments)


def numbers_of(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    content: dict[str, Any] = json.loads(result.stdout)
    return content


async def test_a_newcomer_takes_money_finds_it_and_gives_it_back(paymesh: Command) -> None:
    shown = await paymesh("pay", "1299", "物业费", "--scan")
    assert shown.exit_code == 0, shown.output
    assert "█" in shown.stdout
    assert "succeeded" in shown.stdout

    paid = numbers_of(await paymesh("pay", "1299", "物业费", "--scan", "--json"))
    assert paid["status"] == "succeeded"
    for number in (paid["payment_no"], paid["merchant_order_no"], paid["channel_trade_no"]):
        found = await paymesh("get", number)
        assert found.exit_code == 0, found.output
        assert paid["payment_no"] in found.stdout
    given = numbers_of(await paymesh("refund", paid["payment_no"], "300", "--json"))
    assert (given["amount"], given["merchant_order_no"]) == (300, paid["merchant_order_no"])
    for number in (given["refund_no"], given["merchant_refund_no"]):
        assert numbers_of(await paymesh("get", number, "--json"))["refund_no"] == given["refund_no"]
    assert paid["payment_no"] in (await paymesh("events")).stdout

    nothing = await paymesh("get", "nobody-has-this")
    too_much = await paymesh("refund", paid["payment_no"], "999999")
    assert (nothing.exit_code, too_much.exit_code) == (1, 1)
    assert "refund_exceeds_paid" in too_much.stderr


async def test_what_is_triggered_is_forwarded_until_it_is_accepted(
    settings: Settings, paymesh: Command, home: dict[str, str], tmp_path: Path
) -> None:
    assert settings.webhook_secret is not None
    async with CallbackReceiver(settings.webhook_secret) as receiver:
        receiver.answer = (500, "not yet")
        listen = ("-m", "paymesh.cli", "listen", "--forward", receiver.url, "--count", "1")
        log = tmp_path / "listen.log"
        listener = await processes.start(
            Program("listen", processes.tied((sys.executable, *listen)), log, home)
        )

        async def listens() -> bool:
            return "listening for" in log.read_text()

        await eventually(listens)
        triggered = await paymesh("trigger", "payment.closed")
        number = triggered.stdout.split()[1]
        refused = await receiver.expect(lambda each: each.data.get("payment_no") == number)
        receiver.answer = (200, "success")
        async with asyncio.timeout(60):
            assert await listener.wait() == 0, log.read_text()
        assert [each.webhook_id for each in receiver.received].count(refused.webhook_id) >= 2
        with Paymesh.of(settings) as api:
            event = next(each for each in api.events.list() if each.id == refused.webhook_id)
        assert (refused.is_authentic, refused.type) == (True, event.type)


@pytest.mark.parametrize(
    "event_type", ["payment.failed", "refund.abnormal", "split.failed", "ping"]
)
async def test_an_event_comes_of_a_real_flow(paymesh: Command, event_type: str) -> None:
    triggered = await paymesh("trigger", event_type)
    assert triggered.exit_code == 0, triggered.output
    number = triggered.stdout.split()[1]
    assert event_type == "ping" or len(number) == 27


async def test_a_signature_is_explained_line_by_line(settings: Settings, paymesh: Command) -> None:
    who = (settings.app_id, settings.key_id, settings.secret or "")
    header = Credentials.with_secret(*who).authorization("GET", "/v1/payments", b"")
    arguments = ("explain-signature", "--authorization", header, "--method", "GET", "--target")
    right = await paymesh(*arguments, "/v1/payments")
    wrong = await paymesh(*arguments, "/v1/payments?limit=1")
    assert (right.exit_code, wrong.exit_code) == (0, 1)
    assert "target the query belongs to it" in wrong.stderr
    assert "GET\n/v1/payments?limit=1\n" in wrong.stderr


async def test_a_model_reads_everywhere_and_writes_at_a_sandbox_only(settings: Settings) -> None:
    async with Client(server_of(settings)) as client:
        tools = {each.name for each in (await client.list_tools()).tools}
        assert {"get", "payments", "events", "pay", "refund", "trigger"} <= tools
        paid = await client.call_tool("pay", {"amount": 1299, "subject": "停车费", "paid": True})
        assert paid.structured_content is not None
        assert paid.structured_content["status"] == "succeeded"
        found = await client.call_tool("get", {"number": paid.structured_content["payment_no"]})
        assert not found.is_error
    production = Settings(settings.base_url, settings.app_id, settings.key_id, settings.secret)
    async with Client(server_of(production)) as client:
        tools = {each.name for each in (await client.list_tools()).tools}
    assert tools == {"get", "payments", "events", "deliveries", "capabilities"}


async def test_a_secret_that_others_may_read_is_not_used(
    settings: Settings, paymesh: Command, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(settings.secret or "")
    secret.chmod(0o644)
    who = ("--url", settings.base_url, "--app-id", settings.app_id, "--key-id", settings.key_id)
    refused = await paymesh("login", *who, "--secret-file", str(secret))
    assert (refused.exit_code, "chmod 600" in refused.stderr) == (1, True)
    secret.chmod(0o600)
    taken = await paymesh("login", *who, "--secret-file", str(secret))
    assert taken.exit_code == 0, taken.output
    kept = tmp_path / "config" / "paymesh" / "login.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert (settings.secret or "") not in kept.read_text()
    assert (await paymesh("events")).exit_code == 0
