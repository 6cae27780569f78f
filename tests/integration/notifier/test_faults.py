"""Servers and name servers at their worst: every try ends in time, and says what was wrong."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread

import pytest
from tests.authority import Authority
from tests.integration.notifier.app_server import AppServer, running_app_server
from tests.integration.notifier.harness import Harness, app, new_delivery

from notifier.sending.guard import Guard
from notifier.sending.resolver import Found, Resolver
from notifier.sending.sender import Limits, Sender

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\n"
ANY_PORT = (range(1, 65_536),)
A_SECOND = Limits(total_s=1, connect_s=1, body_s=0.5)


@asynccontextmanager
async def raw_server(serve: Serve) -> AsyncIterator[str]:
    """The address of a server that reads a request and then does as it likes."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/callback"
    server.close()


def says_raw(*parts: bytes) -> Serve:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return serve


async def trickle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A slow loris: one byte of an endless header after the other."""
    writer.write(OK)
    while not writer.is_closing():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)


async def tried(harness: Harness, serve: Serve) -> tuple[int | None, str | None]:
    async with raw_server(serve) as url:
        event = new_delivery(notify_url=url)
        await harness.add(event)
        harness.apps.put(app("A1", None))
        async with harness.running():
            (attempt,) = await harness.tried(event)
    return attempt["status"], attempt["error"]


async def test_headers_that_trickle_are_a_timeout(harness: Harness) -> None:
    harness.limits = A_SECOND
    assert await tried(harness, trickle) == (None, "timeout")


async def test_connection_that_breaks_within_the_headers(harness: Harness) -> None:
    assert await tried(harness, says_raw(OK, b"Content-Le")) == (None, "disconnected")


async def test_status_stands_where_the_body_is_cut_short(harness: Harness) -> None:
    answer = says_raw(OK, b"Content-Length: 100\r\n\r\nonly")
    assert await tried(harness, answer) == (200, None)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 abc OK\r\n\r\n",
        OK + b"X-Big: " + b"x" * 100_000 + b"\r\n\r\n",
        OK + b"Content-Length: -5\r\n\r\n",
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"\x16\x03\x01\x02\x00" + b"\x00" * 64 + b"\r\n\r\n",
    ],
    ids=["no status", "huge header", "negative length", "two lengths", "TLS bytes"],
)
async def test_garbage_is_no_answer(harness: Harness, answer: bytes) -> None:
    assert await tried(harness, says_raw(answer)) == (None, "protocol")


@pytest.mark.parametrize(("interim", "seen"), [(2, (200, None)), (1000, (None, "protocol"))])
async def test_interim_answers_without_end_are_no_answer(
    harness: Harness, interim: int, seen: tuple[int | None, str | None]
) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\n\r\n" * interim
    assert await tried(harness, says_raw(hints, OK, b"Content-Length: 0\r\n\r\n")) == seen


@pytest.mark.parametrize("wrong", ["expired", "for another host"])
async def test_certificate_that_is_wrong_is_not_talked_to(
    harness: Harness, tmp_path: Path, wrong: str
) -> None:
    authority = Authority()
    lifetime = timedelta(minutes=-1) if wrong == "expired" else timedelta(hours=1)
    tls = authority.server(tmp_path, lifetime=lifetime)
    harness.sender = lambda guard, limits: Sender(guard, limits, tls=authority.trusting())
    async with running_app_server(tls) as server:
        host = "127.0.0.1" if wrong == "expired" else "localhost"
        harness.apps.put(app("A1", f"https://{host}:{server.port}/callback"))
        event = new_delivery()
        await harness.add(event)
        async with harness.running():
            (attempt,) = await harness.tried(event)

    assert (attempt["status"], attempt["error"]) == (None, "tls")
    assert server.received == []


class NameServer:
    """A real name server on UDP, of somebody who answers each question with the next address and
    asks for no caching."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = list(addresses)
        self.questions = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = Thread(target=self._serve, daemon=True)
        thread.start()
        yield
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        thread.join()
        self._socket.close()

    def look_up(self, host: str, family: socket.AddressFamily) -> Found:
        """What the system's resolver does: ask over the wire, believe the answer."""
        labels = b"".join(bytes([len(part)]) + part for part in host.encode().split(b"."))
        question = struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(10)
            asking.sendto(question, self._socket.getsockname())
            answer = asking.recv(512)
        return [(socket.AF_INET, str(IPv4Address(answer[-4:])))]

    def _serve(self) -> None:
        while True:
            question, client = self._socket.recvfrom(512)
            if not question:
                return
            self.questions += 1
            address = self._addresses[min(self.questions, len(self._addresses)) - 1]
            head = question[:2] + struct.pack(">5H", 0x8180, 1, 1, 0, 0) + question[12:]
            record = b"\xc0\x0c\0\1\0\1" + struct.pack(">IH", 0, 4) + IPv4Address(address).packed
            self._socket.sendto(head + record, client)


async def test_name_server_that_rebinds_reaches_nothing_of_ours(
    harness: Harness, server: AppServer
) -> None:
    """What was asked when the address was registered says nothing of what is dialled."""
    names = NameServer("93.184.215.14", "127.0.0.1", "169.254.169.254", "10.0.0.1")
    harness.guard = Guard(ports=ANY_PORT)
    harness.sender = lambda guard, limits: Sender(
        guard, limits, resolver=lambda: Resolver(names.look_up)
    )
    with names.running():
        assert names.look_up("rebinding.example", socket.AF_INET)[0][1] == "93.184.215.14"
        for host in ("a.rebinding.example", "b.rebinding.example", "c.rebinding.example"):
            event = new_delivery(notify_url=f"https://{host}:{server.port}/callback")
            await harness.add(event)
            async with harness.running():
                (attempt,) = await harness.tried(event)
            assert (attempt["status"], attempt["error"]) == (None, "address_refused")

    assert names.questions == 4
    assert server.received == []


async def test_name_server_that_is_gone_is_a_failed_try(
    harness: Harness, server: AppServer
) -> None:
    names = NameServer("127.0.0.1")
    with names.running():
        pass

    def look_up(host: str, family: socket.AddressFamily) -> Found:
        return names.look_up(host, family)

    harness.sender = lambda guard, limits: Sender(guard, limits, resolver=lambda: Resolver(look_up))
    event = new_delivery(notify_url=f"http://app.example:{server.port}/callback")
    await harness.add(event)

    async with harness.running():
        (attempt,) = await harness.tried(event)

    assert (attempt["status"], attempt["error"]) == (None, "dns")


async def test_server_of_many_faults_is_told_everything_when_it_recovers(
    harness: Harness, server: AppServer
) -> None:
    faults = iter([says_raw(b"junk\r\n\r\n"), says_raw(), says_raw(OK, b"Content-Le")])
    well: Serve = says_raw(OK, b"Content-Length: 0\r\n\r\n")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await next(faults, well)(reader, writer)

    harness.schedule = type(harness.schedule)(spread=lambda: 0.0, delays_s=(0.0,) * 15)
    async with raw_server(serve) as url:
        event = new_delivery(notify_url=url)
        await harness.add(event)
        async with harness.running():
            await harness.settled(event)

    alerts = [one["error"] for one in await harness.attempts(event)]
    assert alerts == ["protocol", "disconnected", "disconnected", None]
