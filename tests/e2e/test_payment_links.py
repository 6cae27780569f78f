"""Payment links and counter codes: opened and paid by payers with plain forms."""

import re
from typing import Any

import httpx
import pytest
from tests.e2e.admin_person import Person
from tests.e2e.journey import paid
from tests.e2e.running import RunningStack, eventually

from contracts.identifiers import is_id, new_id
from paymesh_local.client import ApiClient

pytestmark = pytest.mark.asyncio(loop_scope="session")


def link_terms(stack: RunningStack, **changes: Any) -> dict[str, Any]:
    return {"merchant_id": stack.demo["merchant_id"], "subject": "物业费 12月", **changes}


async def begun(browser: httpx.AsyncClient, url: str, **fields: str) -> httpx.Response:
    """The page where the payer chooses, after the form of the link was sent."""
    page = await browser.get(url)
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)"', page.text))
    return await browser.post(url, data={**form, **fields})


def payment_no_of(page: httpx.Response) -> str:
    return page.url.path.removeprefix("/pay/").partition(".")[0]


async def test_a_link_that_was_sent_is_paid_once(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient
) -> None:
    number = f"W-{new_id('event')}"
    body = link_terms(stack, amount=2599, uses=1, merchant_order_no=number)
    made = await api.post("/v1/payment-links", body)
    assert made.status_code == 201, made.text
    link = made.json()
    assert (await api.post("/v1/payment-links", body)).json()["link_id"] == link["link_id"]

    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as browser:
        page = await begun(browser, link["url"])
        assert "25.99" in page.text
        wechat = stack.demo["payment_ids"]["wechat"]
        chosen = await browser.post(f"{page.url}/channel", data={"payment_id": wechat})
        assert "<svg" in chosen.text
        await paid(sandbox, payment_no_of(chosen))

    async def is_used() -> bool:
        shown = await api.get(f"/v1/payment-links/{link['link_id']}")
        return bool(shown.json()["state"] == "used")

    await eventually(is_used)
    order = await api.get(f"/v1/orders/{number}?merchant_id={stack.demo['merchant_id']}")
    assert (order.json()["status"], order.json()["amount_paid"]) == ("paid", 2599)
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as another:
        page = await another.get(link["url"])
        assert payment_no_of(page) == payment_no_of(chosen)
        assert "支付成功" in page.text


async def test_a_link_for_many_opens_an_order_for_each_until_it_is_disabled(
    stack: RunningStack, api: ApiClient
) -> None:
    made = await api.post("/v1/payment-links", link_terms(stack, uses=None))
    link = made.json()
    seen = set()
    for amount in ("1.50", "20"):
        async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as browser:
            seen.add(payment_no_of(await begun(browser, link["url"], amount=amount)))
    assert len(seen) == 2
    for payment_no in seen:
        payment = (await api.get(f"/v1/payments/{payment_no}")).json()
        assert payment["amount"] in (150, 2000)
        assert is_id("payers_order", payment["merchant_order_no"])
    path = f"/v1/payment-links/{link['link_id']}"
    assert (await api.send("DELETE", path, b"")).json()["state"] == "disabled"
    async with httpx.AsyncClient(trust_env=False) as browser:
        assert "该付款入口已停用" in (await browser.get(link["url"])).text


async def test_a_counter_code_takes_what_its_limits_allow(
    stack: RunningStack, api: ApiClient
) -> None:
    terms = {"name": "前台", "min_amount": 100, "max_amount": 2_000, "daily_limit": 3_000}
    owner = {"merchant_id": stack.demo["merchant_id"], "app_id": stack.app.app_id}
    async with Person.signed_in(stack) as person:
        code = await person.call("POST", "/api/counter-codes", {**owner, **terms})

        async def is_known() -> bool:
            async with httpx.AsyncClient(trust_env=False) as browser:
                return (await browser.get(code["url"])).status_code == httpx.codes.OK

        await eventually(is_known)

        async def enters(amount: str) -> httpx.Response:
            async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as browser:
                return await begun(browser, code["url"], amount=amount, note="3-1201")

        assert (await enters("20.01")).status_code == 422
        paying = await enters("20.00")
        payment = (await api.get(f"/v1/payments/{payment_no_of(paying)}")).json()
        assert (payment["amount"], payment["subject"]) == (2_000, "前台")
        assert payment["metadata"] == {"code_id": code["code_id"], "note": "3-1201"}
        assert is_id("payers_order", payment["merchant_order_no"])
        assert "今日收款额度" in (await enters("10.01")).text
        assert payment_no_of(await enters("10.00")).startswith("P")

        path = f"/api/counter-codes/{code['code_id']}"
        await person.call("PATCH", path, {"state": "disabled"})

        async def is_disabled() -> bool:
            async with httpx.AsyncClient(trust_env=False) as browser:
                return "该付款入口已停用" in (await browser.get(code["url"])).text

        await eventually(is_disabled)
