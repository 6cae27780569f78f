"""An app's callback endpoint (回调) on 127.0.0.1: verifies what arrives, lets one wait for it."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from contracts import webhooks
from paymesh_local.ports import LOOPBACK

PATH: Final = "/callbacks"

REMEMBERED: Final = 2000
"""Callbacks kept for those who ask later; the demo app may run for weeks."""


@dataclass(frozen=True, slots=True)
class Callback:
    """One that arrived. Nothing in it counts unless `is_authentic`."""

    webhook_id: str
    type: str
    data: dict[str, Any]
    is_authentic: bool
    arrived_s: float
    """On the clock of `time.monotonic`."""


class CallbackReceiver:
    """Use as `async with CallbackReceiver(secret) as receiver`.

    `answer` is what it answers: status and text. `on_callback` is called with each callback.
    """

    def __init__(self, webhook_secret: str, *, port: int = 0) -> None:
        self.answer = (200, "success")
        self.on_callback: Callable[[Callback], None] = lambda callback: None
        self.received: deque[Callback] = deque(maxlen=REMEMBERED)
        self._secret = webhook_secret
        self._port = port
        self._arrival = asyncio.Condition()
        application = web.Application()
        application.router.add_post(PATH, self._receive)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)

    @staticmethod
    def url_of(port: int) -> str:
        return f"http://{LOOPBACK}:{port}{PATH}"

    @property
    def url(self) -> str:
        return self.url_of(self._port)

    async def __aenter__(self) -> "CallbackReceiver":
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, self._port).start()
        _, self._port = self._runner.addresses[0]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def expect(
        self, wanted: Callable[[Callback], bool], *, within_s: float = 60.0
    ) -> Callback:
        """The first callback that is wanted, from those that came or the next to come.

        Raises:
            TimeoutError: none came; the message names those that did.
        """

        def found() -> Callback | None:
            return next(filter(wanted, self.received), None)

        try:
            async with asyncio.timeout(within_s), self._arrival:
                await self._arrival.wait_for(lambda: found() is not None)
        except TimeoutError:
            seen = [f"{each.type} {each.data.get('payment_no')}" for each in self.received]
            raise TimeoutError(f"not among the callbacks that came: {seen}") from None
        callback = found()
        assert callback is not None
        return callback

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        content = json.loads(body)
        callback = Callback(
            webhook_id=request.headers.get("webhook-id", ""),
            type=content["type"],
            data=content["data"],
            is_authentic=webhooks.is_authentic(
                self._secret, request.headers, body, now_s=time.time()
            ),
            arrived_s=time.monotonic(),
        )
        self.on_callback(callback)
        async with self._arrival:
            self.received.append(callback)
            self._arrival.notify_all()
        status, text = self.answer
        return web.Response(status=status if callback.is_authentic else 401, text=text)
