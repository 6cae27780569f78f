"""Our page in a real browser where it does not go as usual: late, twice, over a limit, by keys."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page
from tests.e2e.admin_person import Person
from tests.e2e.browsing import (
    DESKTOP,
    SAFARI,
    WECHAT,
    at_stage,
    choose,
    device,
    nothing_is_cut_off,
    nothing_is_in_the_way,
    on_the_page,
)
from tests.e2e.harness import Harness
from tests.e2e.journey import fault, paid
from tests.e2e.running import RunningStack, eventually

from paymesh_local.client import ApiClient

pytestmark = pytest.mark.asyncio(loop_scope="session")

MEDIA = re.compile(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]")
A6 = [105 / 25.4 * 72, 148 / 25.4 * 72]
"""In points."""

SHORT_S = 10
"""An order's life that a test can wait for, and in which a browser reaches the code on a busy
machine."""

STAGES = """
window.stages = [];
new MutationObserver(() => {
  const stage = document.getElementById("checkout")?.dataset.stage;
  if (stage && window.stages.at(-1) !== stage) window.stages.push(stage);
}).observe(document, { childList: true, subtree: true, attributes: true });
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hasty(stack: RunningStack) -> AsyncIterator[Harness]:
    """An app that may initiate an order again after one second."""
    async with Person.signed_in(stack) as person:
        app = await person.app(reinitiate_after_s=1)
    async with Harness.open(stack, app) as harness:
        yield harness


async def another_attempt(harness: Harness, channel: str, number: str) -> dict[str, Any]:
    payment: dict[str, Any] = {}

    async def is_created() -> bool:
        body = harness.request(channel, merchant_order_no=number)
        answer = await harness.ask(body)
        payment.update(answer.json())
        return answer.status_code == httpx.codes.CREATED

    await eventually(is_created)
    return payment


async def test_all_tabs_are_told_that_it_was_paid_twice(
    stack: RunningStack, hasty: Harness, browser: Browser
) -> None:
    payment = await on_the_page(hasty.api, stack)
    number = payment["merchant_order_no"]
    await hasty.fault(channel="wechat", operation="close", fault="drop_request")
    async with device(browser, DESKTOP) as one, device(browser, SAFARI) as other:
        tabs = [await one.new_page(), await other.new_page()]
        for tab in tabs:
            await tab.goto(payment["action"]["url"])
        first = await another_attempt(hasty, "wechat", number)
        second = await another_attempt(hasty, "alipay", number)
        await hasty.pays(second["payment_no"])
        for tab in tabs:
            await at_stage(tab, "paid")
        await hasty.pays(first["payment_no"])
        for tab in tabs:
            await tab.get_by_text("您重复支付了这笔订单").wait_for()
            await tab.locator(".refunds li.succeeded", has_text="重复支付").wait_for()
            assert second["payment_no"] in await tab.locator(".receipt").inner_text()
        await nothing_is_in_the_way(tabs[1])


async def watched(page: Page, url: str) -> None:
    await page.add_init_script(STAGES)
    await page.goto(url)


async def test_money_that_came_silently_before_the_end_is_found_at_the_end(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, browser: Browser
) -> None:
    payment = await on_the_page(api, stack, expires_in_s=SHORT_S)
    async with device(browser, DESKTOP) as context:
        page = await context.new_page()
        await watched(page, payment["action"]["url"])
        await choose(page, stack, "wechat")
        await at_stage(page, "scan")
        await paid(sandbox, payment["payment_no"], notify=False)
        await at_stage(page, "paid")
        seen = await page.evaluate("window.stages")
        assert not {"closed", "expired", "failed", "choose"} & set(seen), seen


