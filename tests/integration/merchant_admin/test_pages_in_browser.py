"""Every page of the console in a real browser: for people who see, hear or press keys, on a desk
and on a phone, by day and by night, in both languages. Walked from the route table, so that a new
page is looked at without a line here."""

import asyncio
import itertools
import re
import shutil
import socket
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, Literal

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright

from merchant_admin.domain.onboarding import Step
from merchant_admin.flows.read_model import apply

from .conftest import PASSWORD, USERNAME, Admin
from .test_listing_exports import LISTS
from .test_read_model import Story
from .test_scopes import Company

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")

DESKTOP, PHONE = (1280, 900), (390, 844)
Appearance = tuple[Literal["zh", "en"], Literal["light", "dark"], tuple[int, int]]
LOOKS: Final[tuple[Appearance, ...]] = (
    ("zh", "light", DESKTOP),
    ("en", "dark", PHONE),
    ("en", "light", PHONE),
    ("zh", "dark", DESKTOP),
    ("zh", "dark", PHONE),
    ("en", "light", DESKTOP),
    ("en", "dark", DESKTOP),
    ("zh", "light", PHONE),
)
"""The pages take turns: all of them in all eight ways would take minutes."""

FILES: Final = (
    "orders", "payments", "refunds", "splits", "differences", "certificates", "statements", *LISTS,
)  # fmt: skip
NO_PAGES: Final = {
    "/console/search",
    "/console/replays/{replay_id}",
    "/console/account/second-factor/qr.svg",
    "/console/imports/template.csv",
    "/console/exports/{export_id}/file",
    *(f"/console/exports/{things}" for things in FILES),
}
"""Files, pictures, and pages that lead on or look again by themselves."""
CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
ENGLISH: Final = re.compile(r"[A-Za-z]{4,}")
KNOWN_ENGLISH: Final = re.compile(
    r"AppleWebKit|Gecko|HeadlessChrome|KHTML|Linux|Mozilla|Safari|python|like|admin|"  # browsers
    r"Authorization|Bearer|merchant|orders|"  # what apps sign
    r"Paymesh|Kafka|English|HTTP|HTTPS|Stripe|JSAPI|Webhook|CSV|XLSX|TOTP|TLS|JSON|success|H5|App|"
    r"Ctrl|Shift|Enter|Authenticator|callback|PEM|HMAC|SHA|RSA|ED25519|CIDR|DingTalk|OpenAPI|"
    r"mchid|appid|app_id|org_id|mer_code|secret|curl|serial|APIv3|reference",
    re.IGNORECASE,
)
VIOLATIONS: Final = {"resultTypes": ["violations"]}
"""All rules, but details only of what is wrong."""

DATA: Final = "code, pre, .data, input, textarea, select[name=type], [translate=no], .address, kbd"

