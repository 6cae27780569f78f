"""A service that is told to stop turns readiness off, finishes its requests, then its loops."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

SERVICE = """
import asyncio, sys
from contextlib import asynccontextmanager
from chassis.background import Background
from chassis.settings import Settings, load
from chassis.logs import configure
from chassis.web import create_app, serve

@asynccontextmanager
async def lifespan(app):
    async with Background() as background:
        background.start("loop", lambda stop: stop.wait())
        yield
    print("lifespan ended", flush=True)

app = create_app(service="test", lifespan=lifespan)

@app.get("/slow")
async def slow():
    print("slow started", flush=True)
    while not app.state.stopping:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    return {"finished": True}

settings = load(Settings)
configure("test", settings.log_level)
serve(app, settings)
"""


@dataclass
class Service:
    process: asyncio.subprocess.Process
    url: str

    async def line(self, text: str) -> None:
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            while text not in (line := (await self.process.stdout.readline()).decode()):
                assert line, f"the service ended before {text!r}"


@pytest.fixture
async def service(unused_tcp_port: int) -> AsyncIterator[Service]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SERVICE,
        stdout=asyncio.subprocess.PIPE,
        env={"PAYMESH_PORT": str(unused_tcp_port), "PAYMESH_SERVICE_TOKEN": "t"},
    )
    service = Service(process, f"http://127.0.0.1:{unused_tcp_port}")
    await service.line("Uvicorn running")
    yield service
    if process.returncode is None:
        process.kill()
        await process.wait()


async def test_a_stop_loses_no_request(service: Service) -> None:
    async with httpx.AsyncClient(base_url=service.url, timeout=20, trust_env=False) as client:
        ready = await client.get("/health/ready")
        assert ready.status_code == 200
        assert "server" not in ready.headers
        running = asyncio.ensure_future(client.get("/slow"))
        await service.line("slow started")
        service.process.send_signal(signal.SIGTERM)
        assert (await running).json() == {"finished": True}
    await service.line("lifespan ended")
    async with asyncio.timeout(10):
        await service.process.wait()
