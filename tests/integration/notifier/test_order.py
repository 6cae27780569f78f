"""An app may ask that of one order the next callback waits for the one before."""

from tests.integration.notifier.app_server import AppServer, one_after_the_other, says
from tests.integration.notifier.harness import AT_ONCE, Harness, app, new_delivery, until


def ask_for_order(harness: Harness, server: AppServer) -> None:
    harness.apps.put(app("A1", f"{server.url}/callback", version=2, is_ordered=True))


async def test_next_of_an_order_waits_and_other_orders_do_not(
    harness: Harness, server: AppServer
) -> None:
    ask_for_order(harness, server)
    server.answers["/callback"] = one_after_the_other(says(500), says(200))
    first, second = new_delivery(order_key="O1"), new_delivery(order_key="O1")
    other = new_delivery(order_key="O2")
    await harness.add(first, second, other)

    async with harness.running():
        await harness.tried(first)
        await harness.settled(other)

    assert await harness.state(second) == "pending"
    assert await harness.attempts(second) == []


async def test_whole_order_arrives_in_its_order(harness: Harness, server: AppServer) -> None:
    ask_for_order(harness, server)
    server.answers["/callback"] = one_after_the_other(says(500), says(503), says(200))
    harness.schedule = AT_ONCE
    events = [new_delivery(order_key="O1") for _ in range(12)]
    await harness.add(*events)

    async with harness.running():
        await harness.settled(*events)

    arrived = [one.event_id for one in server.received]
    assert list(dict.fromkeys(arrived)) == [event.event_id for event in events]


async def test_it_waits_a_day_at_most(harness: Harness, server: AppServer) -> None:
    ask_for_order(harness, server)
    server.answers["/callback"] = one_after_the_other(says(500), says(200))
    first, second = new_delivery(order_key="O1"), new_delivery(order_key="O1")
    await harness.add(first, second)
    await harness.value("update due set blocks_until = now() + interval '1 s' returning 1")

    async with harness.running():
        await harness.settled(second)

    assert await harness.state(first) == "pending"


async def test_what_failed_for_good_does_not_block(harness: Harness, server: AppServer) -> None:
    ask_for_order(harness, server)
    server.answers["/callback"] = one_after_the_other(says(404), says(200))
    first, second = new_delivery(order_key="O1"), new_delivery(order_key="O1")
    await harness.add(first, second)
    await harness.value("update due set tries = 15 returning 1")

    async with harness.running():
        await harness.settled(second)

    assert await harness.state(first) == "exhausted"


async def test_app_that_asks_later_has_order_from_then_on(
    harness: Harness, server: AppServer
) -> None:
    await harness.add(new_delivery(order_key="O1"))
    async with harness.running():
        await server.next()
        ask_for_order(harness, server)

        async def is_ordered() -> bool:
            return bool(await harness.value("select ordered from lane"))

        await until(is_ordered)
    await harness.add(new_delivery(order_key="O1"))

    assert await harness.value("select order_key from due") == "O1"
