"""The hosted page, from the link to the end."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx

from cashier.flows.checkouts import POLL_S
from chassis.producer import Message, Producer
from chassis.web import PublicApp
from contracts import topics
from contracts.events.orders import OrderEvent, OrderEventRecord
from contracts.identifiers import new_id

from .conftest import ALIPAY, WECHAT, Gateway


async def test_the_page_shows_the_payment_and_escapes_it(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    page = await browser.get(f"/pay/{gateway.token}")
    assert page.status_code == 200
    assert "¥12.99" in page.text
    assert WECHAT in page.text
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text
    for asset in ("cashier.js", "cashier.css", "icon.svg"):
        assert (await browser.get(f"/static/{asset}")).status_code == 200


async def test_a_link_that_is_not_ours_is_not_found(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    forged = f"{gateway.payment_no}.{'x' * 22}"
    for token in (forged, "junk", "..%2F..%2Finternal", gateway.payment_no, f"{gateway.token}x"):
        for path in (f"/pay/{token}", f"/pay/{token}/events"):
            answer = await browser.get(path)
            assert answer.status_code == 404, path
            assert "12.99" not in answer.text
    assert gateway.asked == 2, "what has not the form of a token is not asked for"
    answer = await browser.get(f"/pay/{forged}")
    assert answer.headers["content-type"].startswith("text/html")


async def test_a_choice_leads_to_the_page_of_its_own_attempt(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    answer = await browser.post(f"/pay/{gateway.token}/channel", data={"payment_id": ALIPAY})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/pay/{gateway.next_token}")
    assert gateway.chosen == [{"payment_id": ALIPAY, "client_ip": "127.0.0.1"}]


async def test_what_the_channel_refuses_is_told_on_the_page(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    gateway.refusal = (402, "declined")
    answer = await browser.post(f"/pay/{gateway.token}/channel", data={"payment_id": WECHAT})
    assert answer.headers["location"] == f"/pay/{gateway.token}?notice=declined"
    page = await browser.get(answer.headers["location"])
    assert 'role="alert"' in page.text


async def test_a_bad_choice_is_not_found(browser: httpx.AsyncClient, gateway: Gateway) -> None:
    for data in ({}, {"payment_id": ""}, {"payment_id": "../x"}):
        answer = await browser.post(f"/pay/{gateway.token}/channel", data=data)
        assert answer.status_code in (404, 415)
    assert gateway.chosen == []
    gateway.refusal = (404, "not_found")
    answer = await browser.post(
        f"/pay/{gateway.token}/channel", data={"payment_id": new_id("channel_account")}
    )
    assert answer.status_code == 404


async def test_while_the_gateway_is_away_the_page_says_so(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    gateway.is_away = True
    answer = await browser.get(f"/pay/{gateway.token}")
    assert (answer.status_code, "系统繁忙" in answer.text) == (503, True)


@asynccontextmanager
async def watching(
    browser: httpx.AsyncClient, token: str
) -> AsyncIterator[AsyncGenerator[dict[str, Any], None]]:
    async with browser.stream("GET", f"/pay/{token}/events", timeout=20) as stream:
        assert stream.status_code == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        async with aclosing(_statuses(stream)) as statuses:
            yield statuses


async def _statuses(stream: httpx.Response) -> AsyncGenerator[dict[str, Any], None]:
    async for line in stream.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


async def keep_publishing(bootstrap: str, gateway: Gateway) -> None:
    """What trade-core says of this order, again and again: the service may just be joining."""
    order = gateway.checkout()["order"]
    data = OrderEvent.model_validate(
        {"app_id": "A1", "merchant_id": "M1", "order_id": "O1", "sequence": 3, "order": order}
    )
    event = OrderEventRecord(
        id=new_id("event"), source="paymesh/trade-core", type="order.paid", subject="O1",
        time=data.order.created_at, data=data,
    )  # fmt: skip
    producer = Producer(bootstrap, "test")
    await producer.start()
    try:
        while True:
            message = Message(topics.ORDER_EVENTS, "O1", event.to_bytes(), event.headers())
            await producer.send(message)
            await asyncio.sleep(0.2)
    finally:
        await producer.stop()


async def test_news_from_the_bus_reaches_the_page_at_once(
    browser: httpx.AsyncClient, gateway: Gateway, kafka_bootstrap: str
) -> None:
    async with watching(browser, gateway.token) as statuses:
        first = await anext(statuses)
        assert (first["status"], first["stage"], first["final"]) == ("pending", "choose", False)
        gateway.pay()
        publishing = asyncio.ensure_future(keep_publishing(kafka_bootstrap, gateway))
        async with asyncio.timeout(0.8 * POLL_S):
            paid = await anext(statuses)
        publishing.cancel()
        await asyncio.wait([publishing])
        assert (paid["status"], paid["order"], paid["final"]) == ("succeeded", "paid", True)
        assert paid["mark"] != first["mark"]
        assert await anext(statuses, None) is None, "after the end the stream ends"


async def test_without_the_bus_the_page_asks_every_few_seconds(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    async with watching(browser, gateway.token) as statuses:
        await anext(statuses)
        gateway.pay()
        async with asyncio.timeout(1.5 * POLL_S):
            assert (await anext(statuses))["status"] == "succeeded"


async def test_there_is_a_limit_of_streams_and_leaving_makes_room(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    path = f"/pay/{gateway.token}/events"
    async with (
        watching(browser, gateway.token) as first,
        watching(browser, gateway.token) as second,
    ):
        await anext(first)
        await anext(second)
        refused = await browser.get(path)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(AssertionError):
                async with watching(browser, gateway.token) as again:
                    assert await anext(again)
                    return
            await asyncio.sleep(0.05)


async def test_the_service_says_how_it_is_on_its_private_port(
    browser: httpx.AsyncClient, cashier: PublicApp
) -> None:
    transport = httpx.ASGITransport(cashier.private)
    async with httpx.AsyncClient(transport=transport, base_url="http://cashier") as private:
        for path in ("/health/live", "/health/ready", "/metrics"):
            assert (await private.get(path)).status_code == 200
            assert (await browser.get(path)).status_code == 404
