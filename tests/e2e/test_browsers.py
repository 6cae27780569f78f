"""Our page in a real browser, in every place that payers open it, from the link to the receipt."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.async_api import Browser, Page, Route
from tests.e2e.browsing import (
    ALIPAY,
    CHROME,
    DESKTOP,
    EMBEDDED,
    SAFARI,
    WECHAT,
    Device,
    Language,
    Scheme,
    at_stage,
    choose,
    device,
    nothing_is_cut_off,
    nothing_is_in_the_way,
    on_the_page,
)
from tests.e2e.journey import AMOUNT, paid, payment_of
from tests.e2e.running import RunningStack, eventually
from wechatpayv3 import WeChatPay, WeChatPayType

from paymesh_local.client import ApiClient

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAUSE_MS = 3_200
"""Attempts of one order follow each other three seconds apart."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize(
    "kind", [WECHAT, ALIPAY, SAFARI, CHROME, DESKTOP], ids=lambda kind: kind.name
)
async def test_payment_is_made_from_everywhere(
    stack: RunningStack,
    api: ApiClient,
    sandbox: httpx.AsyncClient,
    browser: Browser,
    kind: Device,
    language: Language,
    scheme: Scheme,
) -> None:
    payment = await on_the_page(api, stack, return_url="https://shop.example/done")
    channel = "alipay" if kind is ALIPAY else "wechat"
    async with device(browser, kind, language=language, scheme=scheme) as context:
        page = await context.new_page()
        refused: list[str] = []
        page.on(
            "console", lambda reply: refused.append(reply.text) if reply.type == "error" else None
        )
        await page.goto(payment["action"]["url"])
        assert await page.locator("html").get_attribute("lang") == language
        await nothing_is_in_the_way(page)
        await choose(page, stack, channel)
        if kind in (SAFARI, CHROME):
            await page.get_by_text("确认支付").click()
        else:
            await at_stage(page, "scan" if kind is DESKTOP else "bridge")
            await nothing_is_in_the_way(page)
            await paid(sandbox, payment["payment_no"])
        await at_stage(page, "paid")
        await nothing_is_in_the_way(page)
        assert payment["payment_no"] in await page.locator(".receipt").inner_text()
        assert refused == []


async def bridge_call(page: Page) -> dict[str, Any]:
    async def is_called() -> bool:
        return bool(await page.evaluate("(window.bridgeCalls ?? []).length"))

    await at_stage(page, "bridge")
    await eventually(is_called)
    (call,) = await page.evaluate("window.bridgeCalls")
    shown: dict[str, Any] = call
    return shown


async def test_wechats_bridge_is_called_with_what_a_public_sdk_signs(
    stack: RunningStack, api: ApiClient, browser: Browser
) -> None:
    known = stack.demo["sandbox"]["wechat"]
    oracle = WeChatPay(
        wechatpay_type=WeChatPayType.JSAPI,
        mchid=known["mchid"],
        private_key=known["merchant_private_key_pem"],
        cert_serial_no=known["merchant_serial_no"],
        apiv3_key=known["apiv3_key"],
        appid=known["appid"],
        notify_url="https://pay.example",
        public_key=known["platform_public_key_pem"],
        public_key_id=known["platform_public_key_id"],
    )
    payment = await on_the_page(api, stack)
    async with device(browser, WECHAT) as context:
        page = await context.new_page()
        await page.goto(payment["action"]["url"])
        await choose(page, stack, "wechat")
        call = await bridge_call(page)
        params = call["params"]
        assert call["name"] == "getBrandWCPayRequest"
        assert set(params) == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
        assert all(isinstance(value, str) for value in params.values())
        assert params["appId"] == known["appid"]
        lines = [params[name] for name in ("appId", "timeStamp", "nonceStr", "package")]
        assert params["paySign"] == oracle.sign(lines)
        assert "code=" not in page.url
        assert "openid" not in await page.content()


async def test_alipays_bridge_is_called_with_the_trade(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, browser: Browser
) -> None:
    payment = await on_the_page(api, stack)
    async with device(browser, ALIPAY) as context:
        page = await context.new_page()
        await page.goto(payment["action"]["url"])
        await choose(page, stack, "alipay")
        call = await bridge_call(page)
        truth = await sandbox.get("/_control/truth", params={"payment_no": payment["payment_no"]})
        (trade,) = truth.json()["trades"]
        assert call == {"name": "tradePay", "params": {"tradeNO": trade["channel_trade_no"]}}


