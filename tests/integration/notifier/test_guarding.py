"""Callbacks reach only where they may, and no answer can hold or fill us."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.integration.notifier.app_server import AppServer
from tests.integration.notifier.harness import DEADLINE_S, PATIENT, Harness, app, new_delivery

from notifier.sending import resolver as resolving
from notifier.sending.guard import Guard
from notifier.sending.resolver import MAX_LOOKUPS, Found, Resolver, ResolvingConnector, asker
from notifier.sending.sender import Limits, Sender

PUBLIC = "93.184.215.14"
ANY_PORT = (range(1, 65_536),)


def resolving_to(addresses: Iterator[str]) -> type[Resolver]:
    """A resolver under the control of whoever owns the name: one answer after the other."""

    class Rigged(Resolver):
        def __init__(self) -> None:
            super().__init__(lambda host, family: [(socket.AF_INET, next(addresses))])

    return Rigged


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_private_address_is_refused_unless_allowed(
    harness: Harness, server: AppServer, host: str
) -> None:
    harness.guard = Guard(ports=ANY_PORT)
    event = new_delivery(notify_url=f"https://{host}:{server.port}/inside")
    await harness.add(event)

    async with harness.running():
        (attempt,) = await harness.tried(event)

    assert (attempt["status"], attempt["error"]) == (None, "address_refused")
    assert server.received == []


async def test_port_outside_the_list_is_refused(harness: Harness, server: AppServer) -> None:
    harness.guard = Guard(allowed=harness.guard.allowed, ports=(range(1, 2),))
    event = new_delivery()
    await harness.add(event)

    async with harness.running():
        (attempt,) = await harness.tried(event)

    assert attempt["error"] == "url_refused"
    assert server.received == []


async def test_name_that_turns_private_after_the_check_is_refused(
    harness: Harness, server: AppServer
) -> None:
    """Rebinding: whatever a check would have seen, the dialled address decides."""
    answers = chain([PUBLIC], repeat("127.0.0.1"))
    assert next(answers) == PUBLIC  # what a check before the dial would have been told
    harness.guard = Guard(ports=ANY_PORT)
    harness.sender = lambda guard, limits: Sender(guard, limits, resolver=resolving_to(answers))
    event = new_delivery(notify_url=f"https://rebinding.example:{server.port}/")
    await harness.add(event)

    async with harness.running():
        (attempt,) = await harness.tried(event)

    assert attempt["error"] == "address_refused"
    assert server.received == []


async def test_name_is_called_at_its_allowed_address(harness: Harness, server: AppServer) -> None:
    resolver = resolving_to(repeat("127.0.0.1"))
    harness.sender = lambda guard, limits: Sender(guard, limits, resolver=resolver)
    event = new_delivery(notify_url=f"http://app.example:{server.port}/by-name")
    await harness.add(event)

    async with harness.running():
        got = await server.next()

    assert got.headers["host"] == f"app.example:{server.port}"


async def test_name_without_an_address_is_a_failed_try(harness: Harness, server: AppServer) -> None:
    def unknown(host: str, family: socket.AddressFamily) -> Found:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    harness.sender = lambda guard, limits: Sender(guard, limits, resolver=lambda: Resolver(unknown))
    event = new_delivery(notify_url="http://gone.example:8080/")
    await harness.add(event)

    async with harness.running():
        (attempt,) = await harness.tried(event)

    assert attempt["error"] == "dns"


async def test_name_server_that_hangs_delays_nobody(harness: Harness, server: AppServer) -> None:
    released = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang(host: str, family: socket.AddressFamily) -> Found:
        asyncio.run_coroutine_threadsafe(released.wait(), loop).result()
        return []

    harness.sender = lambda guard, limits: Sender(guard, limits, resolver=lambda: Resolver(hang))
    harness.limits = Limits(connect_s=1)
    hanging = [new_delivery(notify_url=f"http://h{n}.example:8080/") for n in range(20)]
    event = new_delivery()
    await harness.add(*hanging, event)

    async with harness.running():
        await harness.settled(event)
        attempt, *_ = await harness.tried(hanging[0])
        released.set()

    assert attempt["error"] == "timeout"


async def test_names_of_one_app_that_hang_delay_no_other_app() -> None:
    released = threading.Event()

    def look_up(host: str, family: socket.AddressFamily) -> Found:
        if host.endswith(".hanging.example"):
            released.wait()
        return [(socket.AF_INET, PUBLIC)]

    async def looked_up(app_id: str, host: str) -> list[ResolveResult]:
        asker.set(app_id)
        return await connector._resolve_host(host, 443)

    connector = ResolvingConnector(Resolver(look_up))
    async with connector, asyncio.TaskGroup() as group:
        hanging = [
            group.create_task(looked_up("A1", f"h{n}.hanging.example"))
            for n in range(MAX_LOOKUPS // 2)
        ]
        await asyncio.sleep(0.01)
        late = group.create_task(looked_up("A1", "good.example"))
        await asyncio.sleep(0.01)
        # It asks for the very name that the other stands in line for.
        (found,) = await group.create_task(looked_up("A2", "good.example"))

        assert found["host"] == PUBLIC
        assert not any(task.done() for task in hanging)
        released.set()
    assert all(task.result() for task in (*hanging, late))


async def test_who_waits_for_a_lookup_of_its_own_gives_up_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resolving, "LINE_S", 0.05)
    released = threading.Event()

    def hang(host: str, family: socket.AddressFamily) -> Found:
        released.wait()
        return [(socket.AF_INET, PUBLIC)]

    connector = ResolvingConnector(Resolver(hang))
    async with connector, asyncio.TaskGroup() as group:
        for n in range(MAX_LOOKUPS // 2):
            group.create_task(connector._resolve_host(f"h{n}.example", 443))
        await asyncio.sleep(0.01)

        with pytest.raises(TimeoutError):
            await connector._resolve_host("one.more.example", 443)
        released.set()


async def test_slow_body_is_cut_off_and_the_status_stands(
    harness: Harness, server: AppServer
) -> None:
    ended = asyncio.Event()

    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=500)
        await response.prepare(request)
        try:
            while not ended.is_set():
                await response.write(b"x")
                await asyncio.sleep(0.01)
        except ConnectionError:
            ended.set()
        return response

    server.answers["/callback"] = trickle
    harness.limits = replace(PATIENT, body_s=0.2)
    event = new_delivery()
    await harness.add(event)

    async with harness.running():
        (attempt,) = await harness.tried(event)
        async with asyncio.timeout(DEADLINE_S):
            await ended.wait()  # our side has hung up

    assert attempt["status"] == 500
    assert attempt["latency_ms"] >= 200
    assert attempt["answer"].startswith("xx")


async def test_endless_body_is_not_read_to_its_end(harness: Harness, server: AppServer) -> None:
    sent = 0
    hung_up = asyncio.Event()

    async def flood(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(status=200)
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65_536)
                sent += 65_536
        except ConnectionError:
            hung_up.set()
        return response

    server.answers["/callback"] = flood
    event = new_delivery()
    await harness.add(event)

    async with harness.running():
        await harness.settled(event)
        async with asyncio.timeout(DEADLINE_S):
            await hung_up.wait()

    assert sent < 32 * 1024 * 1024  # what the sockets' buffers hold, no more


async def test_answer_that_never_comes_is_a_timeout(harness: Harness, server: AppServer) -> None:
    release = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        await release.wait()
        return web.Response()

    server.answers["/callback"] = hang
    harness.limits = Limits(total_s=0.3)
    event = new_delivery()
    await harness.add(event)

    async with harness.running():
        (attempt,) = await harness.tried(event)
        release.set()

    assert (attempt["status"], attempt["error"]) == (None, "timeout")


async def test_server_that_hangs_up_or_talks_nonsense(harness: Harness, server: AppServer) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        if b"/nonsense" in line:
            writer.write(b"SMTP ready\r\n\r\n")
            await writer.drain()
        writer.close()

    rude = await asyncio.start_server(serve, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{rude.sockets[0].getsockname()[1]}"
    hanging_up, nonsense = (
        new_delivery(notify_url=f"{base}/bye"),
        new_delivery(notify_url=f"{base}/nonsense"),
    )
    await harness.add(hanging_up, nonsense)

    async with rude, harness.running():
        (first,) = await harness.tried(hanging_up)
        (second,) = await harness.tried(nonsense)

    assert (first["status"], first["error"]) == (None, "disconnected")
    assert (second["status"], second["error"]) == (None, "protocol")


async def test_nobody_listens(harness: Harness, server: AppServer) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        event = new_delivery(notify_url=f"http://127.0.0.1:{reserved.getsockname()[1]}/")
        await harness.add(event)

        async with harness.running():
            (attempt,) = await harness.tried(event)

    assert attempt["error"] == "connect"


async def test_untrusted_certificate_is_not_talked_to(harness: Harness, tmp_path: Path) -> None:
    handled = 0

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal handled
        handled += 1
        writer.close()

    tls = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=_self_signed(tmp_path))
    port = tls.sockets[0].getsockname()[1]
    harness.apps.put(app("A1", f"https://127.0.0.1:{port}/callback"))
    event = new_delivery()
    await harness.add(event)

    async with tls, harness.running():
        (attempt,) = await harness.tried(event)

    assert attempt["error"] == "tls"
    assert handled == 0


async def test_plain_server_where_tls_is_expected(harness: Harness, server: AppServer) -> None:
    harness.apps.put(app("A1", f"https://127.0.0.1:{server.port}/callback", version=2))
    event = new_delivery()
    await harness.add(event)

    async with harness.running():
        (attempt,) = await harness.tried(event)

    assert attempt["error"] == "tls"
    assert server.received == []


def _self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
    chain_file = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    chain_file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain_file)
    return context