async def test_what_is_unknown_at_the_end_is_asked_about_until_it_is_known(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, browser: Browser
) -> None:
    payment = await on_the_page(api, stack, expires_in_s=SHORT_S)
    of_it = {"channel": "wechat", "payment_no": payment["payment_no"]}
    await fault(sandbox, **of_it, operation="pay", fault="drop_answer", times=1)
    for operation in ("query", "close"):
        await fault(sandbox, **of_it, operation=operation, fault="drop_request")
    async with device(browser, DESKTOP) as context:
        page = await context.new_page()
        await watched(page, payment["action"]["url"])
        await choose(page, stack, "wechat")
        await at_stage(page, "wait")
        await nothing_is_in_the_way(page)
        await at_stage(page, "asking")
        assert "请勿重复付款" in await page.locator("h1").inner_text()
        await nothing_is_in_the_way(page)
        await paid(sandbox, payment["payment_no"], notify=False)
        await sandbox.delete("/_control/faults")
        await page.get_by_role("button", name="已完成支付").click()
        await at_stage(page, "paid")


async def test_an_order_that_nobody_began_ends_calmly(
    stack: RunningStack, api: ApiClient, browser: Browser
) -> None:
    payment = await on_the_page(api, stack, expires_in_s=1)
    async with device(browser, SAFARI, language="en", scheme="dark") as context:
        page = await context.new_page()
        await page.goto(payment["action"]["url"])
        await at_stage(page, "expired", "closed")
        assert await page.locator("button.offer").count() == 0
        await nothing_is_in_the_way(page)
        await nothing_is_cut_off(page)


async def tabbed_to(page: Page, wanted: str) -> None:
    """Press Tab until the focus is on it, where everyone can see it."""
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await page.evaluate(f"document.activeElement.matches({wanted!r})"):
            style = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert style != "none"
            return
    raise AssertionError(f"{wanted} is not reached by keys")


async def test_it_is_paid_by_keys_only(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, browser: Browser
) -> None:
    payment = await on_the_page(api, stack, return_url="https://shop.example/done")
    async with device(browser, DESKTOP) as context:
        page = await context.new_page()
        await page.goto(payment["action"]["url"])
        await tabbed_to(page, f'[value="{stack.demo["payment_ids"]["wechat"]}"]')
        await page.keyboard.press("Enter")
        await at_stage(page, "scan")
        await tabbed_to(page, f'[value="{stack.demo["payment_ids"]["alipay"]}"]')
        await paid(sandbox, payment["payment_no"])
        await at_stage(page, "paid")
        assert await page.evaluate("document.activeElement.id") == "checkout"
        await tabbed_to(page, "[data-print]")
        await tabbed_to(page, 'a.button[href^="https://shop.example/done"]')


async def test_a_link_that_two_people_open_is_paid_once(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, browser: Browser
) -> None:
    terms = {"merchant_id": stack.demo["merchant_id"], "subject": "物业费", "amount": 1299}
    link = (await api.post("/v1/payment-links", terms)).json()
    async with device(browser, DESKTOP) as one, device(browser, SAFARI) as other:
        first, second = await one.new_page(), await other.new_page()
        for page in (first, second):
            await page.goto(link["url"])
            # The second finds the order that the first has begun.
            if not await page.locator("#checkout").count():
                await page.locator("main .button").first.click()
            await at_stage(page, "choose")
        await choose(first, stack, "wechat")
        await at_stage(first, "scan")
        at_channel = (await api.get(f"/v1/payment-links/{link['link_id']}")).json()
        await paid(sandbox, at_channel["payment_no"])
        for page in (first, second):
            await at_stage(page, "paid")
        await second.goto(link["url"])
        await at_stage(second, "paid")
        await nothing_is_in_the_way(second)