WRONGLY_ASKED: Final = (
    "/console/orders?min=1,5&state=odd&from=2026-11-03&to=2026-11-01&method=native",
    "/console/reports?from=2024-01-01&to=2026-01-01&grain=day",
    "/console/statements?month=2199-01",
)


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """Where the pages are; what the service runs beside them stays off."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    running = asyncio.ensure_future(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        await opened.close()


def pages(app: FastAPI, company: Company) -> list[str]:
    """The addresses of all pages, filled with what this company has: each of them has a value."""
    values = {
        **{name: [number] for name, number in company.numbers.items()},
        "username": [USERNAME],
        "token": ["of-nobody"],
        "step": [str(step) for step in Step],
    }
    found = []
    for context in iter_route_contexts(app.routes):
        route, path = context.original_route, context.path or ""
        if not isinstance(route, APIRoute) or "GET" not in (route.methods or ()):
            continue
        if not path.startswith("/console") or path in NO_PAGES:
            continue
        names = re.findall(r"\{(\w+)", path)
        for filled in itertools.product(*(values[name] for name in names)):
            assert all(filled), f"{path}: nothing is known for one of {names}"
            found.append(path.format(**dict(zip(names, filled, strict=True))))
    return [*found, "/console/search?q=nothing-has-it", "/console/nowhere", *WRONGLY_ASKED]


async def opened(
    browser: Browser, url: str, appearance: Appearance, username: str = USERNAME
) -> BrowserContext:
    language, scheme, (width, height) = appearance
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        locale="zh-CN" if language == "zh" else "en",
    )
    page = await context.new_page()
    await page.goto(f"{url}/console/login")
    await page.fill("input[name=username]", username)
    await page.fill("input[name=password]", PASSWORD)
    await page.click("main button")
    await page.wait_for_url(f"{url}/console")
    await page.close()
    return context


async def faults(page: Page, language: str) -> list[Any]:
    """What is wrong with the page as it stands."""
    found: list[Any] = [
        (each["id"], each["nodes"][0]["html"][:200])
        for each in (await Axe().run(page, options=VIOLATIONS)).response["violations"]
    ]
    if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("scrolls sideways")
    foreign = ENGLISH if language == "zh" else CHINESE
    text = await page.evaluate(
        """data => {
            const copy = document.body.cloneNode(true);
            copy.querySelectorAll(data + ", [lang], script, noscript").forEach(it => it.remove());
            return copy.textContent;
        }""",
        DATA,
    )
    strange = foreign.findall(KNOWN_ENGLISH.sub("", text) if language == "zh" else text)
    return found + ([("foreign", sorted(set(strange))[:10])] if strange else [])


async def test_nothing_is_in_anybodys_way_on_any_page(admin: Admin, browser: Browser) -> None:
    company = await Company.founded(admin, "x1")
    company.speak(admin)
    wrong: dict[str, Any] = {}
    async with served(admin.app) as url:
        tabs: dict[Appearance, Page] = {}
        for place, path in enumerate(pages(admin.app, company)):
            appearance = LOOKS[place % len(LOOKS)]
            if appearance not in tabs:
                tabs[appearance] = await (await opened(browser, url, appearance)).new_page()
            page = tabs[appearance]
            answer = await page.goto(url + path)
            assert answer is not None
            is_page = answer.headers.get("content-type", "").startswith("text/html")
            if is_page and (found := await faults(page, appearance[0])):
                wrong[f"{path} {appearance}"] = found
    assert wrong == {}, wrong


async def test_search_leads_to_the_order_and_its_dialog_to_the_refund(
    admin: Admin, browser: Browser
) -> None:
    company = await Company.founded(admin, "x1")
    company.speak(admin)
    core = admin.trade_core
    assert core.payment is not None
    core.payment = {**core.payment, "status": "succeeded", "claim": None}
    core.refund = {**company.story.refund("processing"), "created_at": "2026-11-22T08:00:00Z"}
    async with served(admin.app) as url:
        context = await opened(browser, url, ("zh", "light", DESKTOP))
        page = await context.new_page()
        await page.goto(f"{url}/console")
        await page.keyboard.press("/")
        await page.keyboard.type(company.story.payment_no.lower())
        await page.keyboard.press("Enter")
        # A conflict is decided at the beginning of the page.
        await page.wait_for_url(f"**/console/orders/{company.story.order_id}")
        await page.locator("[data-dialog]").first.click()
        dialog = page.locator("dialog[open]")
        left = await dialog.locator("input[name=amount]").input_value()
        assert left == "10.49"  # beside the 2.50 that wait for a second person
        await page.keyboard.press("Escape")
        assert await page.locator("dialog[open]").count() == 0
        await page.locator("[data-dialog]").first.click()
        await dialog.locator("input[name=amount]").fill("0.10")  # more needs a second person here
        await dialog.locator("input[name=reason]").fill("多收")
        await dialog.locator("button.danger").click()
        await page.locator(".done").wait_for()
        assert company.story.refund_no in await page.locator(".done").inner_text()
        assert len(core.asked) == 1


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
async def test_what_an_address_names_is_not_under_the_bar(
    admin: Admin, browser: Browser, size: tuple[int, int]
) -> None:
    company = await Company.founded(admin, "x1")
    company.speak(admin)
    async with served(admin.app) as url:
        page = await (await opened(browser, url, ("zh", "light", size))).new_page()
        for place in (company.story.payment_no, "timeline"):
            await page.goto(f"{url}/console/orders/{company.story.order_id}#{place}")
            tops = "[document.getElementById(place).getBoundingClientRect().top, bar.bottom]"
            bar = "document.querySelector('.top').getBoundingClientRect()"
            top, bar_ends = await page.evaluate(
                f"place => {{ const bar = {bar}; return {tops}; }}", place
            )
            assert top >= bar_ends, place


async def test_conflict_is_decided_on_the_claim_that_is_shown(
    admin: Admin, browser: Browser
) -> None:
    company = await Company.founded(admin, "x1")
    company.speak(admin)
    async with served(admin.app) as url:
        context = await opened(browser, url, ("en", "dark", PHONE))
        page = await context.new_page()
        await page.goto(f"{url}/console/orders/{company.story.order_id}")
        card = page.locator("section.decision").first
        assert "¥12.98" in await card.inner_text()
        await card.locator("select[name=decision]").select_option("accept")
        await card.locator("input[name=reason]").fill("seen at the channel")
        await card.locator("button:not(.copy)").click()
        await page.locator(".done").wait_for()
    (decided,) = admin.trade_core.decided
    assert decided["claim"]["amount"] == 1298


async def test_refund_is_made_when_a_second_person_agrees(admin: Admin, browser: Browser) -> None:
    company = await Company.founded(admin, "x1")
    company.speak(admin)
    core = admin.trade_core
    assert core.payment is not None
    core.payment = {**core.payment, "status": "succeeded", "claim": None}
    core.refund = {**company.story.refund("processing"), "created_at": "2026-11-22T08:00:00Z"}
    await staff_of(admin, company)
    async with served(admin.app) as url:
        page = await (await opened(browser, url, ("zh", "light", DESKTOP))).new_page()
        await page.goto(f"{url}/console/orders/{company.story.order_id}")
        await page.locator("[data-dialog]").first.click()
        dialog = page.locator("dialog[open]")
        await dialog.locator("input[name=amount]").fill("7.49")
        await dialog.locator("input[name=reason]").fill("全部退还")
        await dialog.locator("button.danger").click()
        await page.wait_for_url("**/console/approvals?done=approval_waits")
        assert await card_of(page).locator("form").count() == 1  # one's own can be withdrawn only
        assert core.asked == []
        page = await (await opened(browser, url, ("en", "dark", PHONE), "li")).new_page()
        await page.goto(f"{url}/console/approvals")
        assert "admin" in await card_of(page).inner_text()
        await card_of(page).locator("form[action$=approve] button").click()
        await page.locator(".done").wait_for()
        assert await card_of(page).count() == 0
    [asked] = core.asked
    assert (asked["wish"]["amount"], asked["wish"]["reason"]) == (749, "全部退还")


async def test_staff_of_a_company_see_find_and_export_theirs_only(
    admin: Admin, browser: Browser
) -> None:
    own, other = await Company.founded(admin, "x1"), await Company.founded(admin, "y2")
    own.speak(admin)
    await staff_of(admin, own)
    async with served(admin.app) as url:
        page = await (await opened(browser, url, ("en", "light", DESKTOP), "li")).new_page()
        for path in ("orders", "payments", "refunds", "splits", "merchants", "apps"):
            await page.goto(f"{url}/console/{path}")
            text = await page.locator("main").inner_text()
            assert own.merchant_id in text or own.secret in text, path
            assert other.merchant_id not in text, path
            assert other.secret not in text, path
        await page.goto(f"{url}/console/orders")
        for key in ("j", "j", "k"):
            await page.keyboard.press(key)
        assert await page.locator("tr.at").count() == 1
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/console/orders/{own.story.order_id}*")
        await page.locator("#find").fill(other.story.payment_no)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/console/search?*")
        assert other.secret not in await page.locator("main").inner_text()
        answer = await page.goto(f"{url}/console/orders/{other.story.order_id}")
        assert answer is not None
        assert answer.status == 404
        await page.goto(f"{url}/console/payments")
        async with page.expect_download() as download:
            await page.locator(".exports a", has_text="XLSX").click()
        made = await download.value
        assert made.suggested_filename.startswith("Payments-")
        with zipfile.ZipFile(await made.path()) as book:
            rows = book.read("xl/worksheets/sheet1.xml").decode()
        assert own.story.payment_no in rows
        assert other.story.payment_no not in rows


async def test_a_refused_form_is_shown_where_it_is_wrong(admin: Admin, browser: Browser) -> None:
    """Below a list that is longer than the phone."""
    for number in range(8):
        body = {"username": f"user-{number}", "password": PASSWORD, "role": "auditor"}
        await admin.post("/api/users", body)
    async with served(admin.app) as url:
        page = await (await opened(browser, url, ("zh", "light", PHONE))).new_page()
        await page.goto(f"{url}/console/users")
        form = page.locator("form[method=post][action='/console/users']")
        await form.locator("input[name=username]").fill("user-0")
        await form.locator("button").click()
        await page.wait_for_selector("[aria-invalid]")
        wrong = page.locator("input[name=username]:focus[aria-invalid]")
        await wrong.wait_for()
        box = await wrong.bounding_box()
    assert box is not None
    assert 0 < box["y"] < PHONE[1]


async def test_enter_creates_the_app_and_lets_no_address_in(admin: Admin, browser: Browser) -> None:
    """It pressed the first button, which writes the clerk's own address into the allow-list."""
    merchant_id = (await admin.post("/api/merchants", {"name": "阳光物业"}))["merchant_id"]
    async with served(admin.app) as url:
        page = await (await opened(browser, url, LOOKS[0])).new_page()
        await page.goto(f"{url}/console/apps/new")
        await page.fill("main [name=merchant_ids]", merchant_id)
        await page.fill("main [name=name]", "缴费")
        await page.press("main [name=name]", "Enter")
        await page.wait_for_url(f"{url}/console/apps")
    [made] = (await admin.http.get("/api/apps")).json()["items"]
    assert (made["name"], made["ip_allowlist"]) == ("缴费", [])


