"""What the page's script asks, in a real browser: it comes back to what refused it, and slowly."""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, Request, Response, Route
from tests.e2e.browsing import SAFARI, at_stage, browser_at, device, stage_of
from tests.e2e.running import eventually

from cashier.api.reading import ATTEMPT
from chassis.web import PublicApp

from .conftest import WECHAT, Gateway, served

CHROMIUM = shutil.which("chromium")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")

MINUTE_MS = 60_000
STEP_MS = 1_000
MARK = "a-step"


class Server:
    """Answers the page's scripts; `asked`: what they asked for. A stream is refused, or is one
    short answer; `refusal`: of polls."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.has_streams = False
        self.refusal: tuple[int, str] | None = None
        self.mark = ""
        self._open: set[Request] = set()

    async def watch(self, page: Page) -> None:
        """From now on it knows what the page waits for, also of the cashier itself."""
        await page.route(f"**/{MARK}", lambda route: route.fulfill())
        page.on("request", self._asks)
        page.on("requestfinished", self._is_over)
        page.on("requestfailed", self._is_over)
        page.on("response", self._is_refused)

    def _asks(self, request: Request) -> None:
        if not request.url.endswith(MARK):
            self._open.add(request)

    def _is_over(self, request: Request) -> None:
        self._open.discard(request)

    def _is_refused(self, response: Response) -> None:
        """Then the script does not read to the end."""
        if not response.ok:
            self._is_over(response.request)

    async def has_answered(self) -> bool:
        return not self._open

    async def events(self, route: Route) -> None:
        self.asked.append("events")
        if not self.has_streams:
            await route.fulfill(status=429, headers={"Retry-After": "5"})
            return
        body = f"retry: 600000\n\nevent: status\ndata: {self.status()}\n\n"
        await route.fulfill(body=body, content_type="text/event-stream")

    async def poll(self, route: Route) -> None:
        self.asked.append("status")
        if self.refusal is not None:
            status, wait = self.refusal
            await route.fulfill(status=status, headers={"Retry-After": wait})
            return
        await route.fulfill(body=self.status(), content_type="application/json")

    def status(self) -> str:
        return json.dumps({"mark": self.mark})

    def took(self) -> dict[str, int]:
        """How often each was asked since this was read last."""
        counts = {name: self.asked.count(name) for name in ("events", "status")}
        self.asked.clear()
        return counts


@asynccontextmanager
async def opened(cashier: PublicApp, gateway: Gateway) -> AsyncIterator[tuple[Page, Server]]:
    server = Server()
    async with (
        served(cashier) as url,
        browser_at(CHROMIUM or "") as browser,
        device(browser, SAFARI) as context,
    ):
        page = await context.new_page()
        await page.clock.install()
        await server.watch(page)
        await page.route("**/events*", server.events)
        await page.route("**/status*", server.poll)
        await page.goto(f"{url}/pay/{gateway.token}")
        server.mark = await page.locator("#checkout").get_attribute("data-mark") or ""
        await eventually(lambda: has_asked(server))
        yield page, server


async def has_asked(server: Server) -> bool:
    return bool(server.asked)


async def pass_by(page: Page, server: Server, milliseconds: int) -> None:
    """In the page; whatever it asks is answered in between."""
    for _ in range(milliseconds // STEP_MS):
        await page.clock.run_for(STEP_MS)
        await page.evaluate(f"fetch('/{MARK}')")  # What was asked before it is known by then.
        await eventually(server.has_answered)


async def test_refused_stream_is_listened_to_again(cashier: PublicApp, gateway: Gateway) -> None:
    """A page that was refused once polled for ever."""
    async with opened(cashier, gateway) as (page, server):
        await pass_by(page, server, 20_000)
        took = server.took()
        assert took["events"] == 1
        assert took["status"] >= 2
        server.has_streams = True
        await pass_by(page, server, MINUTE_MS)
        assert server.took()["events"] == 1
        await pass_by(page, server, MINUTE_MS)
        assert server.took() == {"events": 0, "status": 0}, "who is told need not ask"


@pytest.mark.parametrize("refusal", [(503, "1"), (429, "30")])
async def test_refused_polls_come_ever_more_slowly(
    cashier: PublicApp, gateway: Gateway, refusal: tuple[int, str]
) -> None:
    async with opened(cashier, gateway) as (page, server):
        server.refusal = refusal
        await pass_by(page, server, 2 * MINUTE_MS)
        assert 2 <= server.took()["status"] <= 6, "twenty-four times before"
        server.refusal = None
        await pass_by(page, server, MINUTE_MS + MINUTE_MS // 2)
        server.took()
        await pass_by(page, server, MINUTE_MS // 2)
        assert server.took()["status"] >= 4, "as before, once it is answered"


async def test_page_that_was_not_drawn_is_drawn_later(cashier: PublicApp, gateway: Gateway) -> None:
    async with opened(cashier, gateway) as (page, server):
        await pass_by(page, server, 1_000)
        gateway.pay()
        gateway.is_away = True
        server.mark = "another"
        await pass_by(page, server, 8_000)
        assert await stage_of(page) == "choose"
        gateway.is_away = False
        server.refusal = (503, "60")
        await pass_by(page, server, 8_000)
        assert await stage_of(page) == "paid"


@pytest.mark.parametrize("is_answered", [True, False])
async def test_one_lost_answer_is_not_the_end_of_the_page(
    cashier: PublicApp, gateway: Gateway, is_answered: bool
) -> None:
    """A code to pay by stayed for good after it was paid: the stream had told all it knew."""

    async def lost(route: Route) -> None:
        await (route.fulfill(status=502) if is_answered else route.abort())

    async with opened(cashier, gateway) as (page, server):
        server.refusal = (503, "600")
        gateway.pay()
        await page.route(f"**/pay/{gateway.token}", lost, times=1)
        await page.evaluate("redraw()")
        assert await stage_of(page) == "choose"
        await pass_by(page, server, 8_000)
        assert await stage_of(page) == "paid"


async def test_who_comes_back_from_a_form_is_asked_whether_it_was_paid(
    cashier: PublicApp, gateway: Gateway
) -> None:
    form = {"type": "form", "url": "http://channel.example/", "method": "POST", "fields": {}}
    gateway.payment = {"payment_id": WECHAT, "channel": "wechat", "action": form}
    async with opened(cashier, gateway) as (page, _):
        await page.context.add_cookies(
            [{"name": ATTEMPT, "value": gateway.payment_no, "url": page.url}]
        )
        await page.reload()
        assert await stage_of(page) == "submit"
        await page.route("http://channel.example/", lambda route: route.fulfill(body="pay"))
        await page.get_by_role("button", name="去支付").click()
        await page.wait_for_url("http://channel.example/")
        await page.go_back()
        await at_stage(page, "go")
        assert gateway.checked == 1
        first = page.locator("main button").first
        assert await first.inner_text() == "已完成支付"
