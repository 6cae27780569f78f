"""`make screenshots`: the pictures of the READMEs, taken from the product as it runs.

Starts `make run` in a folder of its own, takes a picture of what its terminal says, of the page
where a payer pays on a phone, and of the console's page of the order that was paid and refunded;
in both languages. Ends with 1 where one is heavier than `LIMIT_BYTES`.
"""

import asyncio
import html
import json
import os
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, Page
from tests.e2e.browsing import CHROMIUM, SAFARI, Language, browser_at, device
from tests.e2e.journey import created, request

from paymesh_local.client import ApiClient, AppCredentials
from paymesh_local.paths import REPOSITORY

PICTURES: Final = REPOSITORY / "docs" / "pictures"
LIMIT_BYTES: Final = 200_000
START_LIMIT_S: Final = 300
LANGUAGES: Final[dict[str, Language]] = {"zh": "zh-CN", "en": "en"}
PORT_BASE: Final = "28000"

_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
_PASSWORD: Final = re.compile(r"(admin / )\S+")
_TERMINAL: Final = """
<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 18px 22px; background: #0f1419; color: #dfe6ec; }}
pre {{ margin: 0; font: 13px/1.5 "Noto Sans Mono CJK SC", monospace; }}
b {{ color: #3dd6c3; }}
</style><pre><b>$ make run</b>
{}</pre>
"""


@asynccontextmanager
async def running() -> AsyncIterator[tuple[dict[str, Any], str]]:
    """What demo.json says, and what the terminal said by then."""
    with tempfile.TemporaryDirectory() as folder:
        at = {"PAYMESH_LOCAL_DIR": folder, "PAYMESH_PORT_BASE": PORT_BASE}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "paymesh_local",
            env={**os.environ, **at}, stdout=asyncio.subprocess.PIPE, limit=1 << 20,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            output = []
            async with asyncio.timeout(START_LIMIT_S):
                while (line := (await process.stdout.readline()).decode()) and "Ctrl-C" not in line:
                    output.append(line)
            if not line:
                raise SystemExit("".join(output))
            demo = json.loads((Path(folder) / "demo.json").read_text())
            yield demo, _COLOURS.sub("", "".join([*output, line])).replace(folder, ".local")
        finally:
            process.send_signal(signal.SIGINT)
            await process.wait()


async def take(page: Page, name: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    path = PICTURES / f"{name}.png"
    await page.screenshot(path=path)
    sys.stdout.write(f"  {path.relative_to(REPOSITORY)}  {path.stat().st_size // 1000} kB\n")


async def terminal(browser: Browser, output: str) -> None:
    page = await browser.new_page(viewport={"width": 980, "height": 100})
    shown = _PASSWORD.sub(r"\1…", output.strip())
    await page.set_content(_TERMINAL.format(html.escape(shown)))
    height = await page.evaluate("document.documentElement.scrollHeight")
    await page.set_viewport_size({"width": 980, "height": height})
    await take(page, "terminal")
    await page.close()


async def cashier(browser: Browser, demo: dict[str, Any], name: str) -> None:
    body = request(demo, method="cashier", subject="物业费 11月 · 3 栋 1202", amount=128_600)
    del body["payment_id"]
    async with ApiClient(demo["gateway_url"], AppCredentials(**demo["app"])) as api:
        payment = await created(api, body)
    async with device(browser, SAFARI, language=LANGUAGES[name]) as context:
        page = await context.new_page()
        await page.goto(payment["action"]["url"])
        await page.locator("button[name=payment_id]").first.wait_for()
        await take(page, f"cashier.{name}")


async def console(browser: Browser, demo: dict[str, Any], name: str) -> None:
    context = await browser.new_context(
        viewport={"width": 1280, "height": 860}, locale=LANGUAGES[name]
    )
    page = await context.new_page()
    await page.goto(f"{demo['admin_url']}/console/login")
    await page.fill("input[name=username]", demo["admin_user"])
    await page.fill("input[name=password]", demo["admin_password"])
    await page.click("main button")
    await page.goto(f"{demo['admin_url']}/console/refunds")
    order = page.locator("main tbody a[href*='/console/orders/']").first
    path = await order.get_attribute("href") or ""
    await page.goto(demo["admin_url"] + path.partition("#")[0])
    await page.locator(".timeline li").first.wait_for()
    await take(page, f"console.{name}")
    await context.close()


async def main() -> int:
    if CHROMIUM is None:
        sys.stdout.write("There is no Chromium to take pictures with.\n")
        return 1
    async with browser_at(CHROMIUM) as browser, running() as (demo, output):
        await terminal(browser, output)
        for name in LANGUAGES:
            await cashier(browser, demo, name)
            await console(browser, demo, name)
    heavy = [path for path in PICTURES.glob("*.png") if path.stat().st_size > LIMIT_BYTES]
    for path in heavy:
        sys.stdout.write(f"{path.name} is heavier than {LIMIT_BYTES} bytes\n")
    return 1 if heavy else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
