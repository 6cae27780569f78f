"""`make walk-pages`: every page of the console, by day and by night, on a desk and on a phone, in
both languages, as each role. `make test` walks each page in one of these ways."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page

from merchant_admin.domain.users import Role

from .conftest import PASSWORD, USERNAME, Admin
from .test_pages_in_browser import DESKTOP, PHONE, browser, faults, opened, pages, served
from .test_scopes import Company

__all__ = ["browser"]

SCHEMES: Final = ("light", "dark")
LANGUAGES: Final = ("zh", "en")


async def hired(admin: Admin, role: Role, company: Company) -> str:
    """The name of somebody with this role; a company's own people have that company."""
    if role is Role.ADMINISTRATOR:
        return USERNAME
    body: dict[str, Any] = {"username": role.value, "password": PASSWORD, "role": role.value}
    if role is Role.MERCHANT_STAFF:
        body["merchant_ids"] = [company.merchant_id]
    await admin.post("/api/users", body)
    return role.value


@asynccontextmanager
async def page_of(browser: Browser, url: str, language: str, username: str) -> AsyncIterator[Page]:
    appearance: Any = (language, "light", DESKTOP)
    context = await opened(browser, url, appearance, username)
    page = await context.new_page()
    yield page
    await context.close()


async def found_on(page: Page, language: str) -> dict[str, Any]:
    """What is wrong, by how it was looked at."""
    wrong: dict[str, Any] = {}
    for width, height in (DESKTOP, PHONE):
        await page.set_viewport_size({"width": width, "height": height})
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            if found := await faults(page, language):
                wrong[f"{width} {scheme}"] = found
    return wrong


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", Role)
async def test_page_is_in_nobodys_way(
    admin: Admin, browser: Browser, role: Role, language: str
) -> None:
    company = await Company.founded(admin, "x1")
    company.speak(admin)
    username = await hired(admin, role, company)
    wrong: dict[str, Any] = {}
    async with served(admin.app) as url, page_of(browser, url, language, username) as page:
        for path in pages(admin.app, company):
            answer = await page.goto(url + path)
            assert answer is not None
            is_page = answer.headers.get("content-type", "").startswith("text/html")
            if is_page and (found := await found_on(page, language)):
                wrong[path] = found
    assert wrong == {}, json.dumps(wrong, ensure_ascii=False, indent=1)
