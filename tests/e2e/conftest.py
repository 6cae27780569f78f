"""All processes at once: a `make run` of the tests' own, and an app that is called back."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest_asyncio
from playwright.async_api import Browser
from tests.e2e.browsing import CHROMIUM, browser_at
from tests.e2e.collector import Collector
from tests.e2e.harness import Harness
from tests.e2e.running import EmbeddedBrokerStack, RunningStack, eventually, make_run
from tests.integration.notifier.messenger_servers import SECRET, Robot, running_robot

from paymesh_local import kafka, testbed
from paymesh_local.callbacks import CallbackReceiver
from paymesh_local.client import ApiClient

BROKER = "kafka e2e"
collect_ignore = [] if CHROMIUM else ["test_browsers.py", "test_browser_endings.py"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def collector() -> AsyncIterator[Collector]:
    """Where the stack sends the traces that a test asks for."""
    async with Collector() as listening:
        yield listening


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def robot() -> AsyncIterator[Robot]:
    """By whom the people of the centre hear of alerts."""
    async with running_robot() as listening:
        yield listening


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(collector: Collector, robot: Robot) -> AsyncIterator[RunningStack]:
    """Started once for all end-to-end tests; on Kafka of its own where there is Java. It records
    the traces only that come with a call that asks for it.

    The broker is never a given one (`KAFKA_BOOTSTRAP`): these tests hold it still.
    """
    real = None
    if kafka.missing() is None:
        real = await asyncio.to_thread(testbed.ask, testbed_socket(), BROKER)
    given = {
        "PAYMESH_OTLP_ENDPOINT": collector.url,
        "PAYMESH_TRACE_SHARE": "0",
        "PAYMESH_DINGTALK_URL": robot.url,
        "PAYMESH_DINGTALK_SECRET": SECRET,
    }
    if real:
        given["KAFKA_BOOTSTRAP"] = real["bootstrap"]
    async with make_run(given) as (folder, pid):
        if real:
            yield RunningStack(folder, int(real["pid"]), started_again)
        else:
            yield EmbeddedBrokerStack(folder, embedded_broker_of(pid), partial(another_broker, pid))


def testbed_socket() -> Path:
    return Path(os.environ["TESTBED_SOCKET"])


async def started_again(_: int) -> int:
    """Kafka, at the same address with what it has on disk."""
    broker = await asyncio.to_thread(testbed.ask, testbed_socket(), f"again {BROKER}")
    return int(broker["pid"])


async def another_broker(stack_pid: int, former: int) -> int:
    """The embedded broker is started again by the stack itself, and all its services with it."""
    found: list[int] = []

    async def is_another() -> bool:
        found[:] = [pid for pid in embedded_brokers_of(stack_pid) if pid != former]
        return bool(found)

    await eventually(is_another)
    return found[0]


def embedded_broker_of(stack_pid: int) -> int:
    """The one child of the stack that is its broker."""
    (broker,) = embedded_brokers_of(stack_pid)
    return broker


def embedded_brokers_of(stack_pid: int) -> list[int]:
    """Also one that was killed and not taken note of yet."""
    found = []
    for child in psutil.Process(stack_pid).children(recursive=True):
        with suppress(psutil.Error):
            if "paymesh_local.broker" in child.cmdline():
                found.append(child.pid)
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with browser_at(CHROMIUM or "") as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def api(stack: RunningStack) -> AsyncIterator[ApiClient]:
    """The demo app as a client of the public API."""
    async with ApiClient(stack.demo["gateway_url"], stack.app) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def callbacks(stack: RunningStack) -> AsyncIterator[CallbackReceiver]:
    """A callback endpoint of this test's own: send its `url` as `notify_url`."""
    async with CallbackReceiver(stack.app.webhook_secret) as receiver:
        yield receiver


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox(stack: RunningStack) -> AsyncIterator[httpx.AsyncClient]:
    """The third parties' control API; faults end with the test."""
    async with httpx.AsyncClient(base_url=stack.demo["sandbox_url"], trust_env=False) as client:
        yield client
        await client.delete("/_control/faults")


@pytest_asyncio.fixture(loop_scope="session")
async def harness(stack: RunningStack) -> AsyncIterator[Harness]:
    """The demo app at work: it waits the usual 15 s, and takes money that comes late."""
    async with Harness.open(stack, stack.app) as harness:
        yield harness
