"""An address that is gone, or has failed for days: kept, told of, and resumed in order."""

import time
from datetime import timedelta
from typing import Any

from tests.integration.notifier.app_server import AppServer, says
from tests.integration.notifier.harness import AT_ONCE, Harness, app, new_delivery, until

from chassis.consumer import DeadRecord, Record
from chassis.database import Database
from contracts import topics
from contracts.events.alerts import AlertRecord
from contracts.events.deliveries import DeliveryEventRecord
from notifier.flows import dead_letters, endpoints
from notifier.flows.deps import Deps


async def published(db: Database, topic: str) -> list[bytes]:
    async with db.connection() as tx:
        rows = await tx.fetch("select payload from event_log where topic = $1 order by id", topic)
    return [row["payload"] for row in rows]


async def suspended(harness: Harness) -> None:
    async def is_suspended() -> bool:
        return bool(await harness.value("select suspended_at is not null from lane"))

    await until(is_suspended)


async def only_endpoint(deps: Deps) -> Any:
    page = await endpoints.list_page(deps, app_ids=["A1"], suspended=True, after=None, limit=10)
    (endpoint,) = page.items
    return endpoint


async def test_gone_suspends_and_keeps(harness: Harness, server: AppServer) -> None:
    server.answers["/callback"] = says(410)
    event = new_delivery()
    await harness.add(event)

    async with harness.running() as deps:
        await suspended(harness)
        await harness.add(*[new_delivery() for _ in range(5)])
        endpoint = await only_endpoint(deps)

    assert len(server.received) == 1
    assert await harness.state(event) == "pending"
    assert (endpoint.suspended_for, endpoint.pending) == ("gone", 6)
    alerted = await published(harness.db, topics.DELIVERY_EVENTS)
    (alert,) = await published(harness.db, topics.ALERTS)
    failed, record = map(DeliveryEventRecord.model_validate_json, alerted)
    assert (failed.type, failed.data.event_id) == ("delivery.failed", event.event_id)
    assert (record.type, record.data.event_id) == ("endpoint.suspended", None)
    assert record.data.url == f"{server.url}/callback"
    assert AlertRecord.model_validate_json(alert).data.key == "endpoint.suspended:A1:"


async def test_an_alert_tells_no_messenger_what_stands_behind_an_address(
    harness: Harness, server: AppServer
) -> None:
    server.answers["/callback"] = says(410)
    await harness.add(new_delivery(notify_url=f"{server.url}/callback?token=between-us"))

    async with harness.running():
        await suspended(harness)

    (alert,) = await published(harness.db, topics.ALERTS)
    assert AlertRecord.model_validate_json(alert).data.facts["url"] == f"{server.url}/callback"
    assert b"between-us" not in alert


async def test_five_days_of_failures_suspend(harness: Harness, server: AppServer) -> None:
    server.answers["/callback"] = says(404)
    await harness.add(new_delivery())
    await harness.value(
        "update lane set failing_since = now() - $1::interval returning 1", timedelta(days=5)
    )

    async with harness.running():
        await suspended(harness)

    assert await harness.value("select suspended_for from lane") == "failing"


async def test_success_ends_the_count_of_days(harness: Harness, server: AppServer) -> None:
    event = new_delivery()
    await harness.add(event)
    await harness.value("update lane set failing_since = now() - interval '9 days' returning 1")

    async with harness.running():
        await harness.settled(event)

    assert await harness.value("select failing_since is null and suspended_at is null from lane")


async def test_resumed_address_is_sent_everything_oldest_first(
    harness: Harness, server: AppServer
) -> None:
    server.answers["/callback"] = says(410)
    first = new_delivery()
    await harness.add(first)
    async with harness.running():
        await suspended(harness)
    others = [new_delivery() for _ in range(20)]
    for other in others:
        await harness.add(other)
    server.answers["/callback"] = says(200)
    server.received.clear()

    async with harness.running() as deps:
        endpoint = await only_endpoint(deps)
        resumed = await endpoints.resume(deps, endpoint.endpoint_id, "A1")
        await harness.settled(first, *others)

    assert resumed.suspended_at is None
    sql = """select array_agg(event_id order by started_at) from attempt
             join delivery using (delivery_id, day) where status = 200"""
    assert await harness.value(sql) == [event.event_id for event in (first, *others)]
    assert await harness.value("select catching_up_since is null from lane")