LONG: Final = {"merchant": "W" * 127, "order": "x" * 64, "user": "n" * 64}


async def test_long_words_push_nothing_off_a_page(admin: Admin, browser: Browser) -> None:
    merchant = {"name": LONG["merchant"]}
    merchant_id = (await admin.post("/api/merchants", merchant))["merchant_id"]
    body = {"username": LONG["user"], "password": PASSWORD, "role": "operator"}
    await admin.post("/api/users", body)
    members = {"merchant_order_no": LONG["order"], "subject": "S" * 127}
    story = Story(merchant_id=merchant_id, **members).paid().refunded()
    await apply(admin.deps, story.events)
    pages = ("orders", "payments", "refunds", "merchants", f"merchants/{merchant_id}/look")
    async with served(admin.app) as url:
        page = await (await opened(browser, url, ("zh", "light", DESKTOP), LONG["user"])).new_page()
        for path in pages:
            await page.goto(f"{url}/console/{path}")
            hidden = await page.evaluate(
                """[document.documentElement, ...document.querySelectorAll(".table")]
                    .filter(it => it.scrollWidth > it.clientWidth + 1).length"""
            )
            assert hidden == 0, path
        await page.set_viewport_size({"width": 375, "height": 740})
        for path in pages:
            await page.goto(f"{url}/console/{path}")
            assert await page.evaluate("document.querySelector('.top').offsetHeight") < 110
            alone = await page.evaluate(
                """[...document.querySelectorAll(".id:has(.copy)")].filter(it =>
                    it.querySelector(".copy").offsetTop >=
                    it.firstElementChild.offsetTop + it.firstElementChild.offsetHeight).length"""
            )
            assert alone == 0, path


