"""The example shops book what settles a bill: no second payment, none that came too late."""

import asyncio
import json
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from aiohttp import web
from tests.contract.test_callback_receivers import RECEIVERS, SECRET, Ended, Shop, running

from paymesh.callbacks import sign
from paymesh_local import ports

GOLDEN: Final = Path(__file__).parent / "golden"
ORDER: Final[dict[str, Any]] = json.loads((GOLDEN / "order.json").read_text())
NUMBER: Final = ORDER["merchant_order_no"]
FIRST: Final[dict[str, Any]] = ORDER["payments"][0]
SECOND: Final = {**FIRST, "payment_no": "P2"}
REFUND: Final[dict[str, Any]] = ORDER["refunds"][0]
BACK: Final = {**REFUND, "refund_no": "R2", "payment_no": "P2", "amount": 1299}
CAPABILITIES: Final = {
    "merchant_id": "M7",
    "cashier": True,
    "accounts": [
        {
            "payment_id": payment_id,
            "channel": channel,
            "title": channel,
            "currencies": ["CNY"],
            "can_split": False,
            "methods": [{"method": method, "needs": [], "action": "none"} for method in methods],
        }
        for payment_id, channel, methods in (
            ("C1", "alipay", ["native", "mini_program"]),
            ("C2", "wechat", ["h5"]),
            ("C3", "wechat", ["native", "mini_program", "app"]),
        )
    ],
}
ACTIONS: Final[dict[str, dict[str, Any]]] = {
    "cashier": {"type": "redirect", "url": "https://pay.example/c"},
    "native": {"type": "qr_code", "qr_code": "weixin://x"},
    "app": {"type": "app", "params": {"prepayid": "1"}},
    "mini_program": {"type": "jsapi", "params": {"package": "prepay_id=1"}},
}
IN_PRODUCTION: Final = {
    "PAYMESH_APP_ID": "A1",
    "PAYMESH_KEY_ID": "K1",
    "PAYMESH_SECRET": "s",
    "PAYMESH_WEBHOOK_SECRET": SECRET,
    "PAYMESH_MERCHANT_ID": "M7",
}
SHOPS: Final = [each for each in RECEIVERS if isinstance(each, Shop)]


class Centre:
    """Answers what shops ask about the bill, and has no events to pull."""

    def __init__(self) -> None:
        self.order: dict[str, Any] = ORDER
        self.asked: list[dict[str, Any]] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        if request.path == "/v1/capabilities":
            assert request.query["merchant_id"] == "M7"
            return web.json_response(CAPABILITIES)
        if request.path == "/v1/payments":
            self.asked.append(asked := await request.json())
            action = ACTIONS[asked["method"]]
            waiting = {"status": "pending", "action": action, "failure": None}
            return web.json_response(FIRST | waiting, status=201)
        if request.path == f"/v1/orders/{NUMBER}":
            return web.json_response(self.order)
        return web.json_response({"items": [], "next_cursor": None})


@pytest.fixture
async def centre() -> AsyncIterator[Centre]:
    centre = Centre()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", centre.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    port = ports.free_base()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    centre.url = f"http://127.0.0.1:{port}"
    yield centre
    await runner.cleanup()


async def deliver(shop: httpx.AsyncClient, kind: str, data: dict[str, Any]) -> None:
    body = json.dumps({"type": kind, "timestamp": "2026-11-28T02:00:42Z", "data": data}).encode()
    event_id = f"E-{kind}-{data.get('refund_no', data['payment_no'])}"
    headers = sign(SECRET, webhook_id=event_id, timestamp_s=int(time.time()), body=body)
    assert (await shop.post("/callbacks", content=body, headers=headers)).text == "success"


def paid_by(folder: Path) -> str | None:
    with closing(sqlite3.connect(folder / "shop.db")) as books:
        (payment_no,) = books.execute("select paid_by from bill").fetchone()
    return payment_no if payment_no is None else str(payment_no)


def add_unpaid(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "shop.db")) as books, books:
        books.execute("insert into bill (number) values (?)", (NUMBER,))


@pytest.mark.parametrize("shop", SHOPS, ids=lambda each: each.file)
@pytest.mark.parametrize("is_first_delivered_last", [True, False])
async def test_a_second_payment_settles_nothing(
    shop: Shop, is_first_delivered_last: bool, centre: Centre, tmp_path: Path
) -> None:
    back = {**BACK, "cause": "duplicate"}
    centre.order = ORDER | {"payments": [SECOND, FIRST], "refunds": [REFUND, back]}
    words = [("payment.succeeded", FIRST), ("refund.succeeded", REFUND)]
    of_the_second = [("payment.succeeded", SECOND), ("refund.succeeded", back)]
    deliveries = (
        [*of_the_second, *reversed(words)] if is_first_delivered_last else [*words, *of_the_second]
    )
    async with running(shop, tmp_path, gateway_url=centre.url) as client:
        add_unpaid(tmp_path)
        for kind, data in deliveries:
            await deliver(client, kind, data)
        home = (await client.get("/")).text

    assert paid_by(tmp_path) == FIRST["payment_no"]
    assert ("given back" in home) == ("299 given back" in home) == (shop.file == "fastapi_shop.py")
    assert "1598" not in home


