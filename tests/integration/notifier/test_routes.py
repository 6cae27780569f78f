"""Alerts that name a merchant are told to that merchant's own people too, each under its limits."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from pydantic import SecretStr
from tests.integration.notifier.app_server import AppServer, says
from tests.integration.notifier.harness import Harness, until
from tests.integration.notifier.messenger_servers import SECRET, Robot, running_robot
from tests.integration.notifier.test_suspending import published

from contracts import topics
from contracts.events.alerts import ALERT, Alert, AlertRecord, Severity
from contracts.events.configuration import AlertRoute
from contracts.identifiers import new_id
from notifier.domain.errors import NoAlertRoute, SpokeJustNow
from notifier.domain.routes import RouteBook
from notifier.flows import alerts
from notifier.flows.deps import Deps
from notifier.jobs.messaging import Messaging
from notifier.main import messengers_of, session_for_people
from notifier.messengers.dingtalk import DingTalk
from notifier.sending.guard import Guard


@pytest.fixture
async def centre() -> AsyncIterator[Robot]:
    async with running_robot() as robot:
        yield robot


@pytest.fixture
async def own() -> AsyncIterator[Robot]:
    """The robot of merchant M1."""
    async with running_robot() as robot:
        yield robot


@pytest.fixture
async def deps(harness: Harness, centre: Robot, own: Robot) -> AsyncIterator[Deps]:
    """The centre has its robot, and so has M1."""
    routes = RouteBook()
    routes.put("M1", 1, AlertRoute(dingtalk_url=own.url, dingtalk_secret=SECRET))
    async with session_for_people() as session:
        yield replace(
            harness.deps(replica=0),
            messengers=[DingTalk(session, SecretStr(centre.url), SecretStr(SECRET))],
            routes=routes,
            reach=partial(messengers_of, session=session),
        )


def alert(key: str, merchant_id: str | None, severity: Severity = Severity.CRITICAL) -> AlertRecord:
    payload = Alert(
        key=key, severity=severity, title=f"Trouble {key}", detail="x", merchant_id=merchant_id
    )
    return AlertRecord(
        id=new_id("event"),
        source="t",
        type=ALERT,
        subject=key,
        time=datetime.now(UTC),
        data=payload,
    )


async def everything_is_due(harness: Harness) -> None:
    await harness.value(
        "with free as (update teller set spoke_at = '-infinity' returning 1), "
        "due as (update trouble set due_at = now() where due_at is not null returning 1) "
        "select count(*) from due"
    )


def texts(robot: Robot) -> list[str]:
    return [message["markdown"]["text"] for message in robot.taken]


async def test_merchant_hears_what_names_it_and_the_centre_hears_all(
    harness: Harness, deps: Deps, centre: Robot, own: Robot
) -> None:
    await alerts.receive(deps, [alert("a", "M1"), alert("b", "M2"), alert("c", None)])
    await everything_is_due(harness)

    assert await alerts.send_due(deps)

    (to_centre,), (to_merchant,) = texts(centre), texts(own)
    assert all(f"Trouble {key}" in to_centre for key in "abc")
    assert "Trouble a" in to_merchant
    assert not any(f"Trouble {key}" in to_merchant for key in "bc")
    assert not await alerts.send_due(deps)


async def test_merchants_robot_that_hangs_does_not_delay_the_centre(
    harness: Harness, deps: Deps, centre: Robot
) -> None:
    hung, released = asyncio.Event(), asyncio.Event()

    class Hanging:
        name = destination = "hanging"

        async def send(self, message: object) -> None:
            hung.set()
            await released.wait()

    deps = replace(deps, reach=lambda _: [Hanging()])
    await alerts.receive(deps, [alert("a", "M1")])
    await everything_is_due(harness)
    stop = asyncio.Event()

    async def has_reached_it(key: str) -> bool:
        return any(f"Trouble {key}" in text for text in texts(centre))

    async with asyncio.TaskGroup() as group:
        for of_centre in (True, False):
            telling = Messaging(deps, of_centre=of_centre, is_ready=lambda: True)
            group.create_task(telling.run(stop))
        await hung.wait()
        await until(partial(has_reached_it, "a"))
        await alerts.receive(deps, [alert("b", None)])
        await everything_is_due(harness)
        await until(partial(has_reached_it, "b"))
        released.set()
        stop.set()


async def test_each_destination_counts_and_repeats_for_itself(
    harness: Harness, deps: Deps, centre: Robot, own: Robot
) -> None:
    own.refuses = 130101
    await alerts.receive(deps, [alert("a", "M1")])
    await everything_is_due(harness)
    await alerts.send_due(deps)
    own.refuses = None
    await alerts.receive(deps, [alert("a", "M1")])
    await everything_is_due(harness)

    await alerts.send_due(deps)

    assert "×2 since" in texts(own)[0]
    assert "2 of them new" in texts(own)[0]
    assert "1 of them new" in texts(centre)[1]


async def test_robot_that_several_merchants_share_is_never_asked_too_often(
    harness: Harness, deps: Deps, own: Robot
) -> None:
    for number in range(2, 30):
        route = AlertRoute(dingtalk_url=own.url, dingtalk_secret=SECRET)
        deps.routes.put(f"M{number}", 1, route)
    for number in range(1, 30):
        await alerts.receive(deps, [alert("a", f"M{number}")])
    await harness.value(
        "with due as (update trouble set due_at = now() returning 1) select count(*) from due"
    )

    for _ in range(5):
        await alerts.send_due(deps)

    assert len(own.taken) == alerts.IN_A_ROW


async def test_robot_that_fails_stands_in_by_the_merchants_webhook(
    harness: Harness, deps: Deps, own: Robot, server: AppServer
) -> None:
    own.refuses = 310000
    route = AlertRoute(dingtalk_url=own.url, webhook_url=f"{server.url}/merchant")
    deps.routes.put("M1", 2, route)
    await alerts.receive(deps, [alert("a", "M1")])
    await everything_is_due(harness)

    assert await alerts.send_due(deps)

    assert [one.path for one in server.received] == ["/merchant"]
    assert b"errcode 310000" in server.received[0].body


async def test_route_that_does_not_work_is_told_to_the_centre(
    harness: Harness, deps: Deps, centre: Robot, own: Robot
) -> None:
    own.refuses = 300001
    await alerts.receive(deps, [alert("a", "M1")])
    await everything_is_due(harness)

    await alerts.send_due(deps)

    (payload,) = await published(harness.db, topics.ALERTS)
    raised = AlertRecord.model_validate_json(payload).data
    assert raised.key == "alert.route_failed:M1"
    assert raised.merchant_id is None
    assert "Trouble a" in texts(centre)[0]
    assert await harness.value("select route from trouble where due_at is not null") == "M1"


async def test_merchants_robot_that_answers_oddly_does_not_keep_the_centre_from_hearing(
    harness: Harness, deps: Deps, centre: Robot, server: AppServer
) -> None:
    server.answers["/robot"] = says(200, '{"errcode": "\\ud800", "errmsg": "\\u0000\\udfff"}')
    deps.routes.put("M1", 2, AlertRoute(dingtalk_url=f"{server.url}/robot"))
    await alerts.receive(deps, [alert("a", "M1")])
    await everything_is_due(harness)

    await alerts.send_due(deps)

    assert "Trouble a" in texts(centre)[0]
    (payload,) = await published(harness.db, topics.ALERTS)
    assert AlertRecord.model_validate_json(payload).data.key == "alert.route_failed:M1"


async def test_route_that_was_removed_leads_nowhere(
    harness: Harness, deps: Deps, own: Robot
) -> None:
    deps.routes.put("M1", 2, None)
    await alerts.receive(deps, [alert("a", "M1")])
    await everything_is_due(harness)

    assert await alerts.send_due(deps)

    assert own.taken == []
    assert await harness.value("select count(*) from trouble where route <> ''") == 0


async def test_merchants_route_cannot_reach_our_own_network(
    harness: Harness, deps: Deps, own: Robot
) -> None:
    async with session_for_people(Guard()) as session:
        guarded = replace(deps, reach=partial(messengers_of, session=session))
        trial = await alerts.send_trial(guarded, "M1")

    assert [one.error is None for one in trial.items] == [False]
    assert own.taken == []


async def test_trial_goes_to_the_merchants_people(
    harness: Harness, deps: Deps, centre: Robot, own: Robot
) -> None:
    trial = await alerts.send_trial(deps, "M1")

    assert [(one.messenger, one.error) for one in trial.items] == [("dingtalk", None)]
    assert len(own.taken) == 1
    assert centre.taken == []
    with pytest.raises(SpokeJustNow):
        await alerts.send_trial(deps, "M1")
    with pytest.raises(NoAlertRoute):
        await alerts.send_trial(deps, "M2")


async def test_webhook_alone_is_a_route(harness: Harness, deps: Deps, server: AppServer) -> None:
    server.answers["/merchant"] = says(204)
    deps.routes.put("M3", 1, AlertRoute(webhook_url=f"{server.url}/merchant"))
    await alerts.receive(deps, [alert("a", "M3")])
    await everything_is_due(harness)

    assert await alerts.send_due(deps)

    assert b"Trouble a" in server.received[0].body
