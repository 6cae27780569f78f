"""Every alert has a Chinese title, and a storm of them is one short message."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.alert_titles import TITLES, chinese
from contracts.events.alerts import Alert, Severity
from notifier.domain.incidents import Incident, raised
from notifier.domain.messages import INCIDENTS_PER_MESSAGE, compose, cut_bytes

TABLE = Path(__file__).parents[3] / "docs" / "alerts.md"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def keys() -> list[str]:
    rows = [line for line in TABLE.read_text().splitlines() if line.startswith("| `")]
    return [key for row in rows for key in re.findall(r"`([^`]+)`", row.split(" | ")[0])]


def test_every_key_of_the_table_has_a_title_and_no_other() -> None:
    assert {key for key in keys() if chinese(key) is None} == set()
    assert {key.partition("{")[0] for key in keys()} == set(TITLES)


def test_the_longest_beginning_counts() -> None:
    assert chinese("configuration.unproven:gateway") != chinese("configuration:M1")


def incident(key: str, severity: Severity = Severity.CRITICAL) -> Incident:
    alert = Alert(key=key, severity=severity, title="In English", detail="d")
    return raised(None, alert, NOW, NOW, None)


@pytest.mark.parametrize(
    ("language", "title", "inside"),
    [
        ("zh", "Paymesh: 1 严重, 1 警告", "Kafka 无应答"),
        ("en", "Paymesh: 1 critical, 1 warning", "In English"),
    ],
)
def test_titles_are_in_the_language_of_the_setting(language: str, title: str, inside: str) -> None:
    due = [incident("kafka.silent:gateway"), incident("due.behind", Severity.WARNING)]
    message = compose(due, "zh" if language == "zh" else "en")
    assert message.title == title
    assert inside in message.text


def test_a_storm_is_one_message_with_counts() -> None:
    storm = [incident(f"channel.unclear:P{number}") for number in range(700)]
    storm += [incident(f"refund.failed:R{number}", Severity.WARNING) for number in range(90)]
    message = compose(storm, "zh")
    assert message.title == "Paymesh: 700 严重, 90 警告"
    assert message.text.count("**CRITICAL 严重**") == INCIDENTS_PER_MESSAGE
    assert "**+780**" in message.text
    assert "渠道长时间未告知结果 ×690" in message.text
    assert "退款失败 ×90" in message.text
    assert len(message.text.encode()) < 4_096


def test_bytes_are_cut_between_characters() -> None:
    assert cut_bytes("物业", 6) == "物业"
    assert cut_bytes("物业费", 8) == "物…"
