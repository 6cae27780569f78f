"""A service does not start with settings that nobody meant."""

import os

import pytest
from pydantic import SecretStr

from chassis.settings import PublicSettings, load


class Example(PublicSettings):
    port: int = 8000
    private_port: int = 8100
    max_in_flight: int = 512


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in list(os.environ):
        if name.startswith("PAYMESH_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PAYMESH_SERVICE_TOKEN", "s3cret")
    return monkeypatch


def test_what_is_set_is_read_and_secrets_stay_hidden(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PAYMESH_MAX_IN_FLIGHT", "7")
    environment.setenv("PAYMESH_LOG_LEVEL", "warning")

    settings = load(Example)

    assert (settings.host, settings.port, settings.max_in_flight) == ("127.0.0.1", 8000, 7)
    assert settings.log_level == "WARNING"
    assert settings.service_token == SecretStr("s3cret")
    assert "s3cret" not in repr(settings)


def test_every_problem_is_named_and_no_value_shown(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("PAYMESH_SERVICE_TOKEN")
    environment.setenv("PAYMESH_PORT", "hunter2")
    environment.setenv("PAYMESH_MAX_INFLIGHT", "7")

    with pytest.raises(SystemExit) as caught:
        load(Example)

    message = str(caught.value)
    assert "PAYMESH_MAX_INFLIGHT: unknown setting" in message
    assert "PAYMESH_PORT: " in message
    assert "PAYMESH_SERVICE_TOKEN: Field required" in message
    assert "hunter2" not in message


def test_an_unknown_variable_alone_stops_the_start(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PAYMESH_TYPO", "1")

    with pytest.raises(SystemExit, match="PAYMESH_TYPO"):
        load(Example)


def test_variables_of_others_do_not_matter(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OTHER_TYPO", "1")

    assert load(Example).port == 8000