async def test_fields_of_one_row_stand_on_one_line(admin: Admin, browser: Browser) -> None:
    async with served(admin.app) as url:
        page = await (await opened(browser, url, ("zh", "light", DESKTOP))).new_page()
        for path in ("users", "tokens"):
            await page.goto(f"{url}/console/{path}")
            tops = await page.evaluate(
                """[...document.querySelectorAll("form.fields[method=post] :is(input, select)")]
                    .filter(it => it.parentElement.matches("label:not(.tick)"))
                    .filter(it => it.checkVisibility()).map(it => it.getBoundingClientRect().top)"""
            )
            rows = sorted(set(tops))
            assert len(tops) > 2, path
            assert all(below - above > 40 for above, below in itertools.pairwise(rows)), path


ON_PAPER: Final = "header.top, nav, footer, button, form, .exports, .pager, .button"


async def test_paper_has_what_a_page_says_alone(admin: Admin, browser: Browser) -> None:
    company = await Company.founded(admin, "x1")
    company.speak(admin)
    numbers = company.numbers
    paths = (
        f"statements?merchant_id={company.merchant_id}", f"orders/{company.story.order_id}",
        "payments", "ledger", "reports", f"reconciliations/{numbers['statement_no']}",
    )  # fmt: skip
    async with served(admin.app) as url:
        page = await (await opened(browser, url, ("zh", "light", (794, 1123)))).new_page()
        await page.emulate_media(media="print")
        for path in paths:
            await page.goto(f"{url}/console/{path}")
            assert await page.locator("main :is(table, dl):visible").count() > 0, path
            shown = page.locator(ON_PAPER).locator("visible=true")
            assert await shown.count() == 0, (path, await shown.first.inner_text())


async def staff_of(admin: Admin, company: Company) -> None:
    """An operator of this company's: li."""
    body = {"username": "li", "password": PASSWORD, "role": "operator"}
    await admin.post("/api/users", {**body, "merchant_ids": [company.merchant_id]})


def card_of(page: Page) -> Locator:
    """What waits for a second person, by its reason."""
    return page.locator("section.card", has_text="全部退还")
