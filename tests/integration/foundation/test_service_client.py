"""The hop to another service: what it carries, and what becomes of every kind of answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
import pytest
from pydantic import BaseModel, SecretStr

from chassis import logs
from chassis.problems import Forwarded, Internal, NotFound, Overloaded
from foundation import service_client
from foundation.service_client import Nothing, Service, query_text

Answer = Callable[[bytes], bytes | None]
Serving = Callable[[Answer], Awaitable[str]]
PROBLEM, JSON = "content-type: application/problem+json", "content-type: application/json"


class Thing(BaseModel):
    a: int


@pytest.fixture
async def serving() -> AsyncIterator[Serving]:
    """`url = await serving(answer)`: raw bytes for each request; None hangs, b"" hangs up."""
    servers: list[asyncio.Server] = []
    ended = asyncio.Event()

    async def serve(answer: Answer) -> str:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            request = await reader.readuntil(b"\r\n\r\n")
            reply = answer(request)
            if reply is None:
                await ended.wait()
            writer.write(reply or b"")
            writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    yield serve
    ended.set()
    for server in servers:
        server.close()


def response(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def test_a_call_carries_token_request_id_and_trace(serving: Serving) -> None:
    requests: list[bytes] = []

    def answer(request: bytes) -> bytes:
        requests.append(request)
        return response("200 OK", b'{"a":1}', JSON)

    logs.request_id.set("r-7")
    logs.traceparent.set("00-trace-span-00")
    async with Service(await serving(answer) + "/", SecretStr("t0ken")) as service:
        query: dict[str, str | int | None] = {"q": "x y", "on": True, "none": None}
        assert await service.get(Thing, "/internal/a", query) == Thing(a=1)

    head = requests[0].decode().lower()
    assert head.startswith("get /internal/a?q=x+y&on=true http/1.1")
    assert "authorization: bearer t0ken" in head
    assert "x-request-id: r-7" in head
    assert "traceparent: 00-trace-span-00" in head


def test_a_query_refuses_what_only_looks_like_text() -> None:
    several: Any = {"merchant_ids": ["M1", "M2"]}
    with pytest.raises(TypeError, match="list in a query"):
        query_text(several)


async def test_neither_redirects_nor_cookies_are_followed(serving: Serving) -> None:
    requests: list[bytes] = []

    def answer(request: bytes) -> bytes:
        requests.append(request)
        return response("302 Found", b"", "location: /elsewhere", "set-cookie: a=1")

    async with Service(await serving(answer), SecretStr("t")) as service:
        for _ in range(2):
            with pytest.raises(Internal):
                await service.get(Thing, "/internal/a")
    assert len(requests) == 2
    assert b"cookie" not in requests[1].lower()


async def test_a_call_may_answer_nothing(serving: Serving) -> None:
    url = await serving(lambda _: b"HTTP/1.1 204 No Content\r\n\r\n")
    async with Service(url, SecretStr("t")) as service:
        assert await service.post(Nothing, "/internal/a", body=Thing(a=1)) == Nothing()


async def test_another_services_problem_is_forwarded(serving: Serving) -> None:
    body = orjson.dumps(NotFound("No such thing.").body("theirs"))
    url = await serving(lambda _: response("404 Not Found", body, PROBLEM, "retry-after: 3"))
    async with Service(url, SecretStr("t")) as service:
        with pytest.raises(Forwarded) as caught:
            await service.post(Thing, "/internal/a")
    assert caught.value.body("ours") == NotFound("No such thing.").body("ours")
    assert caught.value.retry_after_s == 3


@pytest.mark.parametrize(
    "reply",
    [None, b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"],
)
async def test_a_service_that_does_not_answer_is_overload(
    serving: Serving, reply: bytes | None
) -> None:
    async with Service(await serving(lambda _: reply), SecretStr("t")) as service:
        with pytest.raises(Overloaded) as caught:
            await service.post(Thing, "/internal/a", timeout_s=0.2)
    assert caught.value.retry_after_s == 1


async def test_nobody_listening_is_overload(unused_tcp_port: int) -> None:
    async with Service(f"http://127.0.0.1:{unused_tcp_port}", SecretStr("t")) as service:
        with pytest.raises(Overloaded):
            await service.get(Thing, "/internal/a")


@pytest.mark.parametrize(
    "reply",
    [
        response("502 Bad Gateway", b"<html>", "content-type: text/html"),
        response("502 Bad Gateway", b"<html>", PROBLEM),
        response("502 Bad Gateway", b"[1]", PROBLEM),
        response("200 OK", b"[1]", JSON),
        response("200 OK", b"", JSON),
        response("401 Unauthorized", b'{"code":"x"}', PROBLEM),
        response("403 Forbidden", b'{"code":"x"}', PROBLEM),
    ],
)
async def test_an_answer_without_sense_is_our_own_fault(serving: Serving, reply: bytes) -> None:
    async with Service(await serving(lambda _: reply), SecretStr("t")) as service:
        with pytest.raises(Internal):
            await service.get(Thing, "/internal/a")


class Replica:
    """A server with keep-alive on a given port, which counts its connections; what is slow is
    answered once `finish` is set."""

    def __init__(self) -> None:
        self.connections = 0
        self.finish, self.slow_one_ended = asyncio.Event(), asyncio.Event()
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> int:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", port)
        number: int = self._server.sockets[0].getsockname()[1]
        return number

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        is_slow = False
        try:
            while True:
                if b"/slow" in await reader.readuntil(b"\r\n\r\n"):
                    is_slow = await self.finish.wait()
                writer.write(response("200 OK", b'{"a":1}', JSON))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            if is_slow:
                self.slow_one_ended.set()

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()


async def test_busy_connections_end_with_their_age() -> None:
    replica = Replica()
    port = await replica.start()
    async with Service(f"http://127.0.0.1:{port}", SecretStr("t"), max_age_s=0.2) as service:
        began = asyncio.get_running_loop().time()
        async with asyncio.timeout(60):
            while replica.connections < 4:
                await service.get(Thing, "/thing")
        took_s = asyncio.get_running_loop().time() - began
    replica.stop()
    assert took_s > 3 * 0.16, "each lives 0.16 s at least"


async def test_a_call_that_outlasts_its_connections_is_not_cut() -> None:
    """An upload may take longer than connections are used."""
    replica = Replica()
    port = await replica.start()
    async with Service(f"http://127.0.0.1:{port}", SecretStr("t"), max_age_s=0.05) as service:
        uploading = asyncio.ensure_future(service.post(Thing, "/slow", timeout_s=60))
        async with asyncio.timeout(60):
            while replica.connections < 5:
                await service.get(Thing, "/thing")
            assert not uploading.done()
            replica.finish.set()
            assert await uploading == Thing(a=1)
            await replica.slow_one_ended.wait()
    replica.stop()


async def test_a_refused_connection_is_tried_again(
    unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_client, "REFUSED_PAUSES_S", (0.02,) * 1_000)
    replica = Replica()
    async with Service(f"http://127.0.0.1:{unused_tcp_port}", SecretStr("t")) as service:
        asking = asyncio.ensure_future(service.post(Thing, "/thing"))
        await asyncio.sleep(0.05)
        await replica.start(unused_tcp_port)
        assert await asking == Thing(a=1)
    replica.stop()


async def test_what_may_have_been_heard_is_not_said_again(serving: Serving) -> None:
    received: list[bytes] = []

    def hang_up(request: bytes) -> bytes:
        received.append(request)
        return b""

    async with Service(await serving(hang_up), SecretStr("t")) as service:
        with pytest.raises(Overloaded):
            await service.post(Thing, "/thing")
    assert len(received) == 1
