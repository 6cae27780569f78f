"""People hear of trouble: by DingTalk under its rules, and otherwise when it fails."""

import asyncio
import base64
import email
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest
from aiohttp import ClientSession
from pydantic import SecretStr
from tests.integration.notifier.app_server import AppServer, says
from tests.integration.notifier.harness import Harness
from tests.integration.notifier.messenger_servers import (
    SECRET,
    PostOffice,
    Robot,
    running_post_office,
    running_robot,
)

from chassis.background import Background
from contracts.events.alerts import ALERT, Alert, AlertRecord, Severity
from contracts.identifiers import new_id
from notifier.domain.errors import SpokeJustNow
from notifier.domain.messages import Messenger
from notifier.flows import alerts, keeping
from notifier.flows.deps import Deps
from notifier.flows.own_alerts import OwnAlerts
from notifier.jobs.messaging import Messaging
from notifier.jobs.watch import watch
from notifier.messengers.dingtalk import DingTalk, signature
from notifier.messengers.mail import Mail
from notifier.messengers.webhook import Webhook
from notifier.store import incidents


@pytest.fixture
async def robot() -> AsyncIterator[Robot]:
    async with running_robot() as robot:
        yield robot


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    async with running_post_office() as office:
        yield office


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


def by(harness: Harness, *messengers: Messenger) -> Deps:
    return replace(harness.deps(replica=0), messengers=messengers)


def ding(session: ClientSession, robot: Robot, secret: str = SECRET) -> DingTalk:
    return DingTalk(session, SecretStr(robot.url), SecretStr(secret))


def alert(key: str, severity: Severity = Severity.CRITICAL, detail: str = "x") -> AlertRecord:
    payload = Alert(key=key, severity=severity, title=f"Trouble {key}", detail=detail)
    return AlertRecord(
        id=new_id("event"),
        source="t",
        type=ALERT,
        subject=payload.key,
        time=datetime.now(UTC),
        data=payload,
    )


async def everything_is_due(harness: Harness) -> None:
    await harness.value("update teller set spoke_at = '-infinity' returning 1")
    await harness.value(
        "with due as (update trouble set due_at = now() where due_at is not null returning 1) "
        "select count(*) from due"
    )


async def test_alerts_of_one_key_are_told_once_with_their_count(
    harness: Harness, robot: Robot, session: ClientSession
) -> None:
    deps = by(harness, ding(session, robot))
    await alerts.receive(deps, [alert("a"), alert("a"), alert("b", Severity.WARNING)])
    await everything_is_due(harness)

    assert await alerts.send_due(deps)

    (message,) = robot.taken
    assert message["markdown"]["title"] == "Paymesh: 1 critical, 1 warning"
    assert "Trouble a" in message["markdown"]["text"]
    assert "×2 since" in message["markdown"]["text"]
    assert message["at"]["isAtAll"] is True
    assert not await alerts.send_due(deps)


async def test_new_alert_waits_for_company(
    harness: Harness, robot: Robot, session: ClientSession
) -> None:
    deps = by(harness, ding(session, robot))
    await alerts.receive(deps, [alert("a")])

    assert not await alerts.send_due(deps)


async def test_robot_is_never_asked_too_often(
    harness: Harness, robot: Robot, session: ClientSession
) -> None:
    deps = by(harness, ding(session, robot))
    for number in range(30):
        await alerts.receive(deps, [alert(f"k{number}")])
        await harness.value("update trouble set due_at = now() where untold > 0 returning 1")
        await alerts.send_due(deps)

    assert len(robot.taken) == alerts.IN_A_ROW
    assert await harness.value("select count(*) from trouble where untold > 0") == 27


async def test_a_robot_is_asked_fewer_than_twenty_times_a_minute(harness: Harness) -> None:
    asked = 0
    for _ in range(60):
        async with harness.db.transaction() as tx:
            while await incidents.take_turn(
                tx, "r", alerts.SPEAK_EVERY_S, in_a_row=alerts.IN_A_ROW
            ):
                asked += 1
            await tx.execute("update teller set spoke_at = spoke_at - interval '1 second'")
    assert alerts.IN_A_ROW < asked < 20


async def test_same_alert_from_kafka_twice_counts_once(harness: Harness) -> None:
    record = alert("a")
    await alerts.receive(harness.deps(replica=0), [record, record])
    await alerts.receive(harness.deps(replica=0), [record])

    assert await harness.value("select total from trouble") == 1


async def test_what_is_raised_while_it_is_told_is_told_later(
    harness: Harness, robot: Robot, session: ClientSession
) -> None:
    class Slow:
        name = destination = "slow"

        async def send(self, message: object) -> None:
            await alerts.receive(harness.deps(replica=0), [alert("a")])

    deps = by(harness, Slow())
    await alerts.receive(deps, [alert("a")])
    await everything_is_due(harness)

    await alerts.send_due(deps)

    assert await harness.value("select untold from trouble") == 1
    assert await harness.value("select due_at > now() + interval '4 min' from trouble")


@pytest.mark.parametrize("code", [130101, 310000])
async def test_refusal_in_a_200_escalates_to_the_others(
    harness: Harness,
    robot: Robot,
    office: PostOffice,
    server: AppServer,
    session: ClientSession,
    code: int,
) -> None:
    robot.refuses = code
    deps = by(
        harness,
        ding(session, robot),
        Webhook(session, SecretStr(f"{server.url}/ops")),
        Mail(SecretStr(office.url), "paymesh@example.com", ("ops@example.com",)),
    )
    await alerts.receive(deps, [alert("a", detail="物业")])
    await everything_is_due(harness)

    assert await alerts.send_due(deps)

    assert f"errcode {code}".encode() in server.received[0].body
    letter = email.message_from_bytes(office.letters[0], _class=EmailMessage, policy=policy.default)
    assert letter["Subject"] == "Paymesh: 1 critical"
    assert "物业" in letter.get_content()
    assert await harness.value("select untold from trouble") == 0


