"""What the environment may say, and what stops the start."""

import pytest
from tests.record_keys import CONFIGURATION_PUBLIC_KEY

from chassis.settings import load
from notifier.sending.guard import DEFAULT_PORTS, Guard
from notifier.settings import NotifierSettings

REQUIRED = {
    "PAYMESH_ACCEPTED_TOKENS": "gateway:" + "t" * 32,
    "PAYMESH_DATABASE_URL": "postgresql://notifier@db/notifier",
    "PAYMESH_KAFKA_BOOTSTRAP": "kafka:9092",
    "PAYMESH_SEALING_KEY": "A" * 43 + "=",
    "PAYMESH_CONFIGURATION_PUBLIC_KEYS": CONFIGURATION_PUBLIC_KEY,
}


@pytest.fixture(autouse=True)
def _required(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)


def test_nothing_private_is_called_by_default() -> None:
    settings = load(NotifierSettings)

    assert settings.callback_allow_cidrs == ()
    assert settings.callback_ports == DEFAULT_PORTS == Guard().ports


def test_networks_and_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYMESH_CALLBACK_ALLOW_CIDRS", "127.0.0.0/8, fd12::/16,")
    monkeypatch.setenv("PAYMESH_CALLBACK_PORTS", "443, 1024-65535")

    settings = load(NotifierSettings)

    assert [str(network) for network in settings.callback_allow_cidrs] == [
        "127.0.0.0/8",
        "fd12::/16",
    ]
    assert settings.callback_ports == (range(443, 444), range(1024, 65_536))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAYMESH_CALLBACK_ALLOW_CIDRS", "10.0.0.1/8"),
        ("PAYMESH_CALLBACK_ALLOW_CIDRS", "intranet"),
        ("PAYMESH_CALLBACK_PORTS", "https"),
        ("PAYMESH_CALLBACK_PORTS", "9000-8000"),
        ("PAYMESH_CALLBACK_PORTS", "0"),
        ("PAYMESH_CALLBACK_PORTS", "65536"),
        ("PAYMESH_CALLBACK_URLS", "any"),
    ],
)
def test_what_is_not_understood_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit, match=name):
        load(NotifierSettings)
