"""A service with a wrong key says so: at its start, or by never being ready."""

import httpx
import pytest
from tests.record_keys import CONFIGURATION_PUBLIC_KEY, RECORD_KEY
from tests.unit.gateway.client import ADMIN_TOKEN, settings

from chassis.settings import load
from contracts import sealing
from gateway.domain.checkout_links import find_payment_no, token_of
from gateway.main import build
from gateway.settings import GatewaySettings
from notifier.settings import NotifierSettings

GOOD = {
    "PAYMESH_KAFKA_BOOTSTRAP": "127.0.0.1:1",
    "PAYMESH_ACCEPTED_TOKENS": f"merchant-admin:{ADMIN_TOKEN}",
    "PAYMESH_SEALING_KEY": sealing.generate().private_key,
    "PAYMESH_CONFIGURATION_PUBLIC_KEYS": CONFIGURATION_PUBLIC_KEY,
}
GATEWAY = {
    **GOOD,
    "PAYMESH_TRADE_CORE_URL": "http://127.0.0.1:1",
    "PAYMESH_TRADE_CORE_TOKEN": "t" * 32,
    "PAYMESH_NOTIFIER_URL": "http://127.0.0.1:1",
    "PAYMESH_NOTIFIER_TOKEN": "n" * 32,
    "PAYMESH_PUBLIC_URL": "https://pay.example",
    "PAYMESH_CASHIER_URL": "https://cashier.example",
    "PAYMESH_CHECKOUT_KEY": "c" * 32,
    "PAYMESH_RECORD_KEYS": RECORD_KEY,
}
NOTIFIER = {**GOOD, "PAYMESH_DATABASE_URL": "postgresql://nowhere"}

SEALING = [
    ("PAYMESH_SEALING_KEY", text, "is not a private sealing key")
    for text in ("", "hunter2", "AAAA", "*" * 44, f"{GOOD['PAYMESH_SEALING_KEY']},")
]
CHECKOUT = [
    ("PAYMESH_CHECKOUT_KEY", "", "a key has at least 32 characters"),
    ("PAYMESH_CHECKOUT_KEY", "hunter2", "a key has at least 32 characters"),
    ("PAYMESH_CHECKOUT_KEY", "c" * 32 + ",short", "a key has at least 32 characters"),
    ("PAYMESH_CHECKOUT_KEY", ",".join("abc") * 32, "is one key, or 2"),
    ("PAYMESH_TRADE_CORE_TOKEN", "hunter2", "a token has at least 32"),
]


@pytest.mark.parametrize(("name", "text", "reason"), [*SEALING, *CHECKOUT])
def test_a_key_of_the_gateway_that_is_none_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, reason: str
) -> None:
    assert_refused(monkeypatch, GatewaySettings, {**GATEWAY, name: text}, f"{name}: ", reason)


@pytest.mark.parametrize(("name", "text", "reason"), SEALING)
def test_a_key_of_the_notifier_that_is_none_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, reason: str
) -> None:
    assert_refused(monkeypatch, NotifierSettings, {**NOTIFIER, name: text}, f"{name}: ", reason)


def assert_refused(
    monkeypatch: pytest.MonkeyPatch,
    kind: type[GatewaySettings | NotifierSettings],
    environment: dict[str, str],
    *words: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as caught:
        load(kind)
    _, *lines = str(caught.value).splitlines()
    assert len(lines) == 1
    assert all(word in lines[0] for word in words)
    assert "hunter2" not in lines[0]


async def test_a_gateway_whose_key_opens_nothing_is_never_ready() -> None:
    app = build(settings())
    opener = app.state.deps.opener
    for number in range(8):
        sealed = sealing.seal(sealing.generate().public_key, "s", context=f"C{number}")
        with pytest.raises(sealing.CannotOpen):
            opener.open(sealed, context=f"C{number}")
    transport = httpx.ASGITransport(app.private)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
        answer = await http.get("/health/ready")
    assert (answer.status_code, answer.json()["checks"]["secrets"]) == (503, False)


def test_a_link_of_the_former_checkout_key_is_good_until_that_key_is_gone() -> None:
    new, old = b"n" * 32, b"o" * 32
    link = token_of("P1", [old])
    assert find_payment_no(link, [new, old]) == "P1"
    assert find_payment_no(token_of("P1", [new, old]), [new]) == "P1"
    assert find_payment_no(link, [new]) is None
