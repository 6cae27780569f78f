"""A service that is told to stop turns readiness off, finishes its requests, then its loops."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

SERVICE = """
import asyncio, sys
from contextlib import asynccontextmanager
from chassis.background import Background
from chassis.settings import PublicSettings, load
from chassis.logs import configure
from chassis.web import create_public_app, serve

@asynccontextmanager
async def lifespan(app):
    async with Background() as background:
        background.start("loop", lambda stop: stop.wait())
        yield
    print("lifespan ended", flush=True)

app = create_public_app(service="test", lifespan=lifespan)

@app.get("/quick")
async def quick():
    return {"stopping": app.state.stopping}

@app.get("/slow")
async def slow():
    print("slow started", flush=True)
    while not app.state.stopping:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    return {"finished": True}

settings = load(PublicSettings)
configure("test", settings.log_level)
serve(app, settings)
"""


@dataclass
class Service:
    process: asyncio.subprocess.Process
    url: str
    private_url: str

    async def line(self, text: str) -> None:
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            while text not in (line := (await self.process.stdout.readline()).decode()):
                assert line, f"the service ended before {text!r}"


@pytest.fixture
async def service(unused_tcp_port_factory: Callable[[], int]) -> AsyncIterator[Service]:
    async with started(unused_tcp_port_factory, drain_s=0) as service:
        yield service


@asynccontextmanager
async def started(free_port: Callable[[], int], *, drain_s: float) -> AsyncIterator[Service]:
    port, private_port = free_port(), free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SERVICE,
        stdout=asyncio.subprocess.PIPE,
        env={
            "PAYMESH_PORT": str(port),
            "PAYMESH_PRIVATE_PORT": str(private_port),
            "PAYMESH_KAFKA_BOOTSTRAP": "127.0.0.1:1",
            "PAYMESH_DRAIN_S": str(drain_s),
        },
    )
    service = Service(process, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{private_port}")
    for _ in range(2):
        await service.line("Uvicorn running")
    try:
        yield service
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_stop_loses_no_request(service: Service) -> None:
    async with httpx.AsyncClient(base_url=service.url, timeout=20, trust_env=False) as client:
        running = asyncio.ensure_future(client.get("/slow"))
        await service.line("slow started")
        service.process.send_signal(signal.SIGTERM)
        assert (await running).json() == {"finished": True}
    await service.line("lifespan ended")
    async with asyncio.timeout(60):
        await service.process.wait()


async def test_what_is_not_for_the_world_is_on_the_other_port(service: Service) -> None:
    async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
        for path in ("/health/live", "/health/ready", "/metrics"):
            private = await client.get(service.private_url + path)
            public = await client.get(service.url + path)
            assert (private.status_code, public.status_code) == (200, 404), path
            assert public.headers["content-type"] == "application/problem+json"
            assert "server" not in {*public.headers, *private.headers}
        assert (await client.get(f"{service.private_url}/slow")).status_code == 404


async def test_a_stop_lets_go_of_both_ports(service: Service) -> None:
    async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
        assert (await client.get(f"{service.private_url}/health/ready")).status_code == 200
        service.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(service.process.wait(), 60) == 0
        for url in (service.url, service.private_url):
            with pytest.raises(httpx.ConnectError):
                await client.get(url)


async def test_whoever_asks_while_it_stops_is_answered_and_goes_elsewhere(
    unused_tcp_port_factory: Callable[[], int],
) -> None:
    """On a connection that is open already, and on a new one; nobody meets a closed door."""
    async with (
        started(unused_tcp_port_factory, drain_s=30) as service,
        httpx.AsyncClient(timeout=20, trust_env=False) as client,
        httpx.AsyncClient(timeout=20, trust_env=False) as newcomer,
    ):
        before = await client.get(f"{service.url}/quick")
        assert before.json() == {"stopping": False}
        assert "connection" not in before.headers
        running = asyncio.ensure_future(newcomer.get(f"{service.url}/slow"))
        await service.line("slow started")
        service.process.send_signal(signal.SIGTERM)
        begun = await running  # It begins to end when it sees that the service stops.
        for answer in (begun, await client.get(f"{service.url}/quick")):
            assert answer.headers["connection"] == "close"
        another = await newcomer.get(f"{service.url}/quick")
        assert another.json() == {"stopping": True}
        ready = await client.get(f"{service.private_url}/health/ready")
        assert (ready.status_code, ready.headers["connection"]) == (503, "close")
        service.process.send_signal(signal.SIGTERM)  # Asked twice it waits no longer.
        assert await asyncio.wait_for(service.process.wait(), 25) == 0


async def test_a_request_that_has_begun_to_arrive_is_answered(service: Service) -> None:
    url = httpx.URL(service.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(b"GET /quick HTTP/1.1\r\n")
    async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
        await client.get(f"{service.url}/quick")  # What was sent before has been read by then.
        service.process.send_signal(signal.SIGTERM)
        await _door_is_shut(client, service.url)
    writer.write(b"Host: test\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 20)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nconnection: close\r\n" in answer
    writer.close()


async def _door_is_shut(client: httpx.AsyncClient, url: str) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                await client.get(f"{url}/quick")
            except httpx.TransportError:
                return
