"""A signed call of an app that comes again, at whatever replica, does nothing more."""

import asyncio

import httpx
from tests.integration.notifier.app_server import AppServer
from tests.integration.notifier.harness import Harness, new_delivery

from contracts.internal import DeliveryView, EndpointView
from notifier.domain.deliveries import NewDelivery
from notifier.flows import keeping
from notifier.store import signed_calls
from notifier.store.signed_calls import SignedCall

SIGNED_AS, OTHER, LATER = "K1 nonce-1", "K1 nonce-2", "K2 nonce-1"


async def test_a_replayed_redelivery_sends_nothing(
    harness: Harness, server: AppServer, http: httpx.AsyncClient
) -> None:
    event, other = new_delivery(), new_delivery()
    await harness.add(event, other)

    async def ask(signed_as: str, one: NewDelivery = event) -> DeliveryView:
        answer = await http.post(
            f"/internal/events/{one.event_id}/redeliver",
            params={"app_id": "A1", "signed_as": signed_as},
        )
        assert answer.status_code == 202, answer.text
        return DeliveryView.model_validate(answer.json())

    async with harness.running():
        await harness.settled(event, other)
        assert (await ask(SIGNED_AS)).state == "pending"
        await harness.tried(event, times=2)
        await harness.settled(event)
        assert (await ask(SIGNED_AS)).state == "delivered"
        assert (await ask(OTHER, other)).state == "pending"
        assert (await ask(LATER)).state == "pending"
        await harness.tried(event, times=3)
        await harness.settled(event, other)


async def test_of_replayed_redeliveries_at_two_replicas_one_sends(
    harness: Harness,
) -> None:
    event = new_delivery()
    await harness.add(event)
    call = SignedCall("A1", SIGNED_AS)

    async def is_new() -> bool:
        async with harness.db.transaction() as tx:
            return await signed_calls.is_new(tx, call)

    assert sorted(await asyncio.gather(*(is_new() for _ in range(8)))) == [False] * 7 + [True]


async def test_a_redelivery_that_is_not_found_is_not_remembered(
    harness: Harness, http: httpx.AsyncClient
) -> None:
    event = new_delivery(body=b'{"type":"payment.succeeded","data":{"merchant_id":"M1"}}')
    await harness.add(event)
    path, given = f"/internal/events/{event.event_id}/redeliver", {"app_id": "A1"}
    taken = {**given, "merchant_ids": "M2", "signed_as": SIGNED_AS}
    assert (await http.post(path, params=taken)).status_code == 404
    assert await harness.value("select count(*) from signed_call") == 0


async def test_a_replayed_ping_is_answered_with_the_first(
    harness: Harness, server: AppServer, http: httpx.AsyncClient
) -> None:
    async def ask(signed_as: str) -> str:
        answer = await http.post("/internal/pings", json={"app_id": "A1", "signed_as": signed_as})
        assert answer.status_code == 202, answer.text
        return DeliveryView.model_validate(answer.json()).event_id

    async with harness.running():
        first = await ask(SIGNED_AS)
        assert await ask(SIGNED_AS) == first
        later = await ask(LATER)
    assert later != first
    assert await harness.value("select count(*) from delivery") == 2


async def test_a_replayed_resume_ends_no_later_suspension(
    harness: Harness, http: httpx.AsyncClient
) -> None:
    await harness.add(new_delivery())
    suspend = "update lane set suspended_at = now(), suspended_for = 'gone' returning lane_id"
    path = f"/internal/endpoints/L{await harness.value(suspend)}/resume"

    async def suspended_after(signed_as: str) -> bool:
        answer = await http.post(path, params={"app_id": "A1", "signed_as": signed_as})
        return EndpointView.model_validate(answer.json()).suspended_at is not None

    assert not await suspended_after(SIGNED_AS)
    await harness.value(suspend)
    assert await suspended_after(SIGNED_AS)
    assert not await suspended_after(LATER)


async def test_signed_calls_are_forgotten_when_they_can_come_no_more(harness: Harness) -> None:
    add = """insert into signed_call (app_id, signed_as, seen_at)
             select 'A1', 'K1 ' || n, now() - make_interval(mins => n)
             from generate_series(1, 119) n returning 1"""
    await harness.value(add)
    await keeping.drop_old(harness.deps(replica=0), 90)
    assert await harness.value("select count(*) from signed_call") == 59


async def test_listed_callbacks_say_whom_they_are_about(
    harness: Harness, http: httpx.AsyncClient
) -> None:
    body = b'{"type":"payment.succeeded","data":{"merchant_id":"M1"}}'
    await harness.add(new_delivery(), new_delivery(body=body))
    page = (await http.get("/internal/deliveries", params={"app_id": "A1"})).json()
    assert [one["merchant_id"] for one in page["items"]] == ["M1", None]
