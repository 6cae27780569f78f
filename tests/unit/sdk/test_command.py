"""What goes wrong around the command is told in a line, never as a traceback."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.unit.sdk.prepared_centre import (
    NO,
    Centre,
    Prepared,
    event,
    order,
    page,
    payment,
    problem,
)
from typer.testing import CliRunner, Result

from paymesh.cli.commands import app

EXPLAIN = ("explain-signature", "--authorization", "x", "--target", "/v1/payments")

Command = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "PAYMESH_URL": "https://pay.example/",
        "PAYMESH_APP_ID": "A1",
        "PAYMESH_KEY_ID": "K1",
        "PAYMESH_SECRET": "s",
    }


@pytest.fixture
def command(home: dict[str, str]) -> Command:
    """A traceback of its own fails the test."""

    def run(*arguments: str, **environment: Any) -> Result:
        given: Mapping[str, Any] = {**home, **environment}
        result = CliRunner().invoke(app, arguments, env=given)
        assert isinstance(result.exception, SystemExit | None), result.exception
        return result

    return run


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where the command asks: nobody is there."""
    urls: list[str] = []

    def nobody(url: str, **_: Any) -> httpx.Response:
        urls.append(url)
        raise httpx.ConnectError("Connection refused")

    monkeypatch.setattr("httpx.post", nobody)
    return urls


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Centre]:
    """A centre of these answers, for every client."""

    def by(*answers: Prepared) -> Centre:
        centre = Centre(*answers)
        monkeypatch.setattr(
            "httpx.HTTPTransport.handle_request", lambda _, request: centre(request)
        )
        return centre

    return by


def complains_of(result: Result, *words: str) -> bool:
    return result.exit_code == 1 and all(word in result.stderr for word in words)


def test_a_centre_that_is_away_is_named(command: Command, asked: list[str]) -> None:
    assert complains_of(command(*EXPLAIN), "pay.example", "Connection refused")
    assert asked == ["https://pay.example/v1/signature/explain"]


def test_a_file_that_is_not_there_is_named(command: Command) -> None:
    assert complains_of(command(*EXPLAIN, "--body-file", "/nope/body"), "/nope/body")
    keys = {"PAYMESH_SECRET": None, "PAYMESH_PRIVATE_KEY_FILE": "/nope/key"}
    assert complains_of(command("events", **keys), "/nope/key")


@pytest.mark.parametrize("content", ["", "[]", "no json", '{"base_url": 5}', '{"demo": "DEMO"}'])
def test_a_login_that_cannot_be_read_is_named(
    command: Command, tmp_path: Path, content: str
) -> None:
    demo = tmp_path / "demo.json"
    demo.write_text("{}")
    file = tmp_path / "config" / "paymesh" / "login.json"
    file.parent.mkdir(parents=True)
    file.write_text(content.replace("DEMO", str(demo)))
    assert complains_of(command("events", PAYMESH_URL=None), ".json")


def test_a_demo_login_is_of_the_stack_of_this_environment(
    command: Command, answered: Callable[..., Centre], tmp_path: Path
) -> None:
    answered(page([], None))
    demo = {"gateway_url": "https://of.the.folder", "sandbox_url": "", "merchant_id": "M1"}
    keys = {"app_id": "A1", "key_id": "K1", "secret": "s", "webhook_secret": "whsec_cw=="}
    (tmp_path / "demo.json").write_text(json.dumps({**demo, "payment_ids": {}, "app": keys}))
    printed = command("login", "--demo", PAYMESH_LOCAL_DIR=str(tmp_path)).stdout
    assert "A1 at https://of.the.folder" in printed


def test_a_login_of_a_later_release_is_one(
    command: Command, tmp_path: Path, asked: list[str]
) -> None:
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text("s")
    login = {"base_url": "https://kept.example", "app_id": "A1", "key_id": "K1"}
    file = tmp_path / "config" / "paymesh" / "login.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({**login, "secret_file": str(secret), "theme": "dark"}))
    command(*EXPLAIN, PAYMESH_URL=None)
    assert asked == ["https://kept.example/v1/signature/explain"]


@pytest.fixture
def logged_in(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text("s")
    login = {"base_url": "https://kept.example", "app_id": "A1", "key_id": "K1"}
    more = {"secret_file": str(secret), "merchant_id": "M1"}
    file = tmp_path / "config" / "paymesh" / "login.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({**login, **more}))


ONLY_LOGIN = dict.fromkeys(("PAYMESH_URL", "PAYMESH_APP_ID", "PAYMESH_KEY_ID", "PAYMESH_SECRET"))


def test_each_variable_wins_over_the_login(
    command: Command, answered: Callable[..., Centre], logged_in: None
) -> None:
    created = httpx.Response(201, json=payment())
    pay = ("pay", "1", "--payment-id", "C1", "--no-wait", "--json")
    for name, value, member in (
        ("PAYMESH_MERCHANT_ID", "M7", '"merchant_id":"M7"'),
        ("PAYMESH_APP_ID", "A7", 'app_id="A7"'),
        ("PAYMESH_KEY_ID", "K7", 'key_id="K7"'),
    ):
        centre = answered(created)
        assert command(*pay, **{**ONLY_LOGIN, name: value}).exit_code == 0
        (request,) = centre.requests
        sent = request.headers["Authorization"] + request.content.decode()
        assert (request.url.host, member in sent) == ("kept.example", True)


def test_a_key_of_the_environment_signs_instead_of_that_of_the_login(
    command: Command, answered: Callable[..., Centre], logged_in: None, tmp_path: Path
) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
    )
    centre = answered(page([], None))
    command("events", **{**ONLY_LOGIN, "PAYMESH_PRIVATE_KEY_FILE": str(key)})
    assert centre.requests[0].headers["Authorization"].startswith("PAYMESH-ED25519")


