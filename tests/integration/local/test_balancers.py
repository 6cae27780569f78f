"""Who answers at an address is who was listed last, and a parted wire is silent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from paymesh_local.keyring import Keyring
from paymesh_local.ports import LOOPBACK, Ports, any_free
from paymesh_local.services import SERVICES, Plan
from paymesh_local.upgrade.balancers import Balancers, balancing


@pytest.fixture
async def plan(tmp_path: Path) -> Plan:
    (tmp_path / "logs").mkdir()
    return Plan(
        ports=Ports(*(any_free() for _ in range(10))),
        keyring=Keyring.kept_in(tmp_path / "secrets.json"),
        database_urls={},
        owner_urls={},
        kafka_bootstrap="",
        broker_is_embedded=True,
        local_dir=tmp_path,
    )


@asynccontextmanager
async def saying(word: str) -> AsyncIterator[int]:
    """A server that says this to everybody; its port."""

    async def say(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(word.encode())
        writer.close()

    async with await asyncio.start_server(say, LOOPBACK, 0) as server:
        yield server.sockets[0].getsockname()[1]


async def who_answers(port: int) -> str:
    """Empty where nobody is behind."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        return (await reader.read()).decode()
    except ConnectionResetError:
        return ""
    finally:
        writer.close()


async def test_those_who_are_listed_take_turns_and_who_refuses_is_passed_over(plan: Plan) -> None:
    gateway = next(each for each in SERVICES if each.name == "gateway")
    async with AsyncExitStack() as opened:
        balancers: Balancers = await opened.enter_async_context(balancing(plan))
        one, two = [await opened.enter_async_context(saying(word)) for word in ("one", "two")]
        public = plan.port(gateway.name)
        assert await who_answers(public) == ""
        await balancers.list_ready(gateway, private=[], public=[one, any_free(), two])
        assert {await who_answers(public) for _ in range(6)} == {"one", "two"}
        await balancers.list_ready(gateway, private=[], public=[two])
        assert {await who_answers(public) for _ in range(6)} == {"two"}


async def test_a_parted_wire_is_silent_until_it_is_joined(plan: Plan) -> None:
    wire = any_free()
    async with balancing(plan) as balancers, saying("one") as one:
        await balancers.lead(wire, to=[one], passes=False)
        waiting = asyncio.ensure_future(who_answers(wire))
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        assert not done
        await balancers.lead(wire, to=[one])
        assert await waiting == "one"