@pytest.mark.parametrize("answer", ["ok", "cancel", "fail"])
async def test_what_the_bridge_answers_is_no_proof(
    stack: RunningStack,
    api: ApiClient,
    sandbox: httpx.AsyncClient,
    browser: Browser,
    answer: str,
) -> None:
    payment = await on_the_page(api, stack)
    reply = {"err_msg": f"get_brand_wcpay_request:{answer}"}
    async with device(browser, WECHAT, bridge=reply) as context:
        page = await context.new_page()
        await page.goto(payment["action"]["url"])
        async with page.expect_response(lambda seen: seen.url.endswith("/check")):
            await choose(page, stack, "wechat")
        await at_stage(page, "bridge")
        await paid(sandbox, payment["payment_no"], notify=False)
        await page.wait_for_timeout(PAUSE_MS)  # its channel is asked every three seconds at most
        await page.get_by_role("button", name="已完成支付").click()
        await at_stage(page, "paid")


async def test_payer_whom_the_wallet_does_not_name_is_told_and_may_try_again(
    stack: RunningStack, api: ApiClient, browser: Browser
) -> None:
    payment = await on_the_page(api, stack)

    async def refuse(route: Route) -> None:
        """The wallet sends the browser back at once, and without a code."""
        sent = await route.fetch(max_redirects=0)
        query = parse_qs(urlsplit(sent.headers["location"]).query)
        back = f"{query['redirect_uri'][0]}?state={query['state'][0]}"
        await route.fulfill(response=sent, headers={**sent.headers, "location": back})

    async with device(browser, WECHAT) as context:
        page = await context.new_page()
        await page.goto(payment["action"]["url"])
        await page.route("**/channel", refuse)
        await choose(page, stack, "wechat")
        await page.get_by_text("没有得到钱包的授权").wait_for()
        await nothing_is_in_the_way(page)
        await page.unroute("**/channel")
        await choose(page, stack, "wechat")
        await at_stage(page, "bridge")


async def test_login_that_another_browser_began_is_worth_nothing(
    stack: RunningStack, api: ApiClient, browser: Browser
) -> None:
    payment = await on_the_page(api, stack)
    url, headers = payment["action"]["url"], {"User-Agent": WECHAT.agent}
    async with httpx.AsyncClient(trust_env=False, headers=headers) as attacker:
        data = {"payment_id": stack.demo["payment_ids"]["wechat"]}
        asked = await attacker.post(f"{url}/channel", data=data)
        named = await attacker.get(asked.headers["location"])
    async with device(browser, WECHAT) as context:
        page = await context.new_page()
        answer = await page.goto(named.headers["location"])
        assert answer is not None
        assert answer.status == 404
    assert (await payment_of(api, payment["payment_no"]))["channel"] is None


async def test_payer_who_leaves_the_channel_pays_another_way(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, browser: Browser
) -> None:
    """WeChat sees from where they come, though the page's key does not leak."""
    host = urlsplit(stack.demo["cashier_url"]).netloc
    await sandbox.post("/_control/settings", json={"page_hosts": [host]})
    try:
        payment = await on_the_page(api, stack)
        async with device(browser, SAFARI) as context:
            page = await context.new_page()
            await page.goto(payment["action"]["url"])
            await choose(page, stack, "wechat")
            assert await page.evaluate("document.referrer") in (f"http://{host}/", "")
            await page.get_by_text("离开").click()
            await at_stage(page, "go")
            assert "付款完成了吗" in await page.locator("main").inner_text()
            await page.wait_for_timeout(PAUSE_MS)
            await choose(page, stack, "alipay")
            await page.get_by_text("确认支付").click()
            await at_stage(page, "paid")
    finally:
        await sandbox.post("/_control/settings", json={"page_hosts": []})


@pytest.mark.parametrize("fault", ["drop_answer", "drop_request"])
async def test_a_lost_answer_leaves_the_order_payable(
    stack: RunningStack,
    api: ApiClient,
    sandbox: httpx.AsyncClient,
    browser: Browser,
    fault: str,
) -> None:
    payment = await on_the_page(api, stack)
    lost = {"channel": "wechat", "operation": "pay", "fault": fault, "times": 1}
    assert (await sandbox.post("/_control/faults", json=lost)).status_code == 201
    async with device(browser, DESKTOP) as context:
        page = await context.new_page()
        await page.goto(payment["action"]["url"])
        await choose(page, stack, "wechat")
        await at_stage(page, "unopened")  # by itself, without a tap
        await nothing_is_in_the_way(page)
        await choose(page, stack, "wechat")
        await at_stage(page, "scan")
        await paid(sandbox, urlsplit(page.url).path.rsplit("/", 1)[1].partition(".")[0])
        await at_stage(page, "paid")