def test_events_are_not_triggered_at_accounts_of_another_merchant(
    command: Command, tmp_path: Path
) -> None:
    centre = {"gateway_url": "https://of.the.demo", "sandbox_url": "http://127.0.0.1:9"}
    keys = {"app_id": "A1", "key_id": "K1", "secret": "s", "webhook_secret": "whsec_cw=="}
    whose = {"merchant_id": "M1", "payment_ids": {"wechat": "C1"}, "app": keys}
    demo = tmp_path / "demo.json"
    demo.write_text(json.dumps({**centre, **whose}))
    file = tmp_path / "config" / "paymesh" / "login.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"demo": str(demo)}))
    refused = command("trigger", "ping", **{**ONLY_LOGIN, "PAYMESH_MERCHANT_ID": "M7"})
    assert complains_of(refused, "demo merchant")


def test_a_login_leaves_out_nothing_that_was_given(
    command: Command, answered: Callable[..., Centre], tmp_path: Path
) -> None:
    demo = tmp_path / "else" / "demo.json"
    demo.parent.mkdir()
    centre = {"gateway_url": "https://of.the.file", "sandbox_url": "", "merchant_id": "M1"}
    keys = {"app_id": "A1", "key_id": "K1", "secret": "s", "webhook_secret": "whsec_cw=="}
    demo.write_text(json.dumps({**centre, "payment_ids": {}, "app": keys}))
    answered(page([], None))
    assert "https://of.the.file" in command("login", "--demo-file", str(demo)).stdout
    for option, value in (("--url", "https://x"), ("--merchant-id", "M7"), ("--key-id", "K7")):
        refused = command("login", "--demo", option, value)
        assert complains_of(refused, option, "--demo")


@pytest.mark.parametrize("address", ["foo", "ftp://x/", "http://", "http://[::1"])
def test_what_is_no_address_is_not_tried_for_ever(command: Command, address: str) -> None:
    secret = {"PAYMESH_WEBHOOK_SECRET": "whsec_" + "A" * 32}
    assert complains_of(
        command("listen", "--from-beginning", "--forward", address, **secret), address
    )


@pytest.mark.parametrize("address", ["http://[::1", "pay.example", "ftp://pay.example"])
def test_a_url_that_is_none_is_told(command: Command, address: str) -> None:
    assert complains_of(command("events", PAYMESH_URL=address), address)


def test_what_stands_between_is_told_by_who_waits(
    command: Command, answered: Callable[..., Centre], slept: list[float]
) -> None:
    answered(*[httpx.Response(502, text="<html>")] * 200)
    lost = command("pay", "1", "--merchant", "M1", "--payment-id", "C1")
    assert complains_of(lost, "not known in time", "answers 502")


LOST = httpx.ReadTimeout("no answer")


def paid(**changes: Any) -> httpx.Response:
    content = payment(status="succeeded", action=None, **changes)
    return httpx.Response(200, json={**content, "order": order()})


def test_a_refund_whose_answer_was_lost_can_be_repeated(
    command: Command, answered: Callable[..., Centre], slept: list[float]
) -> None:
    centre = answered(paid(), *[LOST] * 6)
    result = command("refund", NO, "300")
    number = json.loads(centre.requests[-1].content)["merchant_refund_no"]
    assert complains_of(result, "no answer", f"--refund {number}")


def test_a_payment_that_was_refused_or_lost_is_named(
    command: Command, answered: Callable[..., Centre], slept: list[float]
) -> None:
    refused = problem(422, "invalid_request", errors=[{"pointer": "/amount", "message": "is 0"}])
    centre = answered(refused)
    result = command("pay", "0", "--merchant", "M1", "--payment-id", "C1")
    number = json.loads(centre.requests[0].content)["merchant_order_no"]
    assert complains_of(result, "/amount: is 0", number)
    answered(*[LOST] * 500)
    lost = command("pay", "1", "--merchant", "M1", "--payment-id", "C1", "--order", "W7")
    assert complains_of(lost, "W7")


def test_events_are_the_last_ones_and_not_the_whole_history(
    command: Command, answered: Callable[..., Centre]
) -> None:
    centre = answered(page([event(8), event(9)], "c9"))
    shown = command("events", "--limit", "2")
    assert ("E8" in shown.stdout, "E9" in shown.stdout) == (True, True)
    assert [each.url.query for each in centre.requests] == [b"last=2"]
    for limit in ("0", "-1", "101"):
        assert command("events", "--limit", limit).exit_code == 2


def test_a_payment_code_leaves_nothing_to_scan(
    command: Command, answered: Callable[..., Centre]
) -> None:
    answered(httpx.Response(201, json=payment(status="succeeded", action={"type": "none"})))
    code = ("--method", "barcode", "--auth-code", "134579852461385201")
    printed = command("pay", "1", *code, "--merchant", "M1", "--payment-id", "C1").stdout
    assert ("type" in printed, "nothing to show" in printed) == (False, True)


def test_who_listens_begins_behind_the_newest_event(
    command: Command, answered: Callable[..., Centre]
) -> None:
    centre = answered(page([event(8)], "c8"), page([event(9)], "c9"))
    listened = command("listen", "--count", "1")
    assert ("E8" in listened.stdout, "E9" in listened.stdout) == (False, True)
    assert [each.url.query for each in centre.requests] == [b"last=1", b"after=c8&limit=100"]


def test_nothing_is_left_of_what_went_back(
    command: Command, answered: Callable[..., Centre]
) -> None:
    answered(paid(amount_refunded=1299))
    assert complains_of(command("refund", NO), "nothing is left", "CNY 12.99")
