"""A service that is told to stop turns readiness off, finishes its requests, then its loops."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
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
        async with asyncio.timeout(20):
            while text not in (line := (await self.process.stdout.readline()).decode()):
                assert line, f"the service ended before {text!r}"


@pytest.fixture
async def service(unused_tcp_port_factory: Callable[[], int]) -> AsyncIterator[Service]:
    port, private_port = unused_tcp_port_factory(), unused_tcp_port_factory()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SERVICE,
        stdout=asyncio.subprocess.PIPE,
        env={
            "PAYMESH_PORT": str(port),
            "PAYMESH_PRIVATE_PORT": str(private_port),
            "PAYMESH_KAFKA_BOOTSTRAP": "127.0.0.1:1",
        },
    )
    service = Service(process, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{private_port}")
    for _ in range(2):
        await service.line("Uvicorn running")
    yield service
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
    async with asyncio.timeout(10):
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
        assert await asyncio.wait_for(service.process.wait(), 10) == 0
        for url in (service.url, service.private_url):
            with pytest.raises(httpx.ConnectError):
                await client.get(url)
