"""The ways between programs: a request may be lost, its answer too, and either may take long."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from tests.simulation.harness import Harness, Injected
from tests.simulation.party_wire import WiredParty
from tests.simulation.process import Process

from chassis.problems import Problem
from gateway.calling.transport import Broken, NotReached
from gateway.channels.plugin import Reply, Request

T = TypeVar("T")

SLOW_S: Final = (0.5, 15.0)
ANSWER_S: Final = (0.002, 0.2)


class CallLost(Injected):
    """Nobody answered; whether the work was done is unknown."""


class ServerError(Injected):
    """A 500: the other side failed over a fault of ours."""


async def call(
    harness: Harness,
    host: Process | None,
    work: Callable[[], Coroutine[Any, Any, T]],
    limit_s: float,
    *,
    hangs_up_after_s: float | None = None,
) -> T:
    """Have a process do something, as over HTTP. When the caller has lost patience the server goes
    on; where it hangs up, the server's handler is cancelled.

    Raises its problems, CallLost, and ServerError where it raised anything else.
    """
    await asyncio.sleep(harness.latency_s())
    if host is None or not host.is_alive or harness.happens("request_lost"):
        await asyncio.sleep(harness.latency_s())
        raise CallLost("the request did not arrive")
    answer = host.start(work())
    await asyncio.wait({answer}, timeout=hangs_up_after_s or limit_s)
    if hangs_up_after_s is not None and not answer.done():
        harness.story.tell(host.name, "is hung up on")
        answer.cancel()
    if not answer.done() or answer.cancelled():
        raise CallLost("no answer")
    await asyncio.sleep(harness.latency_s())
    if harness.happens("answer_lost"):
        raise CallLost("the answer did not arrive")
    error = answer.exception()
    if error is not None and not isinstance(error, Problem):
        harness.note_error(f"{host.name} api", error)
        raise ServerError(repr(error))
    return answer.result()


class ChannelTransport:
    """From one gateway to the third parties; in the place of HTTP. `asked` are the payments that
    it asked a third party to open, each with the time."""

    def __init__(self, process: Process, wired_parties: Mapping[str, WiredParty]) -> None:
        self.asked: list[tuple[str, float]] = []
        self._process = process
        self._harness = process.harness
        self._parties = wired_parties

    async def send(self, request: Request, *, timeout_s: float) -> Reply:
        """The work is done although the caller may have died meanwhile."""
        harness = self._harness
        await self._process.step()
        if harness.happens("channel_not_reached"):
            raise NotReached("connection refused")
        if harness.happens("channel_request_lost"):
            await asyncio.sleep(harness.dice.between(0, timeout_s))
            raise Broken("connection reset")
        answer: asyncio.Future[Reply] = harness.loop.create_future()
        harness.begin(self._serve(request, answer, timeout_s))
        try:
            async with asyncio.timeout(timeout_s):
                reply = await answer
        except TimeoutError:
            raise Broken("no answer in time") from None
        self._process.may_die()
        if harness.happens("channel_answer_lost"):
            raise Broken("connection reset")
        return reply

    async def _serve(
        self, request: Request, answer: "asyncio.Future[Reply]", timeout_s: float
    ) -> None:
        harness = self._harness
        there_s, back_s = (
            harness.dice.between(*(SLOW_S if harness.happens("channel_slow") else ANSWER_S))
            for _ in range(2)
        )
        if self._party(request).wire.read(request)[0] == "pay" and harness.happens(
            "channel_opens_late"
        ):
            there_s += harness.dice.between(*SLOW_S)
        await asyncio.sleep(min(there_s, timeout_s))  # what arrives later is not read any more
        reply = self._reply(request)
        await asyncio.sleep(back_s)
        if not answer.done():
            answer.set_result(reply)

    def _party(self, request: Request) -> WiredParty:
        return self._parties[str(urlsplit(request.url).hostname).removesuffix(".example").upper()]

    def _reply(self, request: Request) -> Reply:
        harness = self._harness
        if harness.happens("channel_error") and harness.dice.happens(0.5):
            return Reply(503, {}, b"{}")
        wired = self._party(request)
        operation, asked_for = wired.wire.read(request)
        if operation == "pay":
            self.asked.append((asked_for["payment_no"], harness.loop.time()))
        content = wired.party.answer(operation, asked_for)
        if harness.happens("channel_nonsense"):
            content = {"code": "new_in_this_year"}
        reply = wired.wire.write(request, content)
        return replace(reply, status=500) if harness.happens("channel_error") else reply
