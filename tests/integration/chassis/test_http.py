"""A client tells apart what was surely not sent from what may have been done."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import orjson
import pytest
from pydantic import SecretStr

from chassis import http, logs
from chassis.problems import Forwarded, Internal, NotFound, Overloaded

Answer = Callable[[bytes], bytes | None]
Serving = Callable[[Answer], Awaitable[str]]


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


@asynccontextmanager
async def calling(timeout_s: float = 5.0) -> AsyncIterator[httpx.AsyncClient]:
    async with http.client(timeout_s=timeout_s) as client:
        yield client


def response(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def test_nobody_listening_is_surely_not_sent(unused_tcp_port: int) -> None:
    async with calling() as client:
        with pytest.raises(httpx.ConnectError):
            await client.post(f"http://127.0.0.1:{unused_tcp_port}/", json={})


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (b"", httpx.ReadError),
        (None, httpx.ReadTimeout),
        (b"garbage\r\n\r\n", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", httpx.ReadError),
    ],
)
async def test_a_lost_answer_is_never_called_not_sent(
    serving: Serving, reply: bytes | None, error: type[httpx.TransportError]
) -> None:
    url = await serving(lambda _: reply)
    async with calling(timeout_s=0.2) as client:
        with pytest.raises(error) as caught:
            await client.post(url, json={"amount": 1})
    assert not isinstance(caught.value, httpx.ConnectError | httpx.ConnectTimeout)


async def test_neither_redirects_nor_cookies_are_followed(serving: Serving) -> None:
    requests: list[bytes] = []

    def answer(request: bytes) -> bytes:
        requests.append(request)
        return response("302 Found", b"", "location: /elsewhere", "set-cookie: a=1")

    url = await serving(answer)
    async with calling() as client:
        assert (await client.get(url)).status_code == 302
        await client.get(url)
    assert len(requests) == 2
    assert b"cookie" not in requests[1].lower()


async def test_a_call_carries_token_request_id_and_trace(serving: Serving) -> None:
    requests: list[bytes] = []

    def answer(request: bytes) -> bytes:
        requests.append(request)
        return response("200 OK", b'{"a":1}', "content-type: application/json")

    logs.request_id.set("r-7")
    logs.traceparent.set("00-trace-span-00")
    url = await serving(answer)
    async with calling() as client:
        service = http.ServiceClient(url + "/", SecretStr("t0ken"), client)
        assert await service.call("GET", "/internal/a", params={"q": "x y"}) == {"a": 1}

    head = requests[0].decode().lower()
    assert head.startswith(("get /internal/a?q=x+y ", "get /internal/a?q=x%20y "))
    assert "authorization: bearer t0ken" in head
    assert "x-request-id: r-7" in head
    assert "traceparent: 00-trace-span-00" in head


async def test_another_services_problem_is_forwarded(serving: Serving) -> None:
    body = orjson.dumps(NotFound("No such thing.").body("theirs"))
    url = await serving(
        lambda _: response(
            "404 Not Found", body, "content-type: application/problem+json", "retry-after: 3"
        )
    )
    async with calling() as client:
        service = http.ServiceClient(url, SecretStr("t"), client)
        with pytest.raises(Forwarded) as caught:
            await service.call("POST", "/internal/a", json={})
    assert caught.value.body("ours") == NotFound("No such thing.").body("ours")
    assert caught.value.retry_after_s == 3


@pytest.mark.parametrize("reply", [None, b""])
async def test_a_service_that_does_not_answer_is_overload(
    serving: Serving, reply: bytes | None
) -> None:
    url = await serving(lambda _: reply)
    async with calling() as client:
        service = http.ServiceClient(url, SecretStr("t"), client)
        with pytest.raises(Overloaded) as caught:
            await service.call("POST", "/internal/a", json={}, timeout_s=0.2)
    assert caught.value.retry_after_s == 1


@pytest.mark.parametrize(
    "reply",
    [
        response("502 Bad Gateway", b"<html>", "content-type: text/html"),
        response("200 OK", b"[1]", "content-type: application/json"),
        response("401 Unauthorized", b'{"code":"x"}', "content-type: application/problem+json"),
    ],
)
async def test_an_answer_without_sense_is_our_own_fault(serving: Serving, reply: bytes) -> None:
    url = await serving(lambda _: reply)
    async with calling() as client:
        service = http.ServiceClient(url, SecretStr("t"), client)
        with pytest.raises(Internal):
            await service.call("GET", "/internal/a")
