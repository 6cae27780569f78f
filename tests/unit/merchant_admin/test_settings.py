"""What merchant-admin starts with."""

from ipaddress import ip_address

import pytest
from tests.record_keys import CONFIGURATION_KEY

from chassis import settings
from contracts import sealing
from merchant_admin.settings import AdminSettings

GOOD = {
    "GATEWAY_TOKEN": "g" * 32,
    "TRADE_CORE_TOKEN": "t" * 32,
    "NOTIFIER_TOKEN": "n" * 32,
    "DATABASE_URL": "postgresql://x/y",
    "KAFKA_BOOTSTRAP": "k:9092",
    "GATEWAY_URL": "http://gateway:8000",
    "TRADE_CORE_URL": "http://trade-core:8001",
    "NOTIFIER_URL": "http://notifier:8003",
    "GATEWAY_SEALING_PUBLIC_KEY": sealing.generate().public_key,
    "NOTIFIER_SEALING_PUBLIC_KEY": sealing.generate().public_key,
    "ADMIN_USERNAME": "admin",
    "ADMIN_PASSWORD": "a good password",
    "SESSION_KEY": "a session key of some length indeed",
    "CONFIGURATION_KEY": CONFIGURATION_KEY,
}


def given(monkeypatch: pytest.MonkeyPatch, **changes: str) -> None:
    for name, value in {**GOOD, **changes}.items():
        monkeypatch.setenv(f"PAYMESH_{name}", value)


def test_the_service_starts_with_what_the_runner_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, MEMBER_ID="merchant-admin", TRUSTED_PROXIES="10.0.0.0/8, 192.168.1.1")
    loaded = settings.load(AdminSettings)
    assert loaded.port == 8002
    assert [str(network) for network in loaded.trusted_proxies] == ["10.0.0.0/8", "192.168.1.1/32"]
    for peer in ("10.1.2.3", "::ffff:10.1.2.3", "::ffff:192.168.1.1"):
        assert any(ip_address(peer) in network for network in loaded.proxy_networks)
    for peer in ("11.1.2.3", "::ffff:11.1.2.3", "::10.1.2.3"):
        assert not any(ip_address(peer) in network for network in loaded.proxy_networks)
    assert "a good password" not in repr(loaded)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GATEWAY_SEALING_PUBLIC_KEY", "replace-with-the-gateways-public-sealing-key"),
        ("ADMIN_PASSWORD", "short"),
        ("CONFIGURATION_KEY", "garbage"),
        ("GATEWAY_URL", "gateway:8000"),
        ("TRUSTED_PROXIES", "everybody"),
        ("COLOUR", "red"),
    ],
)
def test_what_cannot_work_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    given(monkeypatch, **{name: value})
    with pytest.raises(SystemExit, match=f"PAYMESH_{name}"):
        settings.load(AdminSettings)


@pytest.mark.parametrize("value", ["http://admin.example.com", "https://x/console", "x"])
def test_a_console_behind_tls_has_an_address_that_fits(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    given(monkeypatch, HTTPS="true", CONSOLE_URL=value)
    with pytest.raises(SystemExit, match="PAYMESH_CONSOLE_URL"):
        settings.load(AdminSettings)


def test_a_console_behind_tls_has_the_address_that_it_was_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given(monkeypatch, HTTPS="true", CONSOLE_URL="https://admin.example.com/")
    assert settings.load(AdminSettings).console_url == "https://admin.example.com"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "at least 32 characters"),
        ("hunter2", "at least 32 characters"),
        ("s" * 32 + ",hunter2", "at least 32 characters"),
        (",".join(letter * 32 for letter in "abc"), "is one key, or 2"),
    ],
)
def test_a_session_key_that_is_none_stops_the_start_with_one_line(
    monkeypatch: pytest.MonkeyPatch, value: str, reason: str
) -> None:
    given(monkeypatch, SESSION_KEY=value)
    with pytest.raises(SystemExit) as caught:
        settings.load(AdminSettings)
    _, *lines = str(caught.value).splitlines()
    assert len(lines) == 1
    assert "PAYMESH_SESSION_KEY" in lines[0]
    assert reason in lines[0]
    assert "hunter2" not in lines[0]


def test_two_session_keys_are_known_while_one_replaces_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given(monkeypatch, SESSION_KEY="n" * 32 + "," + "o" * 32)
    keys = settings.load(AdminSettings).session_key
    assert [key.get_secret_value() for key in keys] == ["n" * 32, "o" * 32]
