"""The SDK against all processes: its README as it stands, and bad weather at a channel."""

import re
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from tests.e2e.journey import fault, paid, trade_at_channel
from tests.e2e.running import RunningStack, eventually

from paymesh import AsyncPaymesh, InvalidRequest, Settings, Unauthenticated
from paymesh_local import ports, processes
from paymesh_local.processes import Process, Program

pytestmark = pytest.mark.asyncio(loop_scope="session")

README: Final = Path(__file__).parents[2] / "sdk" / "python" / "README.md"
BLOCK: Final = re.compile(r"```python\n(.*?)```", re.DOTALL)
WITHIN_S: Final = 60
"""Of the three minutes that a newcomer has for both, on a busy machine."""


@asynccontextmanager
async def run(stack: RunningStack, folder: Path, name: str, *args: str) -> AsyncIterator[Process]:
    """A program in this folder, which knows the stack by PAYMESH_LOCAL_DIR alone."""
    environment = {"PAYMESH_LOCAL_DIR": str(stack.folder), "PYTHONPATH": str(folder)}
    command = processes.tied((sys.executable, *args))
    process = await processes.start(Program(name, command, folder / f"{name}.log", environment))
    try:
        yield process
    finally:
        await process.stop(grace_s=2)


async def test_the_readme_is_a_first_payment_and_a_verified_callback(
    stack: RunningStack, tmp_path: Path
) -> None:
    port = str(ports.free_base())
    first, callbacks, *rest = BLOCK.findall(README.read_text().replace("9000", port))
    place = f'Path("{tmp_path}/events.json")'
    listing = "\n".join([first, *rest]).replace('Path("events.json")', place)
    (tmp_path / "callbacks.py").write_text(callbacks)
    (tmp_path / "readme.py").write_text(listing)

    uvicorn = ("-m", "uvicorn", "callbacks:app", "--port", port)
    async with run(stack, tmp_path, "shop", *uvicorn):

        async def listens() -> bool:
            return "Uvicorn running" in (tmp_path / "shop.log").read_text()

        await eventually(listens, within_s=WITHIN_S)
        async with run(stack, tmp_path, "readme", str(tmp_path / "readme.py")) as program:
            assert await program.wait() == 0, processes.tail(tmp_path / "readme.log")
        paid_no = re.search(r"^(P\w+) succeeded$", (tmp_path / "readme.log").read_text(), re.M)
        assert paid_no is not None

        async def is_delivered() -> bool:
            line = rf"verified E\w+ payment\.succeeded {paid_no[1]}"
            return re.search(line, (tmp_path / "shop.log").read_text()) is not None

        await eventually(is_delivered, within_s=WITHIN_S)


@pytest.fixture
def settings(stack: RunningStack) -> Settings:
    return Settings.of_demo(stack.folder / "demo.json")


def asked(settings: Settings, **changes: Any) -> dict[str, Any]:
    return {
        "merchant_id": settings.merchant_id,
        "payment_id": settings.payment_ids["wechat"],
        "merchant_order_no": f"W{uuid.uuid4().hex}",
        "amount": 1299,
        "subject": "物业费 11月",
        "method": "native",
        **changes,
    }


async def test_an_answer_that_the_channel_dropped_is_asked_for_and_not_paid_twice(
    settings: Settings, sandbox: httpx.AsyncClient
) -> None:
    await fault(sandbox, channel="wechat", operation="pay", fault="drop_answer", times=1)
    order = asked(settings, method="barcode", payer={"auth_code": "134579852461385201"})
    async with AsyncPaymesh.of(settings) as paymesh:
        payment = await paymesh.payments.create_and_settle(**order)
        assert payment.status == "succeeded"
        number, merchant_id = order["merchant_order_no"], order["merchant_id"]
        found = await paymesh.orders.get(number, merchant_id=merchant_id)
    assert [each.payment_no for each in found.payments] == [payment.payment_no]
    trade = await trade_at_channel(sandbox, payment.payment_no)
    assert trade is not None
    assert trade["state"] == "paid"


async def test_the_same_order_is_the_same_payment_and_mistakes_are_pointed_at(
    settings: Settings, sandbox: httpx.AsyncClient
) -> None:
    async with AsyncPaymesh.of(settings) as paymesh:
        order = asked(settings)
        first = await paymesh.payments.create(**order)
        assert (await paymesh.payments.create(**order)).payment_no == first.payment_no
        await paid(sandbox, first.payment_no)
        assert (await paymesh.payments.wait(first.payment_no)).status == "succeeded"
        with pytest.raises(InvalidRequest) as caught:
            await paymesh.payments.create(**asked(settings, amount=0))
        assert caught.value.pointer == "/amount"

        capabilities = await paymesh.capabilities.get(merchant_id=order["merchant_id"])
        assert settings.payment_ids["wechat"] in {each.payment_id for each in capabilities.accounts}
        listed = [each async for each in paymesh.payments.list(payment_no=first.payment_no)]
        assert [each.status for each in listed] == ["succeeded"]
        link = await paymesh.payment_links.create(
            merchant_id=order["merchant_id"], subject="停车费", uses=None
        )
        assert (await paymesh.payment_links.disable(link.link_id)).state == "disabled"
    stranger = AsyncPaymesh(settings.base_url, app_id="A1", key_id="K1", secret="wrong")
    async with stranger:
        with pytest.raises(Unauthenticated):
            await stranger.payments.get(first.payment_no)
