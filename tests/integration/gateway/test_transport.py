"""What can happen on the way to a channel, on real sockets: was anything sent, or may it be?"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.calling.transport import Broken, HttpTransport, NotReached
from gateway.channels.plugin import Reply, Request

Say = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Sign: S\r\nSet-Cookie: a=b\r\n\r\nok"


@asynccontextmanager
async def channel(say: Say, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server that reads one request and then does what `say` does."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):  # the gateway had enough
            await say(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"


def saying(answer: bytes) -> Say:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    return say


async def send(url: str, *, timeout_s: float = 5, private_ca: Path | None = None) -> Reply:
    async with HttpTransport(private_ca=private_ca) as transport:
        return await transport.send(Request("POST", url, {}, b"{}"), timeout_s=timeout_s)


async def test_the_bytes_that_were_signed_are_the_bytes_that_are_sent() -> None:
    seen: list[bytes] = []

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        seen.append(await reader.readexactly(6))
        writer.write(OK)

    async with channel(say) as url, HttpTransport() as transport:
        request = Request(
            "POST", f"{url}/a%2Fb/..?q=%20+%7C", {"Authorization": "X"}, "物业".encode()
        )
        reply = await transport.send(request, timeout_s=5)
    assert reply == Reply(200, reply.headers, b"ok")
    assert reply.headers["x-sign"] == "S"
    head, body = seen
    assert head.startswith(b"POST /a%2Fb/..?q=%20+%7C HTTP/1.1\r\n")
    assert b"Accept-Encoding" not in head
    assert body == "物业".encode()


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
    async with channel(saying(moved)) as url:
        assert (await send(url)).status == 302


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:9/", "no connection"),
        ("http://no-such-host.invalid/", "the host name is not known"),
        ("not a url", "the address is not a URL"),
    ],
)
async def test_without_a_connection_nothing_was_sent(url: str, words: str) -> None:
    with pytest.raises(NotReached, match=words):
        await send(url)


async def test_without_trusted_tls_nothing_was_sent(tmp_path: Path) -> None:
    tls, authority = own_authority(tmp_path)
    async with channel(saying(OK), tls) as url:
        with pytest.raises(NotReached, match="TLS"):
            await send(url)
        assert (await send(url, private_ca=authority)).status == 200
    async with channel(no_tls) as url:
        with pytest.raises(NotReached, match="TLS"):
            await send(url.replace("http:", "https:"))


async def no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(OK)
    await reader.read()


async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1_000):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
    for _ in range(100):
        writer.write(b"x" * 100_000)
        await writer.drain()


@pytest.mark.parametrize(
    ("say", "words"),
    [
        (never, "no answer in time"),
        (drip, "no answer in time"),
        (hang_up, "the connection broke"),
        (pour, "longer than"),
        (saying(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), "the connection broke"),
        (saying(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), "the connection broke"),
    ],
)
async def test_after_the_request_left_nobody_knows(say: Say, words: str) -> None:
    async with channel(say) as url:
        started = asyncio.get_running_loop().time()
        with pytest.raises(Broken, match=words):
            await send(url, timeout_s=0.5)
        assert asyncio.get_running_loop().time() - started < 2


def own_authority(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS of an authority that only we know, and that authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a private authority")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    authority, private = folder / "authority.pem", folder / "key.pem"
    authority.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, private)
    return context, authority