async def test_a_counter_code_is_paid_by_its_keypad_within_its_limits(
    stack: RunningStack, browser: Browser
) -> None:
    terms = {"name": "前台", "min_amount": 100, "max_amount": 2_000, "daily_limit": 3_000}
    owner = {"merchant_id": stack.demo["merchant_id"], "app_id": stack.app.app_id}
    async with Person.signed_in(stack) as person:
        code = await person.call("POST", "/api/counter-codes", {**owner, **terms})
        await until_known(code["url"])
        async with device(browser, WECHAT) as context:
            page = await context.new_page()
            await page.goto(code["url"])
            await nothing_is_in_the_way(page)
            await nothing_is_cut_off(page)
            for key in ("2", "0", "Decimal", "1", "9", "5", "退格"):
                name = "小数点" if key == "Decimal" else key
                await page.get_by_role("button", name=name, exact=False).first.click()
            assert await page.locator("#amount").input_value() == "20.1"
            await page.get_by_role("button", name="立即支付").click()
            await page.get_by_role("alert").wait_for()
            await nothing_is_in_the_way(page)
            await page.locator("#amount").fill("20")
            await page.locator("#note").fill("3-1201")
            await page.get_by_role("button", name="立即支付").click()
            await at_stage(page, "choose")
            assert "¥20.00" in await page.locator(".amount").inner_text()
        async with device(browser, DESKTOP, has_script=False) as context:
            page = await context.new_page()
            await page.goto(code["url"])
            await page.locator("#amount").fill("10.01")
            await page.get_by_role("button", name="立即支付").click()
            await page.get_by_text("今日收款额度已满").wait_for()
            await person.call(
                "PATCH", f"/api/counter-codes/{code['code_id']}", {"state": "disabled"}
            )

            async def is_disabled() -> bool:
                await page.goto(code["url"])
                return await page.get_by_text("该付款入口已停用").count() == 1

            await eventually(is_disabled)


async def test_a_counter_code_is_put_up_and_printed_on_a6(
    stack: RunningStack, browser: Browser
) -> None:
    demo = stack.demo
    async with device(browser, DESKTOP) as context:
        page = await context.new_page()
        await page.goto(f"{demo['admin_url']}/console/login")
        await page.locator("[name=username]").fill(demo["admin_user"])
        await page.locator("[name=password]").fill(demo["admin_password"])
        await page.locator("[name=password]").press("Enter")
        await page.wait_for_url("**/console*")
        await page.goto(f"{demo['admin_url']}/console/counter-codes")
        await page.get_by_text("新建收款码").click()
        typed = {
            "merchant_id": demo["merchant_id"], "app_id": stack.app.app_id, "name": "南门收费处",
            "min_amount": "1", "max_amount": "500", "daily_limit": "20,000", "amounts": "50 100",
        }  # fmt: skip
        for name, value in typed.items():
            await page.locator(f"form.fields[method=post] [name={name}]").fill(value)
        await nothing_is_in_the_way(page)
        await page.get_by_role("button", name="新建", exact=True).click()
        await page.get_by_text("付款前请核对收款方名称").wait_for()
        await nothing_is_in_the_way(page)
        sheet = await page.pdf(prefer_css_page_size=True)
        assert [float(side) for side in MEDIA.findall(sheet)[0]] == pytest.approx(A6, abs=1)
        assert len(MEDIA.findall(sheet)) == 1


async def until_known(url: str) -> None:
    async def is_known() -> bool:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(url)).status_code == httpx.codes.OK

    await eventually(is_known)


async def test_while_the_gateway_is_away_pages_are_calm_and_recover_by_themselves(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, browser: Browser
) -> None:
    payment = await on_the_page(api, stack)
    async with device(browser, DESKTOP) as context:
        watching, opened = await context.new_page(), await context.new_page()
        await watching.goto(payment["action"]["url"])
        await choose(watching, stack, "wechat")
        await at_stage(watching, "scan")
        stack.kill("gateway")
        answer = await opened.goto(payment["action"]["url"])
        assert answer is not None
        assert answer.status == httpx.codes.SERVICE_UNAVAILABLE
        assert "系统繁忙" in await opened.locator("h1").inner_text()
        await at_stage(opened, "scan")
        await at_stage(watching, "scan")
        await stack.is_back("gateway")
        await paid(sandbox, payment["payment_no"])
        await at_stage(watching, "paid")
        await at_stage(opened, "paid")