async def test_backlog_of_a_resumed_address_is_paced(harness: Harness, server: AppServer) -> None:
    """50 in the first second, 100 in the next and so on: 250 take two seconds at least."""
    server.answers["/callback"] = says(410)
    await harness.add(new_delivery())
    async with harness.running():
        await suspended(harness)
    backlog = [new_delivery() for _ in range(250)]
    await harness.add(*backlog)
    server.answers["/callback"] = says(200)
    server.received.clear()

    async with harness.running() as deps:
        endpoint = await only_endpoint(deps)
        began_at = time.monotonic()
        await endpoints.resume(deps, endpoint.endpoint_id, None)
        await harness.settled(*backlog)

    assert time.monotonic() - began_at >= 1.5


async def test_other_address_resumes(harness: Harness, server: AppServer) -> None:
    server.answers["/callback"] = says(410)
    event = new_delivery()
    await harness.add(event)

    async with harness.running():
        await suspended(harness)
        harness.apps.put(app("A1", f"{server.url}/moved", version=2))
        await harness.settled(event)

    assert [one.path for one in server.received] == ["/callback", "/moved"]


async def test_unrelated_change_of_configuration_does_not_resume(
    harness: Harness, server: AppServer
) -> None:
    server.answers["/callback"] = says(410)
    await harness.add(new_delivery())
    async with harness.running() as deps:
        await suspended(harness)
        harness.apps.put(app("A1", f"{server.url}/callback", version=2))
        await endpoints.follow_configuration(deps)

    assert await harness.value("select suspended_at is not null from lane")


async def test_exhausted_delivery_alerts_people(harness: Harness, server: AppServer) -> None:
    server.answers["/callback"] = says(404)
    event = new_delivery()
    await harness.add(event)
    await harness.value("update due set tries = 15 returning 1")

    async with harness.running():
        await harness.settled(event, state="exhausted")

    (alert,) = await published(harness.db, topics.ALERTS)
    assert AlertRecord.model_validate_json(alert).data.key == "delivery.exhausted:A1"


async def test_circuit_that_opens_alerts_people_once(harness: Harness, server: AppServer) -> None:
    harness.schedule = AT_ONCE
    server.answers["/callback"] = says(500)
    await harness.add(*[new_delivery() for _ in range(20)])

    async with harness.running():

        async def is_held() -> bool:
            return bool(await harness.value("select held_until is not null from lane"))

        await until(is_held)

    (alert,) = await published(harness.db, topics.ALERTS)
    assert AlertRecord.model_validate_json(alert).data.key == "endpoint.held:A1:"


async def test_record_that_cannot_be_used_is_kept_and_told(harness: Harness) -> None:
    record = Record(topics.ORDER_EVENTS, 0, 7, "O1", b"junk", {}, 0)

    await dead_letters.keep(harness.deps(replica=0), [DeadRecord(record, "not an event")])

    assert await harness.value("select value from dead_event") == b"junk"
    (alert,) = await published(harness.db, topics.ALERTS)
    assert AlertRecord.model_validate_json(alert).data.key == f"event.parked:{topics.ORDER_EVENTS}"


async def test_records_of_topics_that_were_made_anew_are_kept_beside_the_older_ones(
    harness: Harness,
) -> None:
    for value in (b"junk", b"rubbish", b"junk"):
        record = Record(topics.ORDER_EVENTS, 0, 7, "O1", value, {}, 0)
        await dead_letters.keep(harness.deps(replica=0), [DeadRecord(record, "not an event")])

    assert await harness.value("select count(*) from dead_event") == 2
