"""Creates at a given pace, however slowly they are answered, and the channel's calls alone: what is
left of a create's time without the channel's is the side's own."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

import aiohttp

from bench.load import Client
from bench.payments.floor_parts import PAY_PATH, Wechat
from contracts.identifiers import new_id


async def creates(client: Client, *, per_second: float, seconds: float) -> list[float]:
    """Seconds from the moment at which each was to be sent until its answer."""

    async def one() -> bool:
        return await client.create(f"B{uuid4().hex}", None) == 201

    return await _at_pace(one, per_second, seconds)


async def channel_calls(
    section: dict[str, str], session: aiohttp.ClientSession, *, per_second: float, seconds: float
) -> list[float]:
    """Seconds that the channel's answer takes, signed before and not verified."""
    wechat, waited = Wechat.of(section), []

    async def one() -> bool:
        call = wechat.call(new_id("payment"), "http://127.0.0.1:9/")
        headers = wechat.signed_headers(PAY_PATH, call)
        begun = time.perf_counter()
        async with session.post(wechat.base_url + PAY_PATH, data=call, headers=headers) as answer:
            await answer.read()
        waited.append(time.perf_counter() - begun)
        return answer.status == 200

    await _at_pace(one, per_second, seconds)
    return waited


async def _at_pace(
    one: Callable[[], Awaitable[bool]], per_second: float, seconds: float
) -> list[float]:
    waited: list[float] = []
    started = time.perf_counter()

    async def send(at: float) -> None:
        if await one():
            waited.append(time.perf_counter() - at)

    async with asyncio.TaskGroup() as sent:
        for place in range(int(per_second * seconds)):
            at = started + place / per_second
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            sent.create_task(send(at))
    return waited
