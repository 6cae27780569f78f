"""The example shops take money from beginning to end, and their pages pay on a phone."""

import asyncio
import base64
import hmac
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import httpx
import pytest
from tests.e2e.journey import paid
from tests.e2e.running import RunningStack, eventually

from contracts import webhooks
from paymesh_local import ports, processes
from paymesh_local.processes import Program

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
PAGES: Final = (
    ("wechat-mini-program/pay.js",),
    ("uni-app/pay.vue", "mp-weixin"),
    ("uni-app/pay.vue", "mp-alipay"),
    ("uni-app/pay.vue", "app"),
)
"""Alipay in the app is not among them: its trade exists once the app of Alipay has opened it."""
LONGEST: Final = 170
LIMIT_S: Final = 60


@asynccontextmanager
async def shop(
    stack: RunningStack, folder: Path, name: str, *command: str
) -> AsyncIterator[httpx.AsyncClient]:
    """The shop of this example as a program of its own, and a browser for it."""
    port = str(ports.free_base())
    url = f"http://127.0.0.1:{port}"
    environment = {
        "PAYMESH_LOCAL_DIR": str(stack.folder),
        "PYTHONPATH": str(EXAMPLES / name),
        "SHOP_URL": url,
        "SHOP_BOOKS": str(folder / "shop.db"),
    }
    arguments = processes.tied((sys.executable, "-m", *command, "--port", port))
    log = folder / "shop.log"
    process = await processes.start(Program(name, arguments, log, environment))
    try:
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=LIMIT_S) as browser:

            async def is_open() -> bool:
                assert process.returncode is None, processes.tail(log)
                try:
                    answer = await browser.get("/")
                except httpx.TransportError:
                    return False
                return bool(answer.is_success)

            await eventually(is_open)
            yield browser
    finally:
        await process.stop(grace_s=2)


async def test_the_fastapi_shop_is_paid_told_and_gives_back(
    stack: RunningStack, sandbox: httpx.AsyncClient, tmp_path: Path
) -> None:
    async with shop(stack, tmp_path, "fastapi-shop", "uvicorn", "fastapi_shop:app") as browser:
        sent = await browser.post("/bills")
        assert (sent.status_code, sent.headers["location"].startswith("http")) == (303, True)

        payment = (await browser.post("/api/bills", json={"openid": "oUpF8uMuAJO"})).json()
        number = payment["merchant_order_no"]
        assert (await browser.get(f"/api/bills/{number}")).json() == {"paid": False}
        assert (await browser.post(f"/bills/{number}/refund")).status_code == 409
        await paid(sandbox, payment["payment_no"])

        async def is_delivered() -> bool:
            return bool((await browser.get(f"/api/bills/{number}")).json()["paid"])

        await eventually(is_delivered)
        first, again = [(await browser.post(f"/bills/{number}/refund")).json() for _ in range(2)]
        assert first["refund_no"] == again["refund_no"]

        async def is_given_back() -> bool:
            return f"{number}: paid, {payment['payment_no']}, 1299" in (await browser.get("/")).text

        await eventually(is_given_back)
        forged = await browser.post("/callbacks", json={"type": "payment.succeeded"})
        assert forged.status_code == 401

        if shutil.which("node"):
            for page in PAGES:
                assert await on_a_phone(*page, browser=browser, sandbox=sandbox) == "paid"

        way_back = signed_way_back(stack.app.webhook_secret, number, payment["payment_no"])
        assert "succeeded" in (await browser.get(f"/back?{way_back}")).text
        assert (await browser.get(f"/back?{way_back}0")).status_code == 400


async def test_the_flask_shop_hears_by_pulling(
    stack: RunningStack, sandbox: httpx.AsyncClient, tmp_path: Path
) -> None:
    async with shop(
        stack, tmp_path, "flask-shop", "flask", "--app", "flask_shop", "run"
    ) as browser:
        shown = (await browser.post("/bills", follow_redirects=True)).json()
        assert shown["qr_code"].startswith("weixin://")
        truth = (await sandbox.get("/_control/truth", params={"channel": "wechat"})).json()
        (trade,) = [each for each in truth["trades"] if each["state"] == "created"][-1:]
        await paid(sandbox, trade["payment_no"])

        async def is_delivered() -> bool:
            seen = (await browser.get(f"/bills/{shown['number']}")).json()
            return bool(seen["paid_by"] == trade["payment_no"])

        await eventually(is_delivered)
        assert (await browser.post("/callbacks", json={})).status_code == 401


async def test_an_example_is_read_in_one_go() -> None:
    for path in EXAMPLES.rglob("*.*"):
        if path.suffix in (".py", ".js", ".vue", ".wxml"):
            assert len(path.read_text().splitlines()) <= LONGEST, path


async def on_a_phone(
    page: str, *where: str, browser: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> str:
    """The state that the page shows in the end. `where`: the platform, and which way to pay."""
    process = await asyncio.create_subprocess_exec(
        "node",
        str(Path(__file__).parent / "phone.mjs"),
        str(EXAMPLES / page),
        str(browser.base_url).rstrip("/"),
        str(sandbox.base_url).rstrip("/"),
        *where,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(LIMIT_S):
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode().split()[0]


def signed_way_back(secret: str, number: str, payment_no: str) -> str:
    query = {
        "merchant_order_no": number,
        "payment_no": payment_no,
        "status": "succeeded",
        "timestamp": "1763784306",
    }
    text = "".join(f"{value}\n" for value in query.values()).encode()
    digest = hmac.digest(webhooks.secret_bytes(secret), text, "sha256")
    return urlencode({**query, "signature": base64.b64encode(digest).decode()})