async def test_what_nobody_takes_is_tried_again(
    harness: Harness, robot: Robot, server: AppServer, session: ClientSession
) -> None:
    server.answers["/ops"] = says(500)
    deps = by(
        harness,
        ding(session, robot, secret="SECwrong"),
        Webhook(session, SecretStr(f"{server.url}/ops")),
    )
    await alerts.receive(deps, [alert("a")])
    await everything_is_due(harness)

    assert not await alerts.send_due(deps)
    await everything_is_due(harness)
    assert await alerts.send_due(by(harness, ding(session, robot)))


@pytest.mark.parametrize(
    "answer",
    [
        '{"errcode": 0, "errmsg": "%s"}' % ("x" * 100_000),
        "[" * 4000,
        '{"errcode": 1, "errmsg": "\\u0000 \\ud800 \\u202e"}',
        '{"errcode": "\\ud800"}',
    ],
)
async def test_answer_that_no_robot_gives_is_none(
    harness: Harness, server: AppServer, session: ClientSession, answer: str
) -> None:
    server.answers["/robot"] = says(200, answer)
    deps = by(harness, DingTalk(session, SecretStr(f"{server.url}/robot"), None))

    tested = await alerts.send_trial(deps)

    assert tested.items[0].error is not None


async def test_database_that_restarts_meanwhile_does_not_end_the_telling(
    harness: Harness, robot: Robot, session: ClientSession
) -> None:
    asked, ready = asyncio.Event(), asyncio.Event()
    ready.set()

    class Unlucky:
        name = destination = "unlucky"

        async def send(self, message: object) -> None:
            asked.set()
            raise asyncpg.AdminShutdownError

    await alerts.receive(harness.deps(replica=0), [alert("a")])
    await everything_is_due(harness)
    telling = Messaging(by(harness, Unlucky()), of_centre=True, is_ready=ready.is_set)
    async with Background(backoff_s=0.01, is_up=harness.db.is_up) as background:
        background.start("messaging", telling.run, pulse=telling.pulse)
        await asked.wait()
        assert background.alive() == {"messaging": True}


async def test_alerts_are_forgotten_with_their_days_but_for_what_nobody_was_told(
    harness: Harness, robot: Robot, session: ClientSession
) -> None:
    deps = by(harness, ding(session, robot))
    await alerts.receive(deps, [alert("told")])
    await everything_is_due(harness)
    await alerts.send_due(deps)
    await alerts.receive(deps, [alert("untold")])
    await harness.value("update alert set received_at = now() - interval '100 days' returning 1")
    await harness.value("update trouble set last_at = now() - interval '100 days' returning 1")
    await alerts.receive(deps, [alert("young")])

    await keeping.drop_old(deps, retention_days=90)

    assert await harness.value("select array_agg(key) from alert") == ["young"]
    assert await harness.value("select array_agg(key order by key) from trouble") == [
        "untold", "young",
    ]  # fmt: skip


async def test_words_from_outside_are_no_markup(
    harness: Harness, robot: Robot, session: ClientSession
) -> None:
    deps = by(harness, ding(session, robot))
    await alerts.receive(deps, [alert("a", detail="[click](http://evil.example)\n# big")])
    await everything_is_due(harness)

    await alerts.send_due(deps)

    assert "[click]" not in robot.taken[0]["markdown"]["text"]
    assert "\n# big" not in robot.taken[0]["markdown"]["text"]


async def test_strangers_text_stops_nothing_that_people_are_told(
    harness: Harness, robot: Robot, session: ClientSession
) -> None:
    deps = by(harness, ding(session, robot))
    odd = alert("a\0\ud800", detail="\ud800\0\u202e".join("odd"))
    await alerts.receive(deps, [odd, AlertRecord.model_validate_json(odd.to_bytes())])
    await everything_is_due(harness)

    assert await alerts.send_due(deps)
    assert "o" in robot.taken[0]["markdown"]["text"]


async def test_trial_goes_by_every_messenger(
    harness: Harness, robot: Robot, server: AppServer, session: ClientSession
) -> None:
    server.answers["/ops"] = says(404)
    deps = by(harness, ding(session, robot), Webhook(session, SecretStr(f"{server.url}/ops")))

    tested = await alerts.send_trial(deps)

    assert [(one.messenger, one.error) for one in tested.items] == [
        ("dingtalk", None),
        ("webhook", "status 404"),
    ]
    with pytest.raises(SpokeJustNow):
        await alerts.send_trial(deps)


def test_signature_is_hmac_of_time_and_secret() -> None:
    assert len(base64.b64decode(signature(SECRET, 1_700_000_000_000))) == 32


async def test_our_own_trouble_is_told_without_kafka(
    harness: Harness, robot: Robot, session: ClientSession
) -> None:
    deps = by(harness, ding(session, robot))
    stuck: Any = SimpleNamespace(oldest_s=11.0, dead=1)
    slow: Any = SimpleNamespace(lag=10_001, blocked=0, silence_s=0.0)
    forged: Any = SimpleNamespace(refused=1, unkept_s=0.0)

    await watch(OwnAlerts(deps), stuck, forged, {"notifier": slow}).check()
    await everything_is_due(harness)
    await alerts.send_due(deps)

    (message,) = robot.taken
    assert await harness.value("select array_agg(key order by key) from trouble") == [
        "configuration.unproven:notifier", "consumer.behind:notifier", "outbox.dead:notifier",
        "outbox.stuck:notifier",
    ]  # fmt: skip
    assert message["markdown"]["title"] == "Paymesh: 3 critical, 1 warning"
