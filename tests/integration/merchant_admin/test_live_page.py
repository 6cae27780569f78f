"""A page that looks again by itself wipes nothing that a person reads, types or stands on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route

import merchant_admin.api.console

from .test_pages_in_browser import browser, pytestmark  # noqa: F401

SCRIPT = Path(merchant_admin.api.console.__file__).parent / "static" / "live.js"
PAGE = """<!doctype html><title>Order</title>
<p id="outside">outside</p>
<div id="live" data-live><p id="looks">%d</p>
<form><input name="reason"><textarea name="note"></textarea>
<select name="decision"><option>accept</option><option>refund</option></select>
<input type="checkbox" name="sure"></form>
<dialog><form><input name="amount"><button formmethod="dialog">leave</button></form></dialog>
<details><summary>close</summary>sure?</details><a href="#there">there</a></div>
<script>%s</script>"""
ROUND_MS = 4_000


class Order:
    """A page of an order; how often it was looked at stands on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.looks = 0

    async def answer(self, route: Route) -> None:
        self.looks += 1
        body = PAGE % (self.looks, SCRIPT.read_text())
        await route.fulfill(body=body, content_type="text/html")

    async def waits(self) -> None:
        """For the next look, or until there would have been one."""
        await self.page.clock.run_for(ROUND_MS + 1)
        await self.page.evaluate("new Promise(done => queueMicrotask(done))")

    async def shows(self, looks: int) -> None:
        await self.page.wait_for_function(
            f"document.querySelector('#looks').textContent === '{looks}'"
        )


@pytest.fixture
async def order(browser: Browser) -> AsyncIterator[Order]:  # noqa: F811
    page = await browser.new_page()
    await page.clock.install()
    order = Order(page)
    await page.route("**/order", order.answer)
    await page.goto("http://console.test/order")
    yield order
    await page.close()


async def test_what_goes_on_is_looked_at_again(order: Order) -> None:
    for looks in (2, 3):
        await order.waits()
        await order.shows(looks)


async def test_a_dialog_that_was_left_is_drawn_anew_with_the_page(order: Order) -> None:
    await order.page.evaluate("document.querySelector('dialog').showModal()")
    await order.page.fill("dialog input", "12.00")
    await order.waits()
    assert order.looks == 1
    await order.page.evaluate(
        "document.querySelector('dialog').close(); document.activeElement.blur()"
    )
    await order.waits()
    await order.shows(2)
    assert await order.page.input_value("dialog input") == ""


DOING = {
    "typing": ["fill input[name=reason]"],
    "has typed": ["fill input[name=reason]", "click #outside"],
    "has written": ["fill textarea", "click #outside"],
    "has chosen": ["choose select", "click #outside"],
    "has ticked": ["click input[type=checkbox]", "click #outside"],
    "has opened": ["click summary", "click #outside"],
    "stands on a link": ["tab a"],
    "has marked words": ["mark #looks"],
}


@pytest.mark.parametrize("doing", DOING)
async def test_nothing_is_wiped_while_a_person(order: Order, doing: str) -> None:
    page = order.page
    for what, _, where in (step.partition(" ") for step in DOING[doing]):
        match what:
            case "fill":
                await page.fill(where, "经理已核对")
            case "choose":
                await page.select_option(where, "refund")
            case "tab":
                await page.focus("summary")
                await page.keyboard.press("Tab")
                assert await page.evaluate("document.activeElement.tagName") == "A"
            case "mark":
                await page.evaluate(
                    "getSelection().selectAllChildren(document.querySelector('#looks'))"
                )
            case _:
                await page.click(where)
    seen = await page.evaluate("document.querySelector('#live')?.outerHTML")
    for _ in range(3):
        await order.waits()
    assert order.looks == 1
    assert await page.evaluate("document.querySelector('#live')?.outerHTML") == seen
