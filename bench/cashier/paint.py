"""When a phone on a slow network first shows our page: in Chromium, slowed down by its tools."""

import shutil
from typing import Final

from playwright.async_api import Browser, ViewportSize, async_playwright

from bench.cashier.harness import Harness, token

CHROMIUM: Final = shutil.which("chromium")
VISITS: Final = 5
LATENCY_MS: Final = 400
BITS_PER_S: Final = 400_000
CPU_SLOWER: Final = 4
PHONE: Final = ViewportSize(width=390, height=844)

PAINTED: Final = """
new Promise((tell) => new PerformanceObserver((list) => {
  const painted = list.getEntriesByName("first-contentful-paint")[0];
  if (painted) tell(painted.startTime);
}).observe({ type: "paint", buffered: true }))
"""


async def first_paints_ms(here: Harness, agent: str) -> list[float]:
    """Of payers who come for the first time, until the first text is seen; sorted."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            return sorted([await _visit(browser, here, agent) for _ in range(VISITS)])
        finally:
            await browser.close()


async def _visit(browser: Browser, here: Harness, agent: str) -> float:
    context = await browser.new_context(viewport=PHONE, user_agent=agent, is_mobile=True)
    try:
        page = await context.new_page()
        devtools = await context.new_cdp_session(page)
        await devtools.send("Network.enable")
        network = {
            "offline": False,
            "latency": LATENCY_MS,
            "downloadThroughput": BITS_PER_S / 8,
            "uploadThroughput": BITS_PER_S / 8,
        }
        await devtools.send("Network.emulateNetworkConditions", network)
        await devtools.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWER})
        await page.goto(f"{here.url}/pay/{token()}", wait_until="commit")
        return float(await page.evaluate(PAINTED))
    finally:
        await context.close()