async def test_choices_follow_each_other_slowly(
    stack: RunningStack, api: ApiClient, browser: Browser
) -> None:
    payment = await on_the_page(api, stack)
    async with device(browser, DESKTOP) as context:
        page = await context.new_page()
        await page.goto(payment["action"]["url"])
        await choose(page, stack, "wechat")
        await at_stage(page, "scan")
        await choose(page, stack, "alipay")
        await page.get_by_text("请稍等几秒再选择").wait_for()
        await nothing_is_in_the_way(page)
        await at_stage(page, "scan")
        assert "微信" in await page.locator("h1").inner_text()


async def test_other_tab_is_told_that_its_choice_was_overtaken(
    stack: RunningStack, api: ApiClient, browser: Browser
) -> None:
    payment = await on_the_page(api, stack)
    async with device(browser, DESKTOP) as context:
        first, second = await context.new_page(), await context.new_page()
        await first.goto(payment["action"]["url"])
        await choose(first, stack, "wechat")
        await at_stage(first, "scan")
        await second.goto(payment["action"]["url"])
        await second.wait_for_timeout(PAUSE_MS)
        await choose(second, stack, "alipay")
        await at_stage(second, "scan")
        await first.get_by_text("这里选择的支付方式已关闭").wait_for()
        assert "支付宝扫一扫" in await first.locator("h1").inner_text()


async def test_payment_that_turns_out_paid_during_the_switch_wins(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, browser: Browser
) -> None:
    payment = await on_the_page(api, stack)
    async with device(browser, DESKTOP) as context:
        page = await context.new_page()
        await page.goto(payment["action"]["url"])
        await choose(page, stack, "wechat")
        await at_stage(page, "scan")
        await paid(sandbox, payment["payment_no"], notify=False)
        await page.wait_for_timeout(PAUSE_MS)
        await choose(page, stack, "alipay")
        await at_stage(page, "paid")


async def test_phone_pays_what_the_desktop_shows(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, browser: Browser
) -> None:
    payment = await on_the_page(api, stack)
    async with device(browser, DESKTOP) as desktop, device(browser, WECHAT) as phone:
        seen = await desktop.new_page()
        await seen.goto(payment["action"]["url"])
        assert "微信、支付宝或相机" in await seen.locator("h1").inner_text()
        page = await phone.new_page()
        await page.goto(payment["action"]["url"])
        await choose(page, stack, "wechat")
        await at_stage(page, "bridge")
        await at_stage(seen, "elsewhere")
        await nothing_is_in_the_way(seen)
        await paid(sandbox, payment["payment_no"])
        await at_stage(seen, "paid")
        await at_stage(page, "paid")


async def test_second_person_who_opens_the_link_gets_an_attempt_of_their_own(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, browser: Browser
) -> None:
    """What was ordered for the first can be paid by nobody else."""
    payment = await on_the_page(api, stack)
    async with device(browser, WECHAT) as first, device(browser, WECHAT) as second:
        page = await first.new_page()
        await page.goto(payment["action"]["url"])
        await choose(page, stack, "wechat")
        one = await bridge_call(page)
        await sandbox.post("/_control/settings", json={"person": "somebody else"})
        try:
            other = await second.new_page()
            await other.goto(payment["action"]["url"])
            await at_stage(other, "elsewhere")
            await other.wait_for_timeout(PAUSE_MS)
            await choose(other, stack, "wechat")
            two = await bridge_call(other)
        finally:
            await sandbox.post("/_control/settings", json={"person": "somebody"})
        assert one["params"]["package"] != two["params"]["package"]
        await page.get_by_text("这里选择的支付方式已关闭").wait_for()


async def test_wrong_amount_is_being_checked(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, browser: Browser
) -> None:
    payment = await on_the_page(api, stack)
    async with device(browser, DESKTOP) as context:
        page = await context.new_page()
        await page.goto(payment["action"]["url"])
        await choose(page, stack, "wechat")
        await at_stage(page, "scan")
        await paid(sandbox, payment["payment_no"], amount=AMOUNT + 1)
        await at_stage(page, "conflicted")
        await nothing_is_in_the_way(page)
        assert await page.locator("h1").inner_text() == "正在核对您的付款，请勿再次支付"
        assert await page.locator("button.offer").count() == 0


