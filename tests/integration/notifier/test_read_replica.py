"""Lists of callbacks are read at a replica, which may be late; one event is read where its
deliveries are written, since whoever sent it again looks at what became of it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx
from pydantic import SecretStr
from tests.integration.notifier.conftest import client_of
from tests.integration.notifier.harness import Harness, app, new_delivery

from chassis import replica

LISTS = ("/internal/deliveries?app_id=A1", "/internal/all-deliveries")


async def seen(http: httpx.AsyncClient, path: str) -> list[str]:
    answer = await http.get(path)
    assert answer.status_code == 200, answer.text
    return [item["event_id"] for item in answer.json()["items"]]


async def test_lists_are_read_at_the_replica_and_one_event_is_not(
    harness: Harness, make_database: Callable[[str], Awaitable[str]]
) -> None:
    harness.apps.put(app("A1", "http://127.0.0.1:1/"))
    event = new_delivery()
    await harness.add(event)
    url = SecretStr(await make_database("notifier"))
    async with (
        replica.opened(url, "tests", max_size=2) as late,
        client_of(replace(harness, late=late)) as http,
    ):
        assert late is not None
        for path in LISTS:
            assert await seen(http, path) == [], path
        (one,) = await seen(http, f"{LISTS[0]}&event_id={event.event_id}")
        assert one == event.event_id
        await replace(harness, db=late).add(event)
        for path in LISTS:
            assert await seen(http, path) == [event.event_id], path


async def test_a_replica_that_cannot_be_reached_is_not_missed(harness: Harness) -> None:
    harness.apps.put(app("A1", "http://127.0.0.1:1/"))
    event = new_delivery()
    await harness.add(event)
    url = SecretStr("postgresql://nobody@127.0.0.1:1/nowhere")
    async with (
        replica.opened(url, "tests", max_size=2) as away,
        client_of(replace(harness, late=away)) as http,
    ):
        for path in LISTS:
            assert await seen(http, path) == [event.event_id], path
