"""WeCom, Feishu, alerts that come by HTTP, storms, and neighbours that fall silent."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC
from datetime import time as datetime_time
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from aiohttp import ClientSession, web
from pydantic import SecretStr
from tests.integration.notifier.harness import Harness, until
from tests.integration.notifier.messenger_servers import (
    SECRET,
    OtherRobots,
    running_other_robots,
    running_robot,
)
from tests.integration.notifier.test_messaging import alert, ding, everything_is_due
from tests.record_keys import CONFIGURATION_PUBLIC_KEY

from chassis.problems import Overloaded
from contracts import sealing
from contracts.events.alerts import Alert, Severity
from contracts.internal import TakeAlerts
from notifier.domain.alerts import service_away
from notifier.domain.incidents import QuietHours
from notifier.domain.messages import Message, MessageFailed, Messenger
from notifier.flows import alerts, own_alerts
from notifier.flows.alerts import SPEAK_EVERY_S
from notifier.flows.own_alerts import OwnAlerts
from notifier.jobs import neighbours
from notifier.jobs.neighbours import Neighbours
from notifier.main import build
from notifier.messengers.feishu import Feishu
from notifier.messengers.wecom import WeCom
from notifier.settings import NotifierSettings

LONG = Message("Paymesh: 1 严重", "物业费" * 9_000, is_critical=True)


@pytest.fixture
async def robots() -> AsyncIterator[OtherRobots]:
    async with running_other_robots() as robots:
        yield robots


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


def wecom(session: ClientSession, robots: OtherRobots) -> Messenger:
    return WeCom(session, SecretStr(robots.wecom_url))


def feishu(session: ClientSession, robots: OtherRobots) -> Messenger:
    return Feishu(session, SecretStr(robots.feishu_url), SecretStr(SECRET))


@pytest.mark.parametrize("make", [wecom, feishu])
async def test_a_long_message_is_cut_to_what_the_robot_takes(
    session: ClientSession,
    robots: OtherRobots,
    make: Callable[[ClientSession, OtherRobots], Messenger],
) -> None:
    await make(session, robots).send(LONG)
    (body,) = robots.taken
    assert "Paymesh: 1 严重" in str(body)


async def test_a_refusal_with_status_200_is_a_failure(
    session: ClientSession, robots: OtherRobots
) -> None:
    wrong_key = WeCom(session, SecretStr(robots.wecom_url + "x"))
    unsigned = Feishu(session, SecretStr(robots.feishu_url), SecretStr("another"))
    for messenger in (wrong_key, unsigned):
        with pytest.raises(MessageFailed):
            await messenger.send(Message("t", "x", is_critical=False))
    assert robots.taken == []


async def test_hundreds_of_incidents_are_one_message(
    harness: Harness, session: ClientSession
) -> None:
    async with running_robot() as robot:
        deps = replace(harness.deps(replica=0), messengers=[ding(session, robot)], language="zh")
        await alerts.receive(deps, [alert(f"channel.unclear:P{n}") for n in range(300)])
        await everything_is_due(harness)
        assert await alerts.send_due(deps)
        await everything_is_due(harness)
        assert not await alerts.send_due(deps)
    (message,) = robot.taken
    assert "渠道长时间未告知结果 ×290" in message["markdown"]["text"]


@pytest.fixture
async def http(harness: Harness) -> AsyncIterator[httpx.AsyncClient]:
    """The service without its loops."""
    settings = NotifierSettings.model_validate(
        {
            "accepted_tokens": "trade-core:" + "t" * 32 + ",cashier:" + "c" * 32,
            "database_url": "postgresql://nowhere",
            "kafka_bootstrap": "127.0.0.1:1",
            "sealing_key": sealing.generate().private_key,
            "configuration_public_keys": CONFIGURATION_PUBLIC_KEY,
        }
    )
    app = build(settings)
    app.state.deps = harness.deps(replica=0)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as client:
        yield client


async def test_an_alert_by_http_and_by_kafka_is_one(
    harness: Harness, http: httpx.AsyncClient
) -> None:
    record = alert("kafka.silent:trade-core")
    await alerts.receive(harness.deps(replica=0), [record])
    body = TakeAlerts(records=[record, alert("kafka.silent:trade-core")]).model_dump_json()
    taken = [
        await http.post(
            "/internal/alerts", content=body, headers={"Authorization": "Bearer " + token * 32}
        )
        for token in "tc"
    ]
    assert [answer.json() for answer in taken] == [{"new": 1}, {"new": 0}]
    assert await harness.value("select total from trouble") == 2


@asynccontextmanager
async def neighbour(is_ready: list[bool]) -> AsyncIterator[str]:
    """Another service: the address of its private port."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=200 if is_ready[0] else 503)

    application = web.Application()
    application.router.add_get("/health/ready", answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_neighbour_that_is_ready_no_more_is_raised_once(harness: Harness) -> None:
    is_ready = [True]
    async with neighbour(is_ready) as url, ClientSession() as session:
        looking = Neighbours(OwnAlerts(harness.deps(replica=0)), {"gateway": url}, away_s=0.2)
        await looking.check(session)
        assert await harness.value("select count(*) from trouble") == 0
        is_ready[0] = False

        async def is_raised() -> bool:
            await looking.check(session)
            return bool(await harness.value("select count(*) from trouble"))

        await until(is_raised)
        for _ in range(3):
            await looking.check(session)
    assert await harness.value("select array_agg(key) from trouble") == ["service.away:gateway"]
    assert await harness.value("select total from trouble") == 1


async def test_who_did_not_look_for_a_while_takes_nobody_for_silent(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notifier itself stood still, and the others were there all the time."""
    is_ready = [True]
    async with neighbour(is_ready) as url, ClientSession() as session:
        looking = Neighbours(OwnAlerts(harness.deps(replica=0)), {"gateway": url}, away_s=5.0)
        await looking.check(session)
        stood_still_s = neighbours.FIRST_S + 60
        monkeypatch.setattr(
            neighbours, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + stood_still_s)
        )
        is_ready[0] = False  # for this very look
        await looking.check(session)
    assert await harness.value("select count(*) from trouble") == 0


class Away:
    """A database that is away, or that hangs."""

    def __init__(self, *, hangs: bool) -> None:
        self.hangs = hangs

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        if self.hangs:
            await asyncio.Event().wait()
        raise Overloaded("The database is away.")
        yield


class Kept:
    """A messenger that takes everything."""

    name, destination = "kept", "kept"

    def __init__(self) -> None:
        self.titles: list[str] = []
        self.texts: list[str] = []

    async def send(self, message: Message) -> None:
        self.titles.append(message.title)
        self.texts.append(message.text)


@pytest.mark.parametrize("hangs", [False, True])
async def test_without_the_database_people_are_told_at_once(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    monkeypatch.setattr(own_alerts, "KEPT_LIMIT_S", 0.05)
    away: Any = Away(hangs=hangs)
    people, now = Kept(), [100.0]
    deps = replace(harness.deps(replica=0), db=away, messengers=[people])
    own = OwnAlerts(deps, monotonic=lambda: now[0])
    assert await own.tell(service_away("trade-core", 5.0))
    assert not await own.tell(service_away("merchant-admin", 5.0))  # too soon after the other
    now[0] += SPEAK_EVERY_S
    assert await own.tell(service_away("merchant-admin", 5.0))
    assert people.titles == ["Paymesh: 1 critical"] * 2


async def test_in_quiet_hours_only_what_is_critical_is_raised_without_the_database(
    harness: Harness,
) -> None:
    away: Any = Away(hangs=False)
    people = Kept()
    quiet = QuietHours(datetime_time(0), datetime_time(23, 59, 59, 999_999), UTC)
    deps = replace(harness.deps(replica=0), db=away, messengers=[people], quiet_hours=quiet)
    warning = Alert(key="k", severity=Severity.WARNING, title="t", detail="d")
    own = OwnAlerts(deps)
    assert not await own.tell(warning)
    assert await own.tell(service_away("gateway", 5.0))
    assert people.titles == ["Paymesh: 1 critical"]


async def test_each_silent_neighbour_is_raised_once_and_at_doubling_while_the_database_hangs(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait for the database is no gap in looking, and no neighbour waits for another."""
    now = [0.0]

    class Hanging:
        def transaction(self) -> None:
            now[0] += own_alerts.KEPT_LIMIT_S
            raise TimeoutError

    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr(neighbours, "time", clock)
    hanging: Any = Hanging()
    people = Kept()
    deps = replace(harness.deps(replica=0), db=hanging, messengers=[people])
    away = ["gateway", "trade-core", "merchant-admin", "cashier"]
    looking = Neighbours(
        OwnAlerts(deps, monotonic=clock.monotonic), dict.fromkeys(away, "http://127.0.0.1:1")
    )
    now[0] += neighbours.FIRST_S
    received: list[tuple[float, list[str]]] = []
    async with ClientSession() as session:
        while (silent_s := now[0] - neighbours.FIRST_S) < 300:
            known = len(people.texts)
            await looking.check(session)
            received += [
                (silent_s, [name for name in away if f"No replica of {name} " in text])
                for text in people.texts[known:]
            ]
            now[0] += neighbours.CHECK_EVERY_S
    assert [names for _, names in received] == [away] * len(received)
    assert [round(silent_s) for silent_s, _ in received] == [5, 10, 20, 40, 80, 160]


async def test_what_is_wrong_with_an_alert_itself_is_no_absence(harness: Harness) -> None:
    class Broken:
        def transaction(self) -> None:
            raise ValueError("no")

    broken: Any = Broken()
    with pytest.raises(ValueError, match="no"):
        await OwnAlerts(replace(harness.deps(replica=0), db=broken)).tell(
            service_away("gateway", 5.0)
        )
