"""An app may ask that of one order the next callback waits for the one before."""

from tests.integration.notifier.app_server import AppServer, one_after_the_other, says
from tests.integration.notifier.desk import AT_ONCE, Desk, app, told, until


def ask_for_order(desk: Desk, server: AppServer) -> None:
    desk.apps.put(app("A1", f"{server.url}/callback", version=2, is_ordered=True))


async def test_next_of_an_order_waits_and_other_orders_do_not(
    desk: Desk, server: AppServer
) -> None:
    ask_for_order(desk, server)
    server.answers["/callback"] = one_after_the_other(says(500), says(200))
    first, second = told(order_key="O1"), told(order_key="O1")
    other = told(order_key="O2")
    await desk.tell(first, second, other)

    async with desk.running():
        await desk.tried(first)
        await desk.settled(other)

    assert await desk.state(second) == "pending"
    assert await desk.attempts(second) == []


async def test_whole_order_arrives_in_its_order(desk: Desk, server: AppServer) -> None:
    ask_for_order(desk, server)
    server.answers["/callback"] = one_after_the_other(says(500), says(503), says(200))
    desk.schedule = AT_ONCE
    events = [told(order_key="O1") for _ in range(12)]
    await desk.tell(*events)

    async with desk.running():
        await desk.settled(*events)

    arrived = [one.event_id for one in server.received]
    assert list(dict.fromkeys(arrived)) == [event.event_id for event in events]


async def test_it_waits_a_day_at_most(desk: Desk, server: AppServer) -> None:
    ask_for_order(desk, server)
    server.answers["/callback"] = one_after_the_other(says(500), says(200))
    first, second = told(order_key="O1"), told(order_key="O1")
    await desk.tell(first, second)
    await desk.value("update due set blocks_until = now() + interval '1 s' returning 1")

    async with desk.running():
        await desk.settled(second)

    assert await desk.state(first) == "pending"


async def test_what_failed_for_good_does_not_block(desk: Desk, server: AppServer) -> None:
    ask_for_order(desk, server)
    server.answers["/callback"] = one_after_the_other(says(404), says(200))
    first, second = told(order_key="O1"), told(order_key="O1")
    await desk.tell(first, second)
    await desk.value("update due set tries = 15 returning 1")

    async with desk.running():
        await desk.settled(second)

    assert await desk.state(first) == "exhausted"


async def test_app_that_asks_later_has_order_from_then_on(desk: Desk, server: AppServer) -> None:
    await desk.tell(told(order_key="O1"))
    async with desk.running():
        await server.next()
        ask_for_order(desk, server)

        async def is_ordered() -> bool:
            return bool(await desk.value("select ordered from lane"))

        await until(is_ordered)
    await desk.tell(told(order_key="O1"))

    assert await desk.value("select order_key from due") == "O1"
