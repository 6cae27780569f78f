"""A service does not start with settings that nobody meant."""

import os
import ssl

import pytest
from pydantic import SecretStr

from chassis.settings import AcceptedToken, CalledSettings, PublicSettings, load

TOKEN = "s3cret" * 6
OTHER = "0ther-" * 6
THIRD = "third-" * 6


class Example(PublicSettings, CalledSettings):
    port: int = 8000
    private_port: int = 8100
    max_in_flight: int = 512


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in list(os.environ):
        if name.startswith("PAYMESH_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PAYMESH_KAFKA_BOOTSTRAP", "kafka:9093")
    monkeypatch.setenv("PAYMESH_ACCEPTED_TOKENS", f"gateway:{TOKEN}")
    return monkeypatch


def test_what_is_set_is_read_and_secrets_stay_hidden(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PAYMESH_MAX_IN_FLIGHT", "7")
    environment.setenv("PAYMESH_LOG_LEVEL", "warning")

    settings = load(Example)

    assert (settings.host, settings.port, settings.max_in_flight) == ("127.0.0.1", 8000, 7)
    assert settings.log_level == "WARNING"
    assert settings.accepted_tokens == (AcceptedToken("gateway", SecretStr(TOKEN)),)
    assert TOKEN not in repr(settings)


def test_every_problem_is_named_and_no_value_shown(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("PAYMESH_ACCEPTED_TOKENS")
    environment.setenv("PAYMESH_PORT", "hunter2")
    environment.setenv("PAYMESH_MAX_INFLIGHT", "7")

    with pytest.raises(SystemExit) as caught:
        load(Example)

    message = str(caught.value)
    assert "PAYMESH_MAX_INFLIGHT: unknown setting" in message
    assert "PAYMESH_PORT: " in message
    assert "PAYMESH_ACCEPTED_TOKENS: Field required" in message
    assert "hunter2" not in message


def test_an_unknown_variable_alone_stops_the_start(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PAYMESH_TYPO", "1")

    with pytest.raises(SystemExit, match="PAYMESH_TYPO"):
        load(Example)


def test_variables_of_others_do_not_matter(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OTHER_TYPO", "1")

    assert load(Example).port == 8000


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("", "is caller:token"),
        ("gateway", "is caller:token"),
        (f":{TOKEN}", "is caller:token"),
        ("gateway:", "gateway: a token has at least 32"),
        ("gateway:hunter2", "gateway: a token has at least 32"),
        (f"gateway:{TOKEN} {TOKEN}", "gateway: a token has at least 32"),
        (f"gateway:{TOKEN},", "is caller:token"),
        (f"gateway:{TOKEN},cashier:{TOKEN}", "two entries have the same token"),
        (f"gateway:{TOKEN},gateway:{OTHER},gateway:{THIRD}", "gateway: at most 2"),
        (f"operator:{TOKEN}", "the operator has a setting of its own"),
    ],
)
def test_tokens_that_protect_nothing_stop_the_start(
    environment: pytest.MonkeyPatch, given: str, reason: str
) -> None:
    environment.setenv("PAYMESH_ACCEPTED_TOKENS", given)

    with pytest.raises(SystemExit) as caught:
        load(Example)

    assert f"PAYMESH_ACCEPTED_TOKENS: Value error, {reason}" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_two_tokens_of_a_caller_are_accepted_while_one_is_exchanged(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("PAYMESH_ACCEPTED_TOKENS", f"gateway:{TOKEN}, gateway:{OTHER}")

    assert [each.caller for each in load(Example).tokens()] == ["gateway", "gateway"]


def test_an_operator_is_refused_where_nobody_said_so(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PAYMESH_OPERATOR_TOKEN", OTHER)
    with pytest.raises(SystemExit, match="operator_token is refused without allow_operator"):
        load(Example)

    environment.setenv("PAYMESH_ALLOW_OPERATOR", "true")
    assert [each.caller for each in load(Example).tokens()] == ["gateway", "operator"]


def test_a_token_that_is_shown_is_long_enough(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PAYMESH_OPERATOR_TOKEN", "short")
    environment.setenv("PAYMESH_ALLOW_OPERATOR", "true")
    with pytest.raises(SystemExit, match="PAYMESH_OPERATOR_TOKEN: Value error, a token has"):
        load(Example)


def test_kafka_is_reached_by_tls_unless_plain_is_asked_for(
    environment: pytest.MonkeyPatch,
) -> None:
    options = load(Example).broker().options()
    assert options["security_protocol"] == "SSL"
    assert options["ssl_context"].verify_mode is ssl.CERT_REQUIRED

    environment.setenv("PAYMESH_KAFKA_SECURITY", "plain")
    assert not {"ssl_context", "security_protocol"} & load(Example).broker().options().keys()


def test_a_name_for_kafka_comes_with_a_password_over_tls(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PAYMESH_KAFKA_SECURITY", "sasl")
    with pytest.raises(SystemExit, match="kafka_security=sasl needs"):
        load(Example)

    environment.setenv("PAYMESH_KAFKA_USERNAME", "gateway")
    environment.setenv("PAYMESH_KAFKA_PASSWORD", "hunter2")
    broker = load(Example).broker()
    options = broker.options()
    assert options["security_protocol"] == "SASL_SSL"
    assert options["sasl_plain_username"] == "gateway"
    assert options["sasl_plain_password"] == "hunter2"
    assert "hunter2" not in repr(broker)
