"""When people are told of an incident: soon, then with a count, at night only if it is critical."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import JsonValue

from contracts.events.alerts import Alert, Severity
from notifier.domain.incidents import FORGOTTEN_AFTER, GATHER, REPEAT, Incident, QuietHours, raised
from notifier.domain.messages import INCIDENTS_PER_MESSAGE, compose

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai
NIGHT = QuietHours(time(22), time(8), ZoneInfo("Asia/Shanghai"))
CRITICAL, WARNING = Severity.CRITICAL, Severity.WARNING


def alert(severity: Severity = WARNING) -> Alert:
    return Alert(key="k", severity=severity, title="t", detail="d")


def new_delivery(incident: Incident, at: datetime) -> Incident:
    return replace(incident, untold=0, told_at=at, due_at=None)


def test_new_trouble_is_told_in_seconds() -> None:
    assert raised(None, alert(), NOW, NOW, None).due_at == NOW + GATHER


def test_repeated_trouble_is_counted_and_told_later() -> None:
    known = new_delivery(raised(None, alert(), NOW, NOW, None), NOW)
    again = raised(known, alert(), NOW, NOW + timedelta(minutes=1), None)

    assert (again.total, again.untold) == (2, 1)
    assert again.due_at == NOW + REPEAT[WARNING]


def test_worse_trouble_does_not_wait() -> None:
    known = new_delivery(raised(None, alert(), NOW, NOW, None), NOW)

    assert raised(known, alert(CRITICAL), NOW, NOW, None).due_at == NOW + GATHER


def test_trouble_of_another_day_is_a_new_one() -> None:
    known = new_delivery(raised(None, alert(), NOW, NOW, None), NOW)
    later = NOW + FORGOTTEN_AFTER

    assert raised(known, alert(), later, later, None).total == 1


def test_at_night_only_what_is_critical_is_told() -> None:
    morning = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)

    assert raised(None, alert(), NOW, NOW, NIGHT).due_at == morning
    assert raised(None, alert(CRITICAL), NOW, NOW, NIGHT).due_at == NOW + GATHER


@pytest.mark.parametrize(
    ("begin", "end", "local", "after"),
    [
        ("22:00", "08:00", "23:00", "08:00"),
        ("22:00", "08:00", "07:59", "08:00"),
        ("22:00", "08:00", "08:00", "08:00"),
        ("22:00", "08:00", "12:00", "12:00"),
        ("12:00", "14:00", "13:00", "14:00"),
        ("12:00", "14:00", "11:00", "11:00"),
    ],
)
def test_quiet_hours_end_in_the_morning(begin: str, end: str, local: str, after: str) -> None:
    quiet = QuietHours(time.fromisoformat(begin), time.fromisoformat(end), UTC)
    moment = datetime.fromisoformat(f"2026-11-22T{local}:00+00:00")

    assert quiet.after(moment).strftime("%H:%M") == after
    assert timedelta(0) <= quiet.after(moment) - moment < timedelta(hours=10)


def test_message_of_the_longest_texts_is_short_enough_for_dingtalk() -> None:
    facts: dict[str, JsonValue] = {str(number): "\U0001f600" * 900 for number in range(9)}
    long = Alert(key="k", severity=CRITICAL, title="物" * 900, detail="业" * 900, facts=facts)
    message = compose([raised(None, long, NOW, NOW, None)] * INCIDENTS_PER_MESSAGE)

    assert len(message.text.encode()) < 20_000
