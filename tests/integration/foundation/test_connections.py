"""Connections to a service of ours: one call at a time, whole answers, nothing said twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from foundation import connections
from foundation.connections import ConnectionLost, Connections

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nok"


class Peer:
    """Answers each request with the next of `answers`; None is no answer. It keeps connections
    open until it is told to close them."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.received = asyncio.Semaphore(0)
        self.connections: list[asyncio.StreamWriter] = []
        self.url = ""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(writer)
        try:
            while True:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                self.received.release()
                writer.write(self.answers.pop(0) or b"")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def hang_up(self) -> None:
        """As a service does with what has been idle for long, and before its client has seen it."""
        for writer in self.connections:
            writer.close()
            await writer.wait_closed()


@asynccontextmanager
async def listening(peer: Peer) -> AsyncIterator[Connections]:
    server = await asyncio.start_server(peer.talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    ours = Connections(f"http://127.0.0.1:{port}/base", {"Authorization": "t"}, max_age_s=60)
    try:
        yield ours
    finally:
        ours.close()
        server.close()


async def test_calls_one_after_the_other_share_a_connection() -> None:
    peer = Peer(ANSWER, ANSWER)
    async with listening(peer) as ours:
        for _ in range(2):
            response = await ours.exchange("POST", "/a?b=c", {"X-Request-Id": "r"}, b"")
            assert (response.status, response.body, response.headers["x-a"]) == (200, b"ok", "b")
    assert len(peer.connections) == 1
    head = peer.requests[1].decode()
    assert head.startswith("POST /base/a?b=c HTTP/1.1\r\nHost: 127.0.0.1:")
    assert "\r\nAuthorization: t\r\nX-Request-Id: r\r\nContent-Length: 0\r\n\r\n" in head


async def test_calls_at_once_have_a_connection_each() -> None:
    peer = Peer(ANSWER, ANSWER, ANSWER)
    async with listening(peer) as ours:
        await asyncio.gather(*(ours.exchange("GET", "/", {}, b"") for _ in range(3)))
    assert len(peer.connections) == 3


@pytest.mark.parametrize(("method", "times"), [("GET", 2), ("POST", 1)])
async def test_only_a_question_is_asked_again_where_an_idle_connection_is_lost(
    method: str, times: int
) -> None:
    lost = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nha"
    peer = Peer(ANSWER, lost, ANSWER)
    async with listening(peer) as ours:
        await ours.exchange(method, "/", {}, b"")
        asking = asyncio.ensure_future(ours.exchange(method, "/", {}, b""))
        for _ in range(2):
            await peer.received.acquire()
        await peer.hang_up()
        if method == "GET":
            assert (await asking).body == b"ok"
        else:
            with pytest.raises(ConnectionLost):
                await asking
    assert len(peer.requests) == 1 + times


async def test_who_gave_up_leaves_no_answer_to_the_next() -> None:
    peer = Peer(None, ANSWER)
    async with listening(peer) as ours:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await ours.exchange("POST", "/slow", {}, b"")
        assert (await ours.exchange("POST", "/next", {}, b"")).body == b"ok"
    assert len(peer.connections) == 2


async def test_an_answer_that_nobody_asked_for_is_nobodys() -> None:
    peer = Peer(ANSWER + ANSWER, ANSWER)
    async with listening(peer) as ours:
        await ours.exchange("POST", "/", {}, b"")
        await ours.exchange("POST", "/", {}, b"")
    assert len(peer.connections) == 2


async def test_a_service_that_says_close_is_not_asked_on_that_connection_again() -> None:
    peer = Peer(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", ANSWER)
    async with listening(peer) as ours:
        await ours.exchange("POST", "/", {}, b"")
        await ours.exchange("POST", "/", {}, b"")
    assert len(peer.connections) == 2


async def test_what_was_said_in_advance_is_no_answer() -> None:
    peer = Peer(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ANSWER)
    async with listening(peer) as ours:
        response = await ours.exchange("POST", "/", {}, b"")
    assert (response.status, response.body) == (200, b"ok")


async def test_an_answer_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_ANSWER_BYTES", 10)
    peer = Peer(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n" + 11 * b"x")
    async with listening(peer) as ours:
        with pytest.raises(ConnectionLost):
            await ours.exchange("POST", "/", {}, b"")


@pytest.mark.parametrize("text", ["a\r\nX: y", "a\nb", "a\0b", "ä", " a", ""])
async def test_nothing_in_a_head_begins_another(text: str) -> None:
    ours = Connections("http://127.0.0.1:1", {}, max_age_s=60)
    with pytest.raises(ValueError, match="cannot stand"):
        await ours.exchange("POST", "/", {"X-Request-Id": text}, b"")
    if text:
        with pytest.raises(ValueError, match="cannot stand"):
            await ours.exchange("POST", f"/{text}\r\n", {}, b"")
