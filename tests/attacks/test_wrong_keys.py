"""A service with a wrong key says so: at its start, or by never being ready."""

import httpx
import pytest
from tests.record_keys import CONFIGURATION_KEY, CONFIGURATION_PUBLIC_KEY, RECORD_KEY
from tests.unit.gateway.client import ADMIN_TOKEN, settings

from chassis.settings import load
from contracts import sealing
from gateway.domain.checkout_links import find_payment_no, token_of
from gateway.main import build
from gateway.settings import GatewaySettings
from merchant_admin.settings import AdminSettings
from notifier.settings import NotifierSettings
from trade_core.settings import TradeCoreSettings

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


RECORD = [
    ("PAYMESH_RECORD_KEYS", "", "must be one key"),
    ("PAYMESH_RECORD_KEYS", "hunter2", "has less than 32 characters"),
    ("PAYMESH_RECORD_KEYS", f"{RECORD_KEY},{RECORD_KEY}", "names one key twice"),
    ("PAYMESH_CONFIGURATION_PUBLIC_KEYS", "hunter2", "is neither PEM nor base64"),
    ("PAYMESH_CONFIGURATION_PUBLIC_KEYS", "AAAA", "is not a key of 32 bytes"),
]
CORE = {
    name: GATEWAY[name]
    for name in ("PAYMESH_ACCEPTED_TOKENS", "PAYMESH_KAFKA_BOOTSTRAP", "PAYMESH_RECORD_KEYS",
                 "PAYMESH_CONFIGURATION_PUBLIC_KEYS")
} | {"PAYMESH_DATABASE_URL": "postgresql://nowhere"}  # fmt: skip
CALLED = ("GATEWAY", "TRADE_CORE", "NOTIFIER")
ADMIN = {
    "PAYMESH_KAFKA_BOOTSTRAP": "127.0.0.1:1",
    "PAYMESH_DATABASE_URL": "postgresql://nowhere",
    **{f"PAYMESH_{called}_URL": "http://127.0.0.1:1" for called in CALLED},
    **{f"PAYMESH_{called}_TOKEN": called[0] * 32 for called in CALLED},
    "PAYMESH_GATEWAY_SEALING_PUBLIC_KEY": sealing.generate().public_key,
    "PAYMESH_NOTIFIER_SEALING_PUBLIC_KEY": sealing.generate().public_key,
    "PAYMESH_ADMIN_USERNAME": "admin",
    "PAYMESH_ADMIN_PASSWORD": "a good password",
    "PAYMESH_SESSION_KEY": "s" * 32,
    "PAYMESH_CONFIGURATION_KEY": CONFIGURATION_KEY,
}


@pytest.mark.parametrize(("name", "text", "reason"), RECORD)
@pytest.mark.parametrize(
    ("kind", "environment"), [(GatewaySettings, GATEWAY), (TradeCoreSettings, CORE)]
)
def test_a_record_key_that_is_none_stops_the_start(
    monkeypatch: pytest.MonkeyPatch,
    kind: type[GatewaySettings | TradeCoreSettings],
    environment: dict[str, str],
    name: str,
    text: str,
    reason: str,
) -> None:
    assert_refused(monkeypatch, kind, {**environment, name: text}, f"{name}: ", reason)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("PAYMESH_SESSION_KEY", "hunter2", "a key has at least 32 characters"),
        ("PAYMESH_CONFIGURATION_KEY", "hunter2", "is neither PEM nor base64"),
        ("PAYMESH_GATEWAY_SEALING_PUBLIC_KEY", "hunter2", "is not base64"),
        ("PAYMESH_NOTIFIER_SEALING_PUBLIC_KEY", "AAAA", "is not a public sealing key"),
    ],
)
def test_a_key_of_merchant_admin_that_is_none_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, reason: str
) -> None:
    assert_refused(monkeypatch, AdminSettings, {**ADMIN, name: text}, f"{name}: ", reason)


@pytest.mark.parametrize(("name", "text", "reason"), SEALING)
def test_a_key_of_the_notifier_that_is_none_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, reason: str
) -> None:
    assert_refused(monkeypatch, NotifierSettings, {**NOTIFIER, name: text}, f"{name}: ", reason)


def assert_refused(
    monkeypatch: pytest.MonkeyPatch,
    kind: type[GatewaySettings | NotifierSettings | TradeCoreSettings | AdminSettings],
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
