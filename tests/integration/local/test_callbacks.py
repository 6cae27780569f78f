"""The app's callback endpoint: what arrives is verified, kept, and can be waited for."""

import asyncio
import json
import time

import httpx
import pytest

from contracts import webhooks
from paymesh_local.callbacks import CallbackReceiver

SECRET = webhooks.new_secret()
BODY = json.dumps({"type": "ping", "data": {"payment_no": "P1"}}).encode()


async def send(url: str, *, secret: str = SECRET, body: bytes = BODY) -> int:
    keys = [webhooks.secret_bytes(secret)]
    headers = webhooks.sign(keys, webhook_id="E1", timestamp_s=int(time.time()), body=BODY)
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.post(url, content=body, headers=headers)).status_code


async def test_one_can_wait_for_a_callback() -> None:
    async with CallbackReceiver(SECRET) as receiver, asyncio.TaskGroup() as group:
        waiting = group.create_task(receiver.expect(lambda callback: callback.type == "ping"))
        assert await send(receiver.url) == 200
        callback = await waiting
        assert callback.is_authentic
        assert callback.webhook_id == "E1"
        assert callback.data == {"payment_no": "P1"}


async def test_a_callback_that_came_before_is_found() -> None:
    async with CallbackReceiver(SECRET) as receiver:
        await send(receiver.url)
        await receiver.expect(lambda callback: callback.type == "ping")


async def test_another_secret_or_a_changed_body_is_not_authentic() -> None:
    async with CallbackReceiver(SECRET) as receiver:
        assert await send(receiver.url, secret=webhooks.new_secret()) == 401
        assert await send(receiver.url, body=BODY.replace(b"P1", b"P2")) == 401
        assert not any(callback.is_authentic for callback in receiver.received)


async def test_what_does_not_come_is_told_with_what_came() -> None:
    async with CallbackReceiver(SECRET) as receiver:
        await send(receiver.url)
        with pytest.raises(TimeoutError, match="ping P1"):
            await receiver.expect(lambda callback: callback.type == "other", within_s=0.1)


async def test_the_app_may_refuse() -> None:
    async with CallbackReceiver(SECRET) as receiver:
        receiver.answer = (503, "")
        assert await send(receiver.url) == 503
