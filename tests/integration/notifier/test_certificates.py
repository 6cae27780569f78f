"""App servers that demand a client certificate (mTLS) get the one that the app was given."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from tests.authority import Authority
from tests.integration.notifier.app_server import AppServer, running_app_server
from tests.integration.notifier.harness import DEADLINE_S, Harness, app, new_delivery

from contracts.events.configuration import ClientCertificate
from notifier.jobs.certificates import CertificateWatch
from notifier.sending.certificates import client_tls
from notifier.sending.sender import Sender


@pytest.fixture
def authority() -> Authority:
    return Authority()


@pytest.fixture
async def strict(
    harness: Harness, authority: Authority, tmp_path: Path
) -> AsyncIterator[AppServer]:
    """A server that wants to know who calls; its authority is trusted here."""
    harness.sender = lambda guard, limits: Sender(guard, limits, tls=authority.trusting())
    tls = authority.server(tmp_path, demands_certificate=True)
    async with running_app_server(tls) as server:
        yield server


def shown_names(server: AppServer, path: str = "/callback") -> list[str | None]:
    """Filled with whom the callers said to be, by their certificates."""
    names: list[str | None] = []

    async def note(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        shown = request.transport.get_extra_info("peercert")
        names.append(dict(part[0] for part in shown["subject"])["commonName"] if shown else None)
        return web.Response()

    server.answers[path] = note
    return names


def tls_of(authority: Authority, certificate: ClientCertificate) -> ssl.SSLContext:
    return client_tls(certificate, authority.trusting)


async def test_certificate_is_shown_to_a_server_that_demands_it(
    harness: Harness, strict: AppServer, authority: Authority
) -> None:
    names = shown_names(strict)
    tls = tls_of(authority, authority.client("paymesh"))
    harness.apps.put(app("A1", f"{strict.url}/callback", version=2, tls=tls))
    first, second = new_delivery(), new_delivery()
    await harness.add(first, second)

    async with harness.running():
        await harness.settled(first, second)

    assert names == ["paymesh", "paymesh"]


async def test_new_certificate_is_shown_from_the_next_callback_on(
    harness: Harness, strict: AppServer, authority: Authority
) -> None:
    names = shown_names(strict)
    async with harness.running():
        for version, name in enumerate(["of this year", "of next year"], start=2):
            tls = tls_of(authority, authority.client(name))
            harness.apps.put(app("A1", f"{strict.url}/callback", version=version, tls=tls))
            event = new_delivery()
            await harness.add(event)
            await harness.settled(event)

    assert names == ["of this year", "of next year"]


async def test_certificate_of_one_app_is_not_shown_for_another(
    harness: Harness, authority: Authority, tmp_path: Path
) -> None:
    harness.sender = lambda guard, limits: Sender(guard, limits, tls=authority.trusting())
    lenient = authority.server(tmp_path, demands_certificate=True)
    lenient.verify_mode = ssl.CERT_OPTIONAL
    async with running_app_server(lenient) as server:
        names = shown_names(server)
        tls = tls_of(authority, authority.client("first"))
        harness.apps.put(app("A1", f"{server.url}/callback", version=2, tls=tls))
        harness.apps.put(app("A2", f"{server.url}/callback"))
        async with harness.running():
            for app_id in ("A1", "A2", "A1"):
                event = new_delivery(app_id)
                await harness.add(event)
                await harness.settled(event)

    assert names == ["first", None, "first"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("shown", ["none", "of a stranger"])
async def test_refused_certificate_is_a_trouble_of_tls(
    harness: Harness, authority: Authority, tmp_path: Path, shown: str, version: ssl.TLSVersion
) -> None:
    harness.sender = lambda guard, limits: Sender(guard, limits, tls=authority.trusting())
    tls = authority.server(tmp_path, demands_certificate=True)
    tls.maximum_version = version
    stranger = tls_of(authority, Authority("somebody else").client())
    event = new_delivery()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}/callback"
        harness.apps.put(app("A1", url, tls=stranger if shown == "of a stranger" else None))
        await harness.add(event)
        async with harness.running():
            refused = asyncio.create_task(asyncio.to_thread(_refuse, listening, tls))
            (attempt,) = await harness.tried(event)
            await refused

    assert (attempt["status"], attempt["error"]) == (None, "tls")


def _refuse(listening: socket.socket, tls: ssl.SSLContext) -> None:
    """One handshake that says why it fails, as asyncio's own servers do not. The connection stays
    open until the other side has heard it: a close would overtake the alert."""
    listening.settimeout(DEADLINE_S)
    connection, _ = listening.accept()
    with connection.dup() as kept:
        kept.settimeout(DEADLINE_S)
        with pytest.raises(ssl.SSLError):
            tls.wrap_socket(connection, server_side=True).recv(1)
        with contextlib.suppress(ConnectionError):
            while kept.recv(65_536):
                pass


def test_key_of_another_certificate_is_not_used(authority: Authority) -> None:
    mixed = ClientCertificate(
        certificate_pem=authority.client().certificate_pem,
        private_key_pem=authority.client().private_key_pem,
    )
    with pytest.raises(ValueError, match="not a usable certificate"):
        client_tls(mixed)


async def test_the_end_of_a_client_certificate_is_told_on_each_of_four_days(
    harness: Harness,
) -> None:
    ends, day = datetime(2026, 12, 1, tzinfo=UTC), timedelta(days=1)
    harness.apps.put(app("A1", None, certificate_ends_at=ends))
    harness.apps.put(app("A2", None, certificate_ends_at=ends, is_active=False))
    harness.apps.put(app("A3", None))
    watch = CertificateWatch(harness.deps(replica=0), is_ready=asyncio.Event().is_set)

    async def alerts_at(now: datetime) -> list[str]:
        before = set(await keys())
        await watch.check(now)
        await watch.check(now)
        return sorted(set(await keys()) - before)

    async def keys() -> list[str]:
        async with harness.db.connection() as tx:
            return [row["key"] for row in await tx.fetch("select key from trouble")]

    name = "certificate:A1:callback_client_certificate"
    assert await alerts_at(ends - 31 * day) == []
    assert await alerts_at(ends - 30 * day) == [f"{name}:30"]
    assert await alerts_at(ends - 8 * day) == []
    assert await alerts_at(ends - 7 * day) == [f"{name}:7"]
    assert await alerts_at(ends - day) == [f"{name}:1"]
    assert await alerts_at(ends) == [f"{name}:0"]