@pytest.mark.parametrize("shop", SHOPS, ids=lambda each: each.file)
async def test_money_that_came_too_late_settles_nothing(
    shop: Shop, centre: Centre, tmp_path: Path
) -> None:
    back = {**BACK, "cause": "late"}
    centre.order = ORDER | {"status": "closed", "payments": [SECOND], "refunds": [back]}
    async with running(shop, tmp_path, gateway_url=centre.url) as client:
        add_unpaid(tmp_path)
        await deliver(client, "payment.succeeded", SECOND)
        await deliver(client, "refund.succeeded", back)
        home = (await client.get("/")).text

    assert (paid_by(tmp_path), "given back" in home) == (None, False)


@pytest.mark.parametrize("shop", SHOPS, ids=lambda each: each.file)
async def test_a_shop_takes_money_by_what_its_environment_says(
    shop: Shop, centre: Centre, tmp_path: Path
) -> None:
    variables = {**IN_PRODUCTION, "PAYMESH_URL": centre.url}
    async with running(shop, tmp_path, variables=variables) as client:
        assert (await client.post("/bills")).status_code == 303
        if shop.file == "fastapi_shop.py":
            made = await client.post("/api/bills", json={"openid": "o1"})
            assert made.json()["action"] == ACTIONS["mini_program"]
            in_app = await client.post("/api/bills", json={"method": "app"})
            assert (in_app.json()["action"], centre.asked[-1].get("payer")) == (
                ACTIONS["app"],
                None,
            )
            how = {"channel": "alipay", "method": "mini_program", "openid": "o1"}
            assert (await client.post("/api/bills", json=how)).is_success
            assert centre.asked.pop()["payment_id"] == "C1"
    accounts = {(each["merchant_id"], each.get("payment_id")) for each in centre.asked}
    assert accounts <= {("M7", None), ("M7", "C3")}
    assert ("M7", "C3") in accounts


@pytest.mark.parametrize("shop", SHOPS, ids=lambda each: each.file)
async def test_a_shop_that_does_not_know_its_merchant_says_so_and_ends(
    shop: Shop, centre: Centre, tmp_path: Path
) -> None:
    variables = {**IN_PRODUCTION, "PAYMESH_URL": centre.url}
    del variables["PAYMESH_MERCHANT_ID"]
    with pytest.raises(Ended):
        async with running(shop, tmp_path, variables=variables):
            pass
    assert "PAYMESH_MERCHANT_ID" in (tmp_path / "log").read_text()


def test_the_readme_names_every_variable_of_a_shop() -> None:
    readme = (Path(__file__).parents[2] / "examples" / "README.md").read_text()
    assert [name for name in ("PAYMESH_URL", *IN_PRODUCTION) if name not in readme] == []


OPTIONS: Final = [
    ("wechat", "jsapi", {"paySign": "s"}, {"provider": "wxpay", "paySign": "s"}),
    ("wechat", "app", {"sign": "s"}, {"provider": "wxpay", "orderInfo": {"sign": "s"}}),
    ("alipay", "jsapi", {"trade_no": "2026"}, {"provider": "alipay", "orderInfo": "2026"}),
    ("alipay", "app", {"order_string": "a=b"}, {"provider": "alipay", "orderInfo": "a=b"}),
]


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
async def test_the_uni_app_gives_each_wallet_what_it_takes(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "examples" / "uni-app" / "pay.vue"
    script = page.read_text().partition("<script>")[2].partition("</script>")[0]
    asked = [[channel, {"type": kind, "params": params}] for channel, kind, params, _ in OPTIONS]
    shown = (
        f"console.log(JSON.stringify({json.dumps(asked)}.map((each) => paymentOptions(...each))))"
    )
    program = tmp_path / "page.mjs"
    program.write_text(
        f"globalThis.uni = {{ getSystemInfoSync: () => ({{}}) }}\n{script}\n{shown}\n"
    )
    process = await asyncio.create_subprocess_exec("node", program, stdout=asyncio.subprocess.PIPE)
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert json.loads(out) == [options for *_, options in OPTIONS]