async def test_refunds_appear_on_the_receipt(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, browser: Browser
) -> None:
    payment = await on_the_page(api, stack)
    async with device(browser, SAFARI) as context:
        page = await context.new_page()
        await page.goto(payment["action"]["url"] + "?place=desktop")
        await choose(page, stack, "wechat")
        await at_stage(page, "scan")
        await paid(sandbox, payment["payment_no"])
        await at_stage(page, "paid")
        for amount, stage in ((99, "partly_refunded"), (AMOUNT - 99, "refunded")):
            asked = {
                "merchant_id": payment["merchant_id"],
                "payment_id": stack.demo["payment_ids"]["wechat"],
                "payment_no": payment["payment_no"],
                "merchant_refund_no": f"R-{payment['payment_no']}-{amount}",
                "amount": amount,
            }
            assert (await api.post("/v1/refunds", asked)).status_code == 201
            await at_stage(page, stage)
        assert await page.locator(".refunds li.succeeded").count() == 2
        await nothing_is_in_the_way(page)
        await nothing_is_cut_off(page)


@pytest.mark.parametrize("kind", [SAFARI, DESKTOP], ids=lambda kind: kind.name)
async def test_everything_works_without_script(
    stack: RunningStack,
    api: ApiClient,
    sandbox: httpx.AsyncClient,
    browser: Browser,
    kind: Device,
) -> None:
    payment = await on_the_page(api, stack)
    async with device(browser, kind, has_script=False) as context:
        page = await context.new_page()
        await page.goto(payment["action"]["url"])
        await choose(page, stack, "alipay")
        if kind is SAFARI:
            await page.get_by_text("确认支付").click()
        else:
            await at_stage(page, "scan")
            await paid(sandbox, payment["payment_no"])
        await at_stage(page, "paid")


async def test_where_nothing_can_be_paid_the_link_goes_along(
    stack: RunningStack, api: ApiClient, browser: Browser
) -> None:
    payment = await on_the_page(api, stack)
    async with device(browser, EMBEDDED) as context:
        page = await context.new_page()
        await page.goto(payment["action"]["url"])
        await page.locator("summary").click()
        assert await page.locator("#link").input_value() == payment["action"]["url"]
        size = await page.locator("img.code").evaluate("each => each.naturalWidth")
        assert size > 200
        await nothing_is_in_the_way(page)


async def test_hosted_cashier_is_opened_at_once(
    stack: RunningStack, api: ApiClient, browser: Browser
) -> None:
    payment = await on_the_page(api, stack)
    async with device(browser, SAFARI) as context:
        page = await context.new_page()
        await page.goto(payment["action"]["url"])
        await choose(page, stack, "easy")
        assert urlsplit(page.url).netloc == urlsplit(stack.demo["sandbox_url"]).netloc


async def test_last_choice_is_remembered(
    stack: RunningStack, api: ApiClient, browser: Browser
) -> None:
    async with device(browser, DESKTOP) as context:
        page = await context.new_page()
        await page.goto((await on_the_page(api, stack))["action"]["url"])
        await choose(page, stack, "alipay")
        await at_stage(page, "scan")
        await page.goto((await on_the_page(api, stack))["action"]["url"])
        first = page.locator("button.offer").first
        assert "上次使用" in await first.inner_text()
        assert "支付宝" in await first.inner_text()


@pytest.mark.parametrize(("language", "left"), [("zh-CN", "6 天 23 小时"), ("en", "6 d 23 h")])
async def test_time_of_days_is_told_in_days(
    stack: RunningStack, api: ApiClient, browser: Browser, language: Language, left: str
) -> None:
    """It read 167:47:46."""
    payment = await on_the_page(api, stack, expires_in_s=7 * 24 * 3600)
    async with device(browser, SAFARI, language=language) as context:
        page = await context.new_page()
        await page.goto(payment["action"]["url"])
        assert await page.locator("[data-countdown] b").inner_text() == left


async def test_first_load_is_small_and_text_may_be_large(
    stack: RunningStack, api: ApiClient, browser: Browser
) -> None:
    payment = await on_the_page(api, stack)
    async with device(browser, SAFARI) as context:
        page = await context.new_page()
        sizes: list[int] = []

        async def weigh(response: Any) -> None:
            if not response.url.endswith("/events"):
                sizes.append(len(await response.body()))

        page.on("response", weigh)
        await page.goto(payment["action"]["url"])

        async def are_weighed() -> bool:
            return len(sizes) >= 2

        await eventually(are_weighed)
        await page.wait_for_timeout(500)
        assert len(sizes) <= 4
        assert sum(sizes) < 60_000, json.dumps(sizes)
        await nothing_is_cut_off(page)
