"""Payers' devices: a real browser that says to be a phone, a wallet or a desktop."""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright
from tests.e2e.journey import created, request
from tests.e2e.running import RunningStack

from paymesh_local.client import ApiClient

CHROMIUM: Final = shutil.which("chromium")
"""Debian's; without one these tests are left out, and the run says so."""

Language = Literal["zh-CN", "en"]
Scheme = Literal["light", "dark"]

_IPHONE: Final = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2_1 like Mac OS X) AppleWebKit/605.1.15"
_ANDROID: Final = "Mozilla/5.0 (Linux; Android 14; PJD110) AppleWebKit/537.36"


@dataclass(frozen=True, slots=True)
class Device:
    """`agent`: its User-Agent; phones are narrow and touched."""

    name: str
    agent: str
    is_phone: bool = True


WECHAT: Final = Device(
    "wechat", f"{_IPHONE} Mobile/15E148 MicroMessenger/8.0.48(0x1800302d) NetType/WIFI"
)
ALIPAY: Final = Device(
    "alipay", f"{_IPHONE} Mobile/22G100 AliApp(AP/10.8.30.6000) Nebula AlipayClient/10.8.30.6000"
)
SAFARI: Final = Device("safari", f"{_IPHONE} Version/17.2 Mobile/15E148 Safari/604.1")
CHROME: Final = Device("chrome", f"{_ANDROID} Chrome/126.0.0.0 Mobile Safari/537.36")
DESKTOP: Final = Device("desktop", "Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0", is_phone=False)
EMBEDDED: Final = Device("wecom", f"{_IPHONE} Mobile wxwork/4.1.30 MicroMessenger/7.0.1")

PHONE_SIZE: Final = ViewportSize(width=390, height=844)
DESKTOP_SIZE: Final = ViewportSize(width=1280, height=800)

BRIDGE: Final = """
// The wallets' bridges, late as in life; what they are called with is kept for the test.
window.bridgeCalls = [];
window.bridgeAnswer = ANSWER;
setTimeout(() => {
  const called = (name, params, answered) => {
    window.bridgeCalls.push({ name, params });
    if (window.bridgeAnswer === null) return;
    answered({ err_msg: "pre_verify_jsapi:ok" });
    setTimeout(() => answered(window.bridgeAnswer), 50);
  };
  window.WeixinJSBridge = { invoke: called };
  window.AlipayJSBridge = { call: called };
  document.dispatchEvent(new Event("WeixinJSBridgeReady"));
  document.dispatchEvent(new Event("AlipayJSBridgeReady"));
}, 100);
"""


CUT_OFF: Final = """
[...document.querySelectorAll("body, main, main *")]
  .filter((each) => each.checkVisibility() && !each.closest("svg, .unseen, .spinner"))
  .filter((each) => {
    const box = each.getBoundingClientRect();
    const isHidden = getComputedStyle(each).overflow !== "visible" && each.tagName !== "INPUT";
    return box.left < -1 || box.right > innerWidth + 1
      || (isHidden && each.scrollWidth > each.clientWidth + 1);
  })
  .map((each) => each.outerHTML.slice(0, 120))
"""


@asynccontextmanager
async def browser_at(executable: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def device(
    browser: Browser,
    kind: Device,
    *,
    language: Language = "zh-CN",
    scheme: Scheme = "light",
    has_script: bool = True,
    bridge: dict[str, Any] | None = None,
) -> AsyncIterator[BrowserContext]:
    """A device with nothing on it. `bridge`: what the wallet's bridge answers; None: it is
    opened and says nothing."""
    context = await browser.new_context(
        user_agent=kind.agent,
        viewport=PHONE_SIZE if kind.is_phone else DESKTOP_SIZE,
        is_mobile=kind.is_phone,
        has_touch=kind.is_phone,
        device_scale_factor=2 if kind.is_phone else 1,
        locale=language,
        color_scheme=scheme,
        java_script_enabled=has_script,
    )
    if kind in (WECHAT, ALIPAY):
        await context.add_init_script(BRIDGE.replace("ANSWER", json.dumps(bridge)))
    context.set_default_timeout(60_000)
    try:
        yield context
    finally:
        await context.close()


async def choose(page: Page, stack: RunningStack, channel: str, *, and_wait: bool = True) -> None:
    """Tap the offer of the demo merchant's account at this channel."""
    payment_id = stack.demo["payment_ids"][channel]
    await page.locator(f'button[name=payment_id][value="{payment_id}"]').click(
        no_wait_after=not and_wait
    )


async def on_the_page(api: ApiClient, stack: RunningStack, **changes: Any) -> dict[str, Any]:
    """A payment that our page serves."""
    body = request(stack.demo, method="cashier", **changes)
    del body["payment_id"]
    return await created(api, body)


async def nothing_is_in_the_way(page: Page) -> None:
    """Of people who see, hear, or press keys: no violation of any impact."""
    found = await Axe().run(page)
    violations = [(each["id"], each["nodes"][0]["html"]) for each in found.response["violations"]]
    assert violations == []


async def nothing_is_cut_off(page: Page) -> None:
    """For people who read in letters twice as large."""
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    cut = await page.evaluate(CUT_OFF)
    await page.evaluate("document.documentElement.style.fontSize = ''")
    assert cut == []


async def stage_of(page: Page) -> str | None:
    return await page.locator("#checkout").get_attribute("data-stage")


async def at_stage(page: Page, *stages: str) -> None:
    """Return when the page shows one of these stages, however it comes there."""
    wanted = ", ".join(f'#checkout[data-stage="{stage}"]' for stage in stages)
    await page.locator(wanted).wait_for(state="attached")
