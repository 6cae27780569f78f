"""A new operator takes a property company from nothing to its first payment, in a browser."""

import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.async_api import Browser, FilePayload, Page
from tests.e2e.browsing import DESKTOP, device
from tests.e2e.journey import created, has_status, paid
from tests.e2e.running import RunningStack, eventually

from paymesh_local.callbacks import CallbackReceiver
from paymesh_local.client import ApiClient, AppCredentials

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIELDS = ("mchid", "appid", "merchant_serial_no", "apiv3_key", "platform_public_key_id")


def wrong_key() -> str:
    """Somebody's private key, but not that of the merchant's certificate."""
    key = rsa.generate_private_key(65537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


async def logged_in(page: Page, stack: RunningStack) -> None:
    await page.goto(f"{stack.demo['admin_url']}/console/login")
    await page.fill("input[name=username]", stack.demo["admin_user"])
    await page.fill("input[name=password]", stack.demo["admin_password"])
    await page.click("main button")
    await page.goto(f"{stack.demo['admin_url']}/console/onboarding")


async def enter(page: Page, account: dict[str, Any], private_key: str) -> None:
    """Credentials: the channel's key pasted, the merchant's uploaded."""
    for name in FIELDS:
        field = page.locator(f"input[name={name}]")
        if await field.get_attribute("readonly") is None:
            await field.fill(account[name])
    await page.fill("textarea[name=platform_public_key_pem]", account["platform_public_key_pem"])
    file = FilePayload(
        name="apiclient_key.pem", mimeType="application/x-pem-file", buffer=private_key.encode()
    )
    await page.set_input_files('input[name="merchant_private_key_pem.file"]', file)
    await page.locator("details.rare > summary").click()
    await page.fill("input[name=base_url]", account["base_url"])
    await page.get_by_role("button", name="下一步").click()


def is_known(api: ApiClient, merchant_id: str) -> Callable[[], Awaitable[bool]]:
    """What is registered is known to the gateway within five seconds."""

    async def answers() -> bool:
        return (await api.get(f"/v1/capabilities?merchant_id={merchant_id}")).status_code == 200

    return answers


async def test_from_nothing_to_the_first_payment_with_a_wrong_key_first(
    stack: RunningStack, sandbox: httpx.AsyncClient, browser: Browser
) -> None:
    opened = await sandbox.post("/_control/merchants", json={"channel": "wechat"})
    account = opened.json()
    name = f"新物业 {uuid.uuid4().hex[:8]}"
    async with device(browser, DESKTOP, has_script=False) as context:
        page = await context.new_page()
        await logged_in(page, stack)
        await page.fill("input[name=name]", name)
        await page.get_by_role("button", name="下一步").click()
        await page.get_by_role("button", name="微信支付").click()
        await enter(page, account, wrong_key())
        await page.get_by_role("button", name="试连一次").click()
        problem = page.locator(".problem")
        assert "商户 API 私钥与证书序列号不是一对" in await problem.inner_text()
        assert "商户 API 私钥" in await problem.locator("a").inner_text()

        await page.get_by_role("link", name="修改密钥").click()
        assert await page.locator("input[name=apiv3_key]").input_value() == ""
        await enter(page, account, account["merchant_private_key_pem"])
        await page.get_by_role("button", name="试连一次").click()
        assert "连接正常" in await page.locator(".done").inner_text()
        payment_id = await page.locator("code.whole").inner_text()
        await page.get_by_role("button", name="下一步").click()

        await page.fill("input[name=name]", "缴费小程序")
        await page.get_by_role("button", name="加入我的地址").click()
        assert await page.locator("textarea[name=ip_allowlist]").input_value() == "127.0.0.1"
        await page.get_by_role("button", name="下一步").click()
        webhook_secret = await page.locator("code.whole").inner_text()
        await page.get_by_role("button", name="登记").click()
        secret = await page.locator("code.whole").inner_text()
        await page.get_by_role("button", name="下一步").click()
        async with CallbackReceiver(webhook_secret) as callbacks:
            await page.fill("input[name=notify_url]", callbacks.url)
            await page.get_by_role("button", name="保存并发送测试回调").click()
            assert "对方已接受" in await page.locator(".done").first.inner_text()
        await page.get_by_role("button", name="下一步").click()
        sheet = await page.locator("main").inner_text()
        assert secret not in sheet
        assert webhook_secret not in sheet
    ids = {kind: re.search(rf"\b{kind}[0-9A-Z]{{26}}\b", sheet) for kind in "AKM"}
    app_id, key_id, merchant_id = (found.group() for found in ids.values() if found)
    app = AppCredentials(app_id, key_id, "HMAC-SHA256", secret, webhook_secret)
    async with ApiClient(stack.demo["gateway_url"], app) as api:
        await eventually(is_known(api, merchant_id))
        body = {
            "merchant_id": merchant_id, "payment_id": payment_id, "amount": 1299,
            "merchant_order_no": f"W{uuid.uuid4().hex}", "subject": "物业费", "method": "native",
        }  # fmt: skip
        payment = await created(api, body)
        await paid(sandbox, payment["payment_no"])
        await eventually(has_status(api, payment["payment_no"], "succeeded"))
